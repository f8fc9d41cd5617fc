"""A request in the words of OpenAI's chat-completions API."""

import json

from bot.llm.images import after_tools, data_url
from bot.llm.prompt import build_prompt
from bot.llm.protocol import Json, Request, Turn
from bot.llm.provider import merged_options
from bot.llm.tool_names import functions, sent

CHAT = "openai-chat"
"""Marks what only this API reads in `Turn.opaque`."""
GIVEN_BACK = ("reasoning_content", "reasoning")
"""Where compatible servers put the model's thinking; some refuse the next round of a tool loop without it."""

_RESERVED = frozenset({"model", "messages", "stream", "stream_options", "tools", "response_format", "n"})


def chat_arguments(request: Request, *, nonce: str, public: bool) -> Json:
    """The arguments of the SDK's ``chat.completions.create``; ``public`` means OpenAI's own servers.

    Raises:
        UnsupportedRequest: an option in ``request.options`` would overrule the request itself, or a
            picture is of a kind that no model reads.
    """
    prompt = build_prompt(request, nonce=nonce)
    options = merged_options(request.options, _RESERVED)
    system: list[Json] = [{"role": "system", "content": prompt.system}] if prompt.system else []
    messages = [*system, *(_message(turn, request.model) for turn in after_tools(prompt.turns))]
    arguments: Json = {
        "model": request.model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "extra_body": options,
    }
    if request.tools:
        arguments["tools"] = functions(request.tools)
    if request.schema:
        # Not "strict": it refuses schemas that use more than a subset, and we validate ourselves.
        definition = {"name": request.schema.name, "schema": request.schema.definition}
        arguments["response_format"] = {"type": "json_schema", "json_schema": definition}
    if request.temperature is not None:
        arguments["temperature"] = request.temperature
    if not {"max_tokens", "max_completion_tokens"} & options.keys():
        # OpenAI's newer models refuse the old name, most compatible servers only know the old one.
        arguments["max_completion_tokens" if public else "max_tokens"] = request.max_tokens
    return arguments


def _message(turn: Turn, model: str) -> Json:
    if turn.role == "tool":
        return {"role": "tool", "tool_call_id": turn.tool_call_id, "content": turn.text}
    if turn.images:
        text: list[Json] = [{"type": "text", "text": turn.text}] if turn.text else []
        pictures: list[Json] = [
            {"type": "image_url", "image_url": {"url": data_url(image)}} for image in turn.images
        ]
        return {"role": turn.role, "content": text + pictures}
    if not turn.tool_calls:
        return {"role": turn.role, "content": turn.text}
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": sent(call.name), "arguments": json.dumps(call.arguments)},
        }
        for call in turn.tool_calls
    ]
    return {
        "role": "assistant",
        "content": turn.text or None,
        "tool_calls": calls,
        **_given_back(turn, model),
    }


def _given_back(turn: Turn, model: str) -> Json:
    fields: Json = {}
    for item in turn.opaque:
        if (
            item.get("backend") == CHAT
            and item.get("model") == model
            and isinstance(item.get("fields"), dict)
        ):
            fields |= {name: item["fields"][name] for name in GIVEN_BACK if name in item["fields"]}
    return fields
