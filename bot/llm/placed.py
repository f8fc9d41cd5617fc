"""Puts what a provider needs back unchanged where it stood in its answer: between text and tool calls.

A turn keeps the text as one piece and the calls as a list. What stood between them is kept in
`Turn.opaque` with its place: behind how many characters and how many calls.
"""

from collections.abc import Iterator
from typing import Any, cast

from bot.llm.protocol import Json, Opaque, ToolCall, Turn

type Piece = str | ToolCall | Json
"""A part of an answer in its order; a mapping is the provider's own."""


def placed(backend: str, model: str, block: Json, *, characters: int, calls: int) -> Opaque:
    """``block`` of an answer of ``model``, behind so many ``characters`` of text and ``calls`` of tools."""
    data = {"backend": backend, "model": model, "characters": characters, "calls": calls, "block": block}
    return Opaque(data)


def in_order(turn: Turn, *, backend: str, model: str) -> Iterator[Piece]:
    """The pieces of an assistant's turn, with the blocks that ``backend`` gave as ``model`` among them.

    Blocks of another model are left out: their signatures would be refused.
    """
    text = calls = 0
    for item in turn.opaque:
        block: Any = item.get("block")
        if (item.get("backend"), item.get("model")) != (backend, model) or not isinstance(block, dict):
            continue
        text_before, calls_before = _number(item, "characters"), _number(item, "calls")
        yield from _between(turn, text, text_before, calls, calls_before)
        text, calls = max(text, text_before), max(calls, calls_before)
        yield cast("Json", block)
    yield from _between(turn, text, len(turn.text), calls, len(turn.tool_calls))


def _between(turn: Turn, text: int, text_end: int, calls: int, calls_end: int) -> Iterator[Piece]:
    if piece := turn.text[text:text_end]:
        yield piece
    yield from turn.tool_calls[calls:calls_end]


def _number(item: Json, name: str) -> int:
    value = item.get(name)
    return value if isinstance(value, int) and value >= 0 else 0
