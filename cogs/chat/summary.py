"""What stands in the place of the oldest messages of a long conversation: a summary, kept, shown, and put right by people.

It is made of what people and agents said, so it is from outside as they are. It covers messages from ``first`` to
``last`` and is forgotten when one of them is changed or deleted, also where that happened while nobody listened.
"""

import zlib
from collections.abc import Sequence

from pydantic import BaseModel, JsonValue

from cogs.chat import messages
from cogswarm import Notes, Utterance

LONGEST = 1_400
"""Characters: with what stands around it, it fits into one message."""
MOST_KEPT = 3
MOST_MARKS = 200
MOST_NAMED = 5
TRY_AGAIN_AFTER = 20
"""Messages: where no summary could be made, none is tried for every answer."""


class Summary(BaseModel):
    """A summary of one conversation. ``number`` and ``version`` tell it from others; ``since`` is the ``/new`` before it."""

    number: int
    version: int = 1
    text: str
    first: int
    last: int
    count: int
    since: int | None = None
    agent: str = ""
    corrected_by: list[int] = []
    left_out: int = 0
    """Messages that are so old, or so many, that it does not cover them either."""
    marks: dict[str, int] = {}
    """What people said in messages it covers, as checksums."""

    def covers(self, message_id: int) -> bool:
        """Whether a message went into it."""
        return self.first <= message_id <= self.last


class Kept(BaseModel):
    """The summaries of a place, and the last message when one could not be made."""

    summaries: list[Summary] = []
    number: int = 0
    tried: int = 0

    def current(self, since: int | None) -> Summary | None:
        """The one that holds in a conversation that began ``since``."""
        return next((one for one in reversed(self.summaries) if one.since == since), None)

    def with_(self, summary: Summary) -> "Kept":
        """With a new or changed summary, in place of the others of its conversation."""
        others = [one for one in self.summaries if one.since != summary.since]
        return Kept(
            summaries=[*others, summary][-MOST_KEPT:],
            number=max(self.number, summary.number),
            tried=self.tried,
        )

    def without(self, gone: Sequence[Summary]) -> "Kept":
        """Without some of them."""
        numbers = {one.number for one in gone}
        left = [one for one in self.summaries if one.number not in numbers]
        return self.model_copy(update={"summaries": left})


def key(place: int) -> str:
    """Under which name a place's summaries are kept."""
    return f"summaries:{place}"


def said_under(number: int) -> str:
    """Under which key a summary was shown."""
    return f"summary:{number}"


def shown(one: Summary) -> str:
    """What people see of it."""
    quoted = one.text.replace("\n", "\n> ")
    lines = [messages.EARLIER_HERE.format(text=quoted, count=one.count, agent=one.agent)]
    if one.left_out:
        lines.append(messages.SUMMARY_LEFT.format(count=one.left_out))
    if one.corrected_by:
        lines.append(
            messages.SUMMARY_CORRECTED.format(who=", ".join(f"<@{who}>" for who in one.corrected_by))
        )
    return "\n".join(lines)


async def kept_in(notes: Notes, place: int) -> tuple[Kept, JsonValue]:
    """The summaries of a place, and the note as it was read, to be swapped."""
    note = await notes.get(key(place))
    return (Kept() if note is None else Kept.model_validate(note)), note


async def swap(notes: Notes, place: int, before: JsonValue, kept: Kept) -> bool:
    """Keep them; False where somebody else did meanwhile."""
    return await notes.swap(key(place), before, kept.model_dump(mode="json"))


async def forget(notes: Notes, place: int, message_id: int) -> list[Summary]:
    """Forget the summaries that a message went into, which was changed or deleted; those it was."""
    while True:
        kept, note = await kept_in(notes, place)
        gone = [one for one in kept.summaries if one.covers(message_id)]
        if not gone or await swap(notes, place, note, kept.without(gone)):
            return gone


def still_true(summary: Summary, read: Sequence[Utterance]) -> bool:
    """Whether what it covers of the messages that were read stands there as it did."""
    there = {str(one.id): mark(one.text) for one in read}
    oldest = min((one.id for one in read), default=0)
    return all(there.get(number) == kept for number, kept in summary.marks.items() if int(number) >= oldest)


def marks(said: Sequence[Utterance]) -> dict[str, int]:
    """What people said, as checksums; the newest."""
    people = [one for one in said if one.agent is None and not one.is_bot and one.link]
    return {str(one.id): mark(one.text) for one in people[-MOST_MARKS:]}


def mark(text: str) -> int:
    """A checksum: it tells changes, it proves nothing."""
    return zlib.crc32(text.encode("utf-8", "replace"))


def shortened(text: str) -> str:
    """At most so long as is shown, cut between words."""
    line = text.strip()
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rpartition(' ')[0] or line[:LONGEST]} …"
