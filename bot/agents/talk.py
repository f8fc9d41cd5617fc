"""Whether agents that talk to each other get anywhere: how deep, how long, how dear, and whether anything is new.

Time plays no part: two agents that send each other back and forth once an hour are stopped after as many turns as two
that do it as fast as they can. A person's word begins everything anew.
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.config.agents import BetweenAgentsSection

_SHINGLE = 3
_SIGNATURE = 64
_SAME = 0.7
"""From this share of common word groups on, a text says what another said."""
_WORDS = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn between agents: who spoke to whom; of the text only a signature is kept."""

    speaker: str
    to: str
    signature: tuple[int, ...]
    tokens: int = 0


def signature(text: str) -> tuple[int, ...]:
    """What two texts are compared by: the smallest hashes of their word groups; numbers, case and marks do not count."""
    folded = _NUMBER.sub("#", unicodedata.normalize("NFKC", text).casefold())
    words = _WORDS.findall(folded.replace("#", " "))
    groups = [" ".join(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1))]
    return tuple(sorted({zlib.crc32(group.encode()) for group in groups})[:_SIGNATURE])


def why_stop(turns: Sequence[Spoken], limits: BetweenAgentsSection) -> str | None:
    """Why agents have to stop after ``turns`` (since a person spoke, oldest first), as a sentence; None: they may go on."""
    if not turns:
        return None
    names = " and ".join(sorted({turn.speaker for turn in turns} | {turn.to for turn in turns}))
    if (deep := _depth(turns)) > limits.hops:
        return f"This was handed on {deep} times in a row, and {limits.hops} is the most; a person has to say how it goes on."
    if len(turns) > limits.turns:
        return (
            f"{names} have spoken {limits.turns} times among themselves; a person has to say how it goes on."
        )
    if sum(turn.tokens for turn in turns) >= limits.tokens:
        return f"{names} have used {limits.tokens:,} tokens among themselves; a person has to say how it goes on."
    if _stale_streak(turns) >= limits.stalled:
        return f"{names} keep saying the same to each other, so they were stopped; a person has to say how it goes on."
    return None


def _depth(turns: Sequence[Spoken]) -> int:
    """How far the task is from who had it first: giving it back to somebody in the chain is a way back."""
    chain = [turns[0].speaker]
    for turn in turns:
        if turn.to in chain:
            del chain[chain.index(turn.to) + 1 :]
        else:
            if turn.speaker in chain:
                del chain[chain.index(turn.speaker) + 1 :]
            chain.append(turn.to)
    return len(chain) - 1


def _stale_streak(turns: Sequence[Spoken]) -> int:
    """How many of the last turns in a row said what an earlier one had said."""
    streak = 0
    for number, turn in enumerate(turns):
        stale = any(_alike(turn.signature, earlier.signature) for earlier in turns[:number])
        streak = streak + 1 if stale else 0
    return streak


def _alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Estimated from the smallest hashes of both together, as many as a signature has."""
    together = sorted({*one, *other})[:_SIGNATURE]
    both = {*one} & {*other}
    return sum(value in both for value in together) >= _SAME * len(together)
