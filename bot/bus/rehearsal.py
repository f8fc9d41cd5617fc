"""A rehearsal: what would be sent to the bus for some events, with no connection to anything."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from bot.bus.addressing import agent_for
from bot.bus.bridge import rules_of
from bot.bus.context_block import Origin
from bot.bus.outgoing import Request, written
from bot.config.bridge import IN_PROCESS, BridgeSection
from bot.errors import UserError

SOS_CHARACTERS, MUPOT_CHARACTERS = 16_384, 8_000
WRONG_LINE = 'Line {number} is no event; write JSON such as {{"channel_id": 1234, "text": "hello"}}.'


@dataclass(frozen=True, slots=True)
class Event:
    """Something that somebody says in Discord."""

    what: str
    text: str = "hello"
    channel: int = 1
    author: str = "somebody"
    mentioned: bool = False
    direct: bool = False
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would come of it; ``to`` is empty where nothing is sent."""

    event: Event
    to: str = ""
    text: str = ""


def samples(section: BridgeSection) -> Iterator[Event]:
    """One event of each kind that is told apart."""
    mapped = next((int(one) for one in section.channels), None)
    if mapped is not None:
        yield Event("a message in a channel of the map", channel=mapped)
    yield Event("a message that mentions the bot in another channel", mentioned=True)
    yield Event("a direct message", direct=True)
    yield Event("a message in another channel")
    yield Event("a message of another bot", channel=mapped or 1, mentioned=True, bot=True)


def events_of(lines: Iterable[str]) -> Iterator[Event]:
    """The events that lines of JSON tell of. Raises `UserError`."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told: Any = json.loads(line)
        except ValueError as error:
            raise UserError(WRONG_LINE.format(number=number)) from error
        if not isinstance(told, dict):
            raise UserError(WRONG_LINE.format(number=number))
        yield _event(number, cast("dict[str, Any]", told))


def rehearse(section: BridgeSection, events: Iterable[Event], new_id: Iterator[UUID]) -> Iterator[Rehearsed]:
    """What would be sent, exactly, but for the ids."""
    key = rules_of(section, None).key
    mupot = (
        section.protocol == "mupot" or section.url.rstrip("/").endswith("/mcp") or section.url == IN_PROCESS
    )
    for event in events:
        agent = agent_for(section, event.channel, mentioned=event.mentioned, direct=event.direct)
        if event.bot or agent is None:
            yield Rehearsed(event)
            continue
        origin = Origin(str(next(new_id)), 0, event.channel, 0, agent)
        text = written(
            Request(origin, event.author, event.text), key, MUPOT_CHARACTERS if mupot else SOS_CHARACTERS
        )
        yield Rehearsed(event, agent, text)


def _event(number: int, told: dict[str, Any]) -> Event:
    channel = str(told.get("channel_id") or "1")
    if not channel.isdigit():
        raise UserError(WRONG_LINE.format(number=number))
    return Event(
        f"line {number}",
        str(told.get("text") or ""),
        int(channel),
        str(told.get("author") or "somebody"),
        bool(told.get("mention")),
        bool(told.get("dm")),
        bool(told.get("bot")),
    )
