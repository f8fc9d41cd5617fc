"""Makes a conversation shorter that a model cannot read in one piece any more; what goes is said in its place."""

from collections.abc import Sequence
from dataclasses import replace

from bot.llm.protocol import Turn

KEPT_OF_A_RESULT = 400
LATEST = 2
"""So many of the last exchanges stay as they are."""


def compacted(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """About half of ``turns``: results of tools are cut, then the oldest exchanges go; the same turns give the same.

    An exchange is what is said up to the next word of a person; a call of a tool and its answer stay together, and
    the last question is always there whole, as far as it is text.
    """
    target = sum(map(_size, turns)) // 2
    exchanges = _exchanges(turns)
    older, latest = exchanges[:-LATEST], exchanges[-LATEST:]
    shortened = [[_cut(turn) for turn in exchange] for exchange in older]
    shortened += [_cut_all_but_the_last_answers(exchange) for exchange in latest]
    dropped = 0
    while len(shortened) > 1 and sum(_size(turn) for exchange in shortened for turn in exchange) > target:
        dropped += len(shortened.pop(0))
    kept = [turn for exchange in shortened for turn in exchange]
    if sum(map(_size, kept)) > target:
        kept = [_cut(turn) for turn in kept]
    if not dropped:
        return tuple(kept)
    return (
        Turn("user", f"[The first {dropped} messages of this conversation were left out: it is long.]"),
        *kept,
    )


def _exchanges(turns: Sequence[Turn]) -> list[list[Turn]]:
    found: list[list[Turn]] = []
    for turn in turns:
        if turn.role == "user" or not found:
            found.append([])
        found[-1].append(turn)
    return found


def _cut_all_but_the_last_answers(exchange: Sequence[Turn]) -> list[Turn]:
    """The answers that the model has just asked for are what it needs."""
    asked = max((number for number, turn in enumerate(exchange) if turn.tool_calls), default=len(exchange))
    return [_cut(turn) if number < asked else turn for number, turn in enumerate(exchange)]


def _cut(turn: Turn) -> Turn:
    if turn.role != "tool" or (len(turn.text) <= KEPT_OF_A_RESULT and not turn.images):
        return turn
    left = len(turn.text) - KEPT_OF_A_RESULT
    text = (
        f"{turn.text[:KEPT_OF_A_RESULT]}\n[{left:,} more characters were left out.]"
        if left > 0
        else turn.text
    )
    return replace(turn, text=text, images=())


def _size(turn: Turn) -> int:
    return (
        len(turn.text) + sum(len(str(call.arguments)) for call in turn.tool_calls) + 1_000 * len(turn.images)
    )
