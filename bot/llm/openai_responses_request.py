"""A request in the words of OpenAI's Responses API."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from bot.llm.images import data_url
from bot.llm.placed import in_order
from bot.llm.prompt import build_prompt
from bot.llm.protocol import Json, Request, Schema, ToolCall, Turn
from bot.llm.provider import merged_options
from bot.llm.tool_names import sent

RESPONSES = "openai-responses"
"""Marks what only this API reads in `Turn.opaque`."""
_RESERVED = frozenset(
    {
        "model",
        "input",
        "instructions",
        "stream",
        "tools",
        "previous_response_id",
        "conversation",
        "background",
    }
)
_THINKS = re.compile(r"(o\d|gpt-([5-9]|\d\d))(?!.*-chat)")
"""Models whose names begin so think; the others refuse to be asked for their thinking."""
_ENCRYPTED = "reasoning.encrypted_content"


def response_arguments(request: Request, *, nonce: str) -> Json:
    """The arguments of the SDK's ``responses.create``.

    Nothing is kept at OpenAI (``store``): the whole conversation is sent each time, with the model's own
    thinking in encrypted form, which it reads again in the next round of a tool loop.

    Raises:
        UnsupportedRequest: an option in ``request.options`` would overrule the request itself, or a
            picture is of a kind that no model reads.
    """
    prompt = build_prompt(request, nonce=nonce)
    options = merged_options(request.options, _RESERVED)
    options.setdefault("store", False)
    if _THINKS.match(request.model):
        options.setdefault("include", [_ENCRYPTED])
    if "max_output_tokens" not in options:
        # The other API's names for it.
        older = options.pop("max_completion_tokens", options.pop("max_tokens", request.max_tokens))
        options["max_output_tokens"] = older
    if request.temperature is not None:
        options.setdefault("temperature", request.temperature)
    if request.schema:
        options["text"] = {**_mapping(options.get("text")), "format": _format(request.schema)}
    arguments: Json = {
        "model": request.model,
        "input": [item for turn in prompt.turns for item in _items(turn, request.model)],
        "stream": True,
        "extra_body": options,
    }
    if prompt.system:
        arguments["instructions"] = prompt.system
    if request.tools:
        arguments["tools"] = [
            {
                "type": "function",
                "name": sent(tool.name),
                "description": tool.description,
                "parameters": tool.parameters,
                # Strict, which is the default here, refuses schemas that use more than a subset.
                "strict": False,
            }
            for tool in request.tools
        ]
    return arguments


def _mapping(value: object) -> Json:
    return dict(cast("Json", value)) if isinstance(value, dict) else {}


def _format(schema: Schema) -> Json:
    return {"type": "json_schema", "name": schema.name, "schema": schema.definition, "strict": False}


def _items(turn: Turn, model: str) -> Iterator[Json]:
    if turn.role == "assistant":
        for piece in in_order(turn, backend=RESPONSES, model=model):
            yield _piece(piece)
        return
    pictures: list[Json] = [{"type": "input_image", "image_url": data_url(image)} for image in turn.images]
    text: list[Json] = [{"type": "input_text", "text": turn.text}] if turn.text else []
    content: Any = text + pictures if pictures else turn.text
    if turn.role == "tool":
        yield {"type": "function_call_output", "call_id": turn.tool_call_id, "output": content}
    else:
        yield {"role": "user", "content": content}


def _piece(piece: str | ToolCall | Json) -> Json:
    if isinstance(piece, str):
        return {"role": "assistant", "content": piece}
    if isinstance(piece, ToolCall):
        arguments = json.dumps(piece.arguments)
        return {
            "type": "function_call",
            "call_id": piece.id,
            "name": sent(piece.name),
            "arguments": arguments,
        }
    return piece
