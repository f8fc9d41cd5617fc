"""What agents know of what is pinned: everything that people see there, whoever pinned it, within bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.memory.facts.fact import Fact, message_link
from bot.memory.known import Knowledge, Known
from bot.work.surface import Said

LONGEST_PIN = 2_000
"""Characters that are told of one pinned message."""
MOST_CHARACTERS = 48_000
"""Of all that is pinned in a place; what is older is left out, and that is said."""
PINNED = "pinned here"
CUT = "[…]"
TOO_LONG = "{count} of the older pins were left out: together they are too long."
HIDDEN = (
    "{count} of the pinned messages could not be read: Discord keeps their text from me, or they have none."
)


@dataclass(frozen=True, slots=True)
class Pinned:
    """What is pinned in one place, as Discord said just now, with the facts among it by the id of their message."""

    guild_id: int
    channel_id: int
    messages: Sequence[Said]
    facts: Mapping[int, Fact]
    index_id: int | None = None


def known(places: Sequence[Pinned], now: datetime) -> Knowledge:
    """What is pinned in some places, those named first before the others, the newest first in each.

    The list of facts is left out, since it only repeats them, and so is what is over and whose pin has not gone yet.
    """
    items: list[Known] = []
    room, left_out, hidden = MOST_CHARACTERS, 0, 0
    for place in places:
        for said in sorted(place.messages, key=lambda one: _since(one, place), reverse=True):
            fact = place.facts.get(said.id)
            if said.id == place.index_id or (fact is not None and is_past(fact, now)):
                continue
            one = _of_fact(fact) if fact is not None else _of_message(said, place)
            if not one.text.strip():
                hidden += 1
            elif len(one.text) > room:
                left_out, room = left_out + 1, 0
            else:
                room -= len(one.text)
                items.append(one)
    notes = [TOO_LONG.format(count=left_out)] if left_out else []
    notes += [HIDDEN.format(count=hidden)] if hidden else []
    return Knowledge(tuple(items), tuple(notes))


def is_past(fact: Fact, now: datetime) -> bool:
    """Whether a fact does not hold though its message may still be pinned; one that people pinned again does."""
    return fact.state in {"replaced", "expired", "removed"} or fact.is_over(now)


def _since(said: Said, place: Pinned) -> tuple[datetime, int]:
    """Since when something holds: what people pin is news when they pin it, a fact when it was noted."""
    fact = place.facts.get(said.id)
    if fact is not None:
        return fact.noted_at, said.id
    return said.pinned_at or said.at, said.id


def _of_fact(fact: Fact) -> Known:
    return Known(fact.text, author=fact.stated_name, at=fact.noted_at, link=fact.link, title=PINNED)


def _of_message(said: Said, place: Pinned) -> Known:
    text = said.text if len(said.text) <= LONGEST_PIN else f"{said.text[:LONGEST_PIN]}{CUT}"
    link = message_link(place.guild_id, place.channel_id, said.id)
    return Known(text, author=said.author, at=said.pinned_at or said.at, link=link, title=PINNED)
