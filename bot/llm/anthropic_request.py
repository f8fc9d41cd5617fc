"""A request in the words of Anthropic's Messages API."""

from collections.abc import Iterator, Sequence
from typing import cast

from bot.llm.images import base64_of
from bot.llm.placed import in_order
from bot.llm.prompt import Prompt, build_prompt
from bot.llm.protocol import Json, Request, ToolCall, Turn
from bot.llm.provider import merged_options
from bot.llm.tool_names import sent

ANTHROPIC = "anthropic"
"""Marks what only this API reads in `Turn.opaque`."""
_RESERVED = frozenset({"model", "messages", "stream", "system", "tools", "tool_choice"})
_CACHED: Json = {"type": "ephemeral"}
_THINKS = frozenset({"enabled", "adaptive", "between_tools"})


def message_arguments(request: Request, *, nonce: str) -> Json:
    """The arguments of the SDK's ``messages.create``.

    A schema becomes a tool that must be called: every model has tools, and the answer is its arguments.
    What the next request begins with again is marked for the provider's cache.

    Raises:
        UnsupportedRequest: an option in ``request.options`` would overrule the request itself, or a
            picture is of a kind that no model reads.
    """
    prompt = build_prompt(request, nonce=nonce)
    options = merged_options(request.options, _RESERVED)
    thinking = _thinking(options, request)
    if request.temperature is not None and not thinking:  # together they are refused
        options.setdefault("temperature", request.temperature)
    arguments: Json = {
        "model": request.model,
        "messages": _messages(prompt.turns, request.model),
        # The API requires it; thinking counts as well.
        "max_tokens": options.pop("max_tokens", request.max_tokens + _number(thinking, "budget_tokens")),
        "stream": True,
        "extra_body": options,
    }
    if system := _system(prompt):
        arguments["system"] = system
    if tools := _tools(request):
        arguments["tools"] = tools
    if request.schema:
        arguments["tool_choice"] = _choice(request, thinking)
    if request.tools or len(request.turns) > 1:
        # More rounds will follow that begin with this one; a single question would pay for nothing.
        _mark_end(arguments["messages"])
    return arguments


def must_answer_by_tool(request: Request) -> bool:
    """Whether the model has no other way to answer than to fill the schema."""
    return request.schema is not None and not _thinking(dict(request.options), request)


def _thinking(options: Json, request: Request) -> Json:
    """The thinking asked for; taken out of ``options`` where this request would be refused with it.

    Inside a tool loop the model's turn must begin with its own signed thinking. A turn of another model
    (after a fallback) has none.
    """
    thinking: object = options.get("thinking")
    if not isinstance(thinking, dict) or cast("Json", thinking).get("type") not in _THINKS:
        return {}
    turn = next((turn for turn in reversed(request.turns) if turn.role != "tool"), None)
    if turn and turn.tool_calls:
        first = next(in_order(turn, backend=ANTHROPIC, model=request.model), None)
        if not isinstance(first, dict):
            del options["thinking"]
            return {}
    return cast("Json", thinking)


def _number(mapping: Json, name: str) -> int:
    value = mapping.get(name)
    return value if isinstance(value, int) else 0


def _system(prompt: Prompt) -> list[Json]:
    """The part that is the same in every conversation ends where the cache may end."""
    blocks: list[Json] = []
    if prompt.instructions:
        blocks.append({"type": "text", "text": prompt.instructions, "cache_control": _CACHED})
    if prompt.note:
        blocks.append({"type": "text", "text": prompt.note})
    return blocks


def _tools(request: Request) -> list[Json]:
    tools: list[Json] = [
        {"name": sent(tool.name), "description": tool.description, "input_schema": tool.parameters}
        for tool in request.tools
    ]
    if request.schema:
        told = "Give the answer with this, and only with this."
        tools.append(
            {"name": request.schema.name, "description": told, "input_schema": request.schema.definition}
        )
    return tools


def _choice(request: Request, thinking: Json) -> Json:
    if thinking:  # with which forcing a tool is refused
        return {"type": "auto"}
    if request.tools or request.schema is None:
        return {"type": "any"}
    return {"type": "tool", "name": request.schema.name}


def _messages(turns: Sequence[Turn], model: str) -> list[Json]:
    """Results of parallel calls must stand together in the one message after the calls."""
    messages: list[Json] = []
    for turn in turns:
        role = "assistant" if turn.role == "assistant" else "user"
        content = list(_content(turn, model))
        if not content:
            continue
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += content
        elif not messages and role == "assistant":
            opening = {"type": "text", "text": "(The conversation began earlier.)"}
            messages += [{"role": "user", "content": [opening]}, {"role": role, "content": content}]
        else:
            messages.append({"role": role, "content": content})
    return messages


def _content(turn: Turn, model: str) -> Iterator[Json]:
    if turn.role == "assistant":
        for piece in in_order(turn, backend=ANTHROPIC, model=model):
            yield from _piece(piece)
    elif turn.role == "tool":
        yield _result(turn)
    else:
        yield from _shown(turn)


def _piece(piece: str | ToolCall | Json) -> Iterator[Json]:
    if isinstance(piece, str):
        if piece.strip():  # an empty block is refused
            yield {"type": "text", "text": piece}
    elif isinstance(piece, ToolCall):
        yield {"type": "tool_use", "id": piece.id, "name": sent(piece.name), "input": piece.arguments}
    else:
        yield piece


def _result(turn: Turn) -> Json:
    content = list(_shown(turn)) if turn.images else turn.text
    failed = {"is_error": True} if turn.tool_failed else {}
    return {"type": "tool_result", "tool_use_id": turn.tool_call_id, "content": content, **failed}


def _shown(turn: Turn) -> Iterator[Json]:
    """Pictures before the words about them, as the provider advises."""
    for image in turn.images:
        source = {"type": "base64", "media_type": image.media_type, "data": base64_of(image)}
        yield {"type": "image", "source": source}
    if turn.text.strip():
        yield {"type": "text", "text": turn.text}


def _mark_end(messages: list[Json]) -> None:
    if messages and messages[-1]["role"] == "user":
        messages[-1]["content"][-1]["cache_control"] = _CACHED
