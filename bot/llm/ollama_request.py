"""A request in the words of Ollama's chat API."""

from collections.abc import Mapping
from typing import Any

from bot.llm.images import after_tools, base64_of
from bot.llm.prompt import build_prompt
from bot.llm.protocol import Json, Request, Turn
from bot.llm.provider import merged_options
from bot.llm.tool_names import functions, sent

OLLAMA = "ollama"
"""Marks what only this API reads in `Turn.opaque`."""

_RESERVED = frozenset({"model", "messages", "stream", "tools", "format"})
_TOP_LEVEL = frozenset({"think", "keep_alive", "logprobs", "top_logprobs", "truncate", "shift"})


def chat_body(request: Request, *, nonce: str) -> Json:
    """The body of ``POST /api/chat``.

    Options go to the model's parameters (`num_ctx`), except those that Ollama takes beside them (`think`,
    `keep_alive`). ``truncate`` is switched off: Ollama would cut a prompt that is too long from its front,
    where the instructions stand, without saying so. Servers before it existed ignore it. The schema is left
    to our own validation where there are tools: Ollama's grammar would make calling one impossible.

    Raises:
        UnsupportedRequest: an option in ``request.options`` would overrule the request itself, or a
            picture is of a kind that no model reads.
    """
    prompt = build_prompt(request, nonce=nonce)
    options = merged_options(request.options, _RESERVED)
    beside = {name: options.pop(name) for name in _TOP_LEVEL & options.keys()}
    names = {call.id: call.name for turn in request.turns for call in turn.tool_calls}
    system: list[Json] = [{"role": "system", "content": prompt.system}] if prompt.system else []
    body: Json = {
        "model": request.model,
        "messages": [*system, *(_message(turn, names, request.model) for turn in after_tools(prompt.turns))],
        "stream": True,
        "truncate": False,
        "options": _parameters(request, options),
        **beside,
    }
    if request.tools:
        body["tools"] = functions(request.tools)
    elif request.schema:
        body["format"] = request.schema.definition
    return body


def _parameters(request: Request, options: Mapping[str, Any]) -> Json:
    warmth = {} if request.temperature is None else {"temperature": request.temperature}
    return {"num_predict": request.max_tokens, **warmth, **options}


def _message(turn: Turn, names: Mapping[str, str], model: str) -> Json:
    if turn.role == "tool":
        # Ollama tells results apart by the tool's name; newer servers read the id as well.
        name = sent(names[turn.tool_call_id]) if turn.tool_call_id in names else ""
        return {"role": "tool", "content": turn.text, "tool_name": name, "tool_call_id": turn.tool_call_id}
    message: Json = {"role": turn.role, "content": turn.text}
    if turn.images:
        message["images"] = [base64_of(image) for image in turn.images]
    if turn.tool_calls:
        message["tool_calls"] = [
            {"id": call.id, "function": {"name": sent(call.name), "arguments": call.arguments}}
            for call in turn.tool_calls
        ]
        message |= _thinking(turn, model)
    return message


def _thinking(turn: Turn, model: str) -> Json:
    """What the model thought before it called the tools; some go astray without it."""
    for item in turn.opaque:
        if item.get("backend") == OLLAMA and item.get("model") == model and item.get("thinking"):
            return {"thinking": item["thinking"]}
    return {}
