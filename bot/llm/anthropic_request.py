"""A request in the words of Anthropic's Messages API."""

from collections.abc import Sequence

from bot.llm.prompt import build_prompt
from bot.llm.protocol import Json, Request, Turn
from bot.llm.provider import merged_options

_RESERVED = frozenset({"model", "messages", "stream", "system", "tools", "tool_choice"})


def message_arguments(request: Request, *, nonce: str) -> Json:
    """The arguments of the SDK's ``messages.create``.

    A schema becomes a tool that must be called: every model has tools, and the answer is its arguments.

    Raises:
        UnsupportedRequest: an option in ``request.options`` would overrule the request itself.
    """
    prompt = build_prompt(request, nonce=nonce)
    options = merged_options(request.options, _RESERVED)
    if request.temperature is not None:
        options.setdefault("temperature", request.temperature)
    arguments: Json = {
        "model": request.model,
        "messages": _messages(prompt.turns),
        # The API requires it.
        "max_tokens": options.pop("max_tokens", request.max_tokens),
        "stream": True,
        "extra_body": options,
    }
    if prompt.system:
        arguments["system"] = prompt.system
    tools: list[Json] = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
        for tool in request.tools
    ]
    if request.schema:
        name, definition = request.schema.name, request.schema.definition
        tools.append({"name": name, "description": "Give the answer with this.", "input_schema": definition})
        forced = {"type": "any"} if request.tools else {"type": "tool", "name": name}
        arguments["tool_choice"] = forced
    if tools:
        arguments["tools"] = tools
    return arguments


def _messages(turns: Sequence[Turn]) -> list[Json]:
    """Results of parallel calls must stand together in the one message after the calls."""
    messages: list[Json] = []
    for turn in turns:
        role = "assistant" if turn.role == "assistant" else "user"
        content = _content(turn)
        if not content:
            continue
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += content
        else:
            messages.append({"role": role, "content": content})
    return messages


def _content(turn: Turn) -> list[Json]:
    if turn.role == "tool":
        return [{"type": "tool_result", "tool_use_id": turn.tool_call_id, "content": turn.text}]
    # An empty text block is refused.
    text: list[Json] = [{"type": "text", "text": turn.text}] if turn.text.strip() else []
    calls: list[Json] = [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}
        for call in turn.tool_calls
    ]
    return text + calls
