"""Says, without I/O, where a letter belongs: to a request of ours, or before people.

In this order: what its envelope names; an acknowledgement at its start; one anywhere in it; the signed block; the only
open request to that agent. The first of these that is there decides, and whoever sends the letter must be whom the
request went to. Everything else is for people to look at.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from bot.bus import context_block
from bot.bus.acks import Ack, acks_in, requests_in, speaks_of_acks, without_acks
from bot.bus.context_block import Origin
from bot.bus.letters import Letter, agent_name

type How = Literal["envelope", "ack", "ack inside", "context", "only one open"]
type Reason = Literal[
    "names another request",
    "comes from somebody else",
    "names several requests",
    "an unsigned context",
    "names no request",
    "may not write there",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of ours: to which agent it went."""

    id: UUID
    agent: str


@dataclass(frozen=True, slots=True)
class Routed:
    """It answers a request; ``text`` is what is to be shown. ``origin`` is where that was, where only the letter knows."""

    request: UUID
    how: How
    text: str
    ok: bool | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class ForPeople:
    """It has to be looked at; nothing of it is taken out."""

    reason: Reason


type Verdict = Routed | ForPeople


def named_in(letter: Letter, key: bytes) -> set[UUID]:
    """The requests that a letter names in any way: those that have to be known to judge it."""
    named = {ack.id for ack in acks_in(letter.text)}
    if (envelope := _uuid(letter.answers)) is not None:
        named.add(envelope)
    if (origin := context_block.read(letter.text, key)) is not None:
        named.add(UUID(origin.request))
    return named


def judge(letter: Letter, known: Mapping[UUID, Asked], still_open: Sequence[Asked], key: bytes) -> Verdict:
    """Where a letter belongs. ``known`` are the requests that it names and that are ours, ``still_open`` those to its sender."""
    found = acks_in(letter.text)
    if letter.answers:
        return _named(letter, _uuid(letter.answers), "envelope", known, _ok_of(found))
    if found:
        return _by_ack(letter, found, known)
    if context_block.has_block(letter.text):
        return _by_block(letter, key)
    one_open = {asked.id for asked in still_open}
    if len(still_open) == 1 and not speaks_of_acks(letter.text) and requests_in(letter.text) <= one_open:
        return Routed(still_open[0].id, "only one open", _shown(letter.text))
    return ForPeople("names no request")


def _by_block(letter: Letter, key: bytes) -> Verdict:
    origin = context_block.read(letter.text, key)
    if origin is None:
        return ForPeople("an unsigned context")
    if agent_name(origin.agent) != letter.agent:
        return ForPeople("comes from somebody else")
    return Routed(UUID(origin.request), "context", _shown(letter.text), None, origin)


def _by_ack(letter: Letter, found: Sequence[Ack], known: Mapping[UUID, Asked]) -> Verdict:
    strict = [ack for ack in found if ack.strict][:1]
    if strict:
        return _named(letter, strict[0].id, "ack", known, _ok_of(strict))
    theirs = {ack.id for ack in found if ack.id in known}
    if len(theirs) > 1:
        return ForPeople("names several requests")
    if not theirs:
        return ForPeople("names another request")
    request = theirs.pop()
    return _named(letter, request, "ack inside", known, _ok_of([a for a in found if a.id == request]))


def _named(
    letter: Letter,
    request: UUID | None,
    how: How,
    known: Mapping[UUID, Asked],
    ok: bool | None = None,  # noqa: FBT001 - read off the letter
) -> Verdict:
    asked = None if request is None else known.get(request)
    if asked is None:
        return ForPeople("names another request")
    if agent_name(asked.agent) != letter.agent:
        return ForPeople("comes from somebody else")
    return Routed(asked.id, how, _shown(letter.text), ok)


def _shown(text: str) -> str:
    return without_acks(context_block.without_blocks(text))


def _ok_of(found: Collection[Ack]) -> bool | None:
    said = [ack.ok for ack in found if ack.ok is not None]
    return said[-1] if said else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
