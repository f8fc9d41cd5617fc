"""Makes of what was said in a place the turns that a model reads: in order, within bounds, each with who said it.

Who is an agent is told by where a message came from, never by the name above it. What others than the asker said goes to
the model as from outside, with ``person:`` or ``agent:`` and their name, which no name can make into something else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cogswarm import Turn, Utterance

MOST_CHARACTERS = 48_000
LONGEST = 6_000
"""Characters that are read of one message."""
_SMALL_PRINT = re.compile(r"(?:\n|^)-# [^\n]*(?=\n|$)")


@dataclass(frozen=True, slots=True)
class Built:
    """The turns, the messages they were made of, and how many older ones were left out."""

    turns: tuple[Turn, ...]
    read: tuple[Utterance, ...]
    left_out: int


def build(
    said: Sequence[Utterance],
    *,
    me: str,
    asker: int,
    names: Mapping[str, str],
    most_characters: int = MOST_CHARACTERS,
) -> Built:
    """The turns of a conversation as the agent ``me`` remembers it; ``names`` are what agents are shown as.

    The oldest go where there is too much, and a line in their place says so.
    """
    kept: list[tuple[Utterance, Turn]] = []
    room = most_characters
    worth = [one for one in said if _words(one) and (one.agent is not None or not one.is_bot)]
    for one in reversed(worth):
        turn = _turn(one, me, asker, names)
        room -= len(turn.text) + len(turn.author)
        if room < 0:
            break
        kept.append((one, turn))
    kept.reverse()
    left_out = len(worth) - len(kept)
    turns = [turn for _, turn in kept]
    if left_out:
        turns.insert(
            0, Turn("user", f"[{left_out} earlier messages of this conversation were left out: it is long.]")
        )
    return Built(tuple(turns), tuple(one for one, _ in kept), left_out)


def _turn(said: Utterance, me: str, asker: int, names: Mapping[str, str]) -> Turn:
    text = _words(said)
    if said.agent == me:
        return Turn("assistant", text)
    if said.agent is not None:
        return Turn("user", text, author=f"agent: {names.get(said.agent, said.agent)}")
    return Turn("user", text, author="" if said.author_id == asker else f"person: {said.author[:80]}")


def _words(said: Utterance) -> str:
    """The text, without an agent's small print, with the names of files that came with it."""
    text = _SMALL_PRINT.sub("", said.text) if said.agent is not None else said.text
    files = ", ".join(file.filename[:100] for file in said.attachments)
    attached = f"[with {len(said.attachments)} files: {files}]" if files else ""
    whole = "\n".join(part for part in (text.strip(), attached) if part)
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]}\n[…]"
