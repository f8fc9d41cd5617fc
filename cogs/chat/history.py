"""Makes of what was said in a place the turns that a model reads: in order, within bounds, each with who said it.

Who is an agent is told by where a message came from, never by the name above it. What others than the asker said goes to
the model as from outside, with ``person:`` or ``agent:`` and their name, which no name can make into something else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cogs.chat.summary import Summary
from cogswarm import Turn, Utterance

MOST_CHARACTERS = 48_000
LONGEST = 6_000
"""Characters that are read of one message."""
_SMALL_PRINT = re.compile(r"(?:\n|^)-# [^\n]*(?=\n|$)")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the agent ``me``, for ``asker``; ``names`` are what agents are shown as."""

    me: str
    asker: int
    names: Mapping[str, str]

    def who(self, said: Utterance) -> str:
        """Who said something, as a model is told."""
        if said.agent is not None:
            return f"agent: {self.names.get(said.agent, said.agent)}"
        return f"person: {said.author[:80]}"


@dataclass(frozen=True, slots=True)
class Built:
    """The turns, the messages they were made of, and how many older ones were left out."""

    turns: tuple[Turn, ...]
    read: tuple[Utterance, ...]
    left_out: int


def build(
    said: Sequence[Utterance],
    reader: Reader,
    *,
    most_characters: int = MOST_CHARACTERS,
    earlier: Summary | None = None,
) -> Built:
    """The turns of a conversation as its reader remembers it; ``earlier`` stands in place of what it covers.

    The oldest go where there is too much, and a line in their place says so.
    """
    fresh = [one for one in worth(said) if earlier is None or one.id > earlier.last]
    kept: list[tuple[Utterance, Turn]] = []
    room = most_characters
    for one in reversed(fresh):
        turn = written(one, reader)
        room -= len(turn.text) + len(turn.author)
        if room < 0:
            break
        kept.append((one, turn))
    kept.reverse()
    left_out = len(fresh) - len(kept)
    turns = [turn for _, turn in kept]
    if left_out:
        turns.insert(
            0, Turn("user", f"[{left_out} earlier messages of this conversation were left out: it is long.]")
        )
    if earlier is not None:
        # Made of what others said, so it is from outside as that is.
        turns.insert(0, Turn("user", earlier.text, author=f"summary of {earlier.count} earlier messages"))
    return Built(tuple(turns), tuple(one for one, _ in kept), left_out)


def worth(said: Sequence[Utterance]) -> list[Utterance]:
    """What is worth reading: of people and our agents, with something in it."""
    return [one for one in said if _words(one) and (one.agent is not None or not one.is_bot)]


def written(said: Utterance, reader: Reader) -> Turn:
    """A message as a turn."""
    text = _words(said)
    if said.agent == reader.me:
        return Turn("assistant", text)
    mine = said.agent is None and said.author_id == reader.asker
    return Turn("user", text, author="" if mine else reader.who(said))


def _words(said: Utterance) -> str:
    """The text, without an agent's small print, with the names of files that came with it."""
    text = _SMALL_PRINT.sub("", said.text) if said.agent is not None else said.text
    files = ", ".join(file.filename[:100] for file in said.attachments)
    attached = f"[with {len(said.attachments)} files: {files}]" if files else ""
    whole = "\n".join(part for part in (text.strip(), attached) if part)
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]}\n[…]"
