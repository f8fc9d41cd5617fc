"""A request in the words of Ollama's chat API."""

from collections.abc import Mapping
from typing import Any

from bot.llm.prompt import build_prompt
from bot.llm.protocol import Json, Request, Turn
from bot.llm.provider import merged_options

_RESERVED = frozenset({"model", "messages", "stream", "tools", "format"})
_TOP_LEVEL = frozenset({"think", "keep_alive", "logprobs", "top_logprobs"})


def chat_body(request: Request, *, nonce: str) -> Json:
    """The body of ``POST /api/chat``.

    Options go to the model's parameters (`num_ctx`: Ollama cuts a longer prompt without saying so),
    except those that Ollama takes beside them (`think`, `keep_alive`). The schema is left to our own
    validation where there are tools: Ollama's grammar would make calling one impossible.

    Raises:
        UnsupportedRequest: an option in ``request.options`` would overrule the request itself.
    """
    prompt = build_prompt(request, nonce=nonce)
    options = merged_options(request.options, _RESERVED)
    beside = {name: options.pop(name) for name in _TOP_LEVEL & options.keys()}
    names = {call.id: call.name for turn in request.turns for call in turn.tool_calls}
    system: list[Json] = [{"role": "system", "content": prompt.system}] if prompt.system else []
    body: Json = {
        "model": request.model,
        "messages": [*system, *(_message(turn, names) for turn in prompt.turns)],
        "stream": True,
        "options": _parameters(request, options),
        **beside,
    }
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                },
            }
            for tool in request.tools
        ]
    elif request.schema:
        body["format"] = request.schema.definition
    return body


def _parameters(request: Request, options: Mapping[str, Any]) -> Json:
    warmth = {} if request.temperature is None else {"temperature": request.temperature}
    return {"num_predict": request.max_tokens, **warmth, **options}


def _message(turn: Turn, names: Mapping[str, str]) -> Json:
    if turn.role == "tool":
        # Ollama tells results apart by the tool's name; newer servers read the id as well.
        name = names.get(turn.tool_call_id, "")
        return {"role": "tool", "content": turn.text, "tool_name": name, "tool_call_id": turn.tool_call_id}
    if not turn.tool_calls:
        return {"role": turn.role, "content": turn.text}
    calls = [
        {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}}
        for call in turn.tool_calls
    ]
    return {"role": "assistant", "content": turn.text, "tool_calls": calls}
