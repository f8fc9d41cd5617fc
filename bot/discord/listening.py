"""Takes what people say and do to the cogs that listen and that the gate lets hear it, in order within each channel."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import structlog

from bot.clock import Clock
from bot.discord import replies
from bot.discord.context import Context
from bot.discord.entrance import Entrance
from bot.discord.events import (
    NOBODY_ID,
    Author,
    Deletion,
    Edit,
    FoundAgain,
    Happening,
    Message,
    Pins,
    Reaction,
    ThreadChange,
    Where,
)
from bot.discord.lanes import Lanes
from bot.discord.missed.cursors import Cursors
from bot.discord.noted import noted
from bot.discord.reporting import broken
from bot.errors import CogswarmError, DatabaseAway
from bot.plugins.cog import Cog
from bot.plugins.commands import Handler
from bot.plugins.gate import Heard

LISTENER_SECONDS = 30.0
REMEMBERED = 5_000
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
BUSY = "channel_too_busy"
_NOBODY = Author(NOBODY_ID, "")

log = structlog.get_logger(__name__)


class Listening:
    """Offers things to cogs. Within a channel a cog hears one after the other; what fails concerns no other cog."""

    def __init__(
        self, entrance: Entrance, cursors: Cursors, clock: Clock, lanes: Lanes[tuple[str, int]] | None = None
    ) -> None:
        self._entrance = entrance
        self._cursors = cursors
        self._clock = clock
        self._lanes = lanes or Lanes[tuple[str, int]]()
        self._told: OrderedDict[Hashable, None] = OrderedDict()

    def offer(self, message: Message, handled: AbstractSet[tuple[str, int]] = frozenset()) -> None:
        """Offer a message to each cog that listens; ``handled`` names cogs that are done with it, by its id."""
        if not self._entrance.doorkeeper.first_time(message.id, message.where.guild_id):
            return
        wanted = False
        for cog in self._entrance.cogs.values():
            if (
                cog.listeners
                and (cog.name, message.id) not in handled
                and self._entrance.knock(cog.name, message.where, message.author, "message", message.id)
                is None
            ):
                wanted = True
                self._begin(cog, message)
        where = message.where
        guild_id = _read_back_of(where)
        if not wanted and guild_id is not None and self._entrance.listens(where):
            self._cursors.passed(guild_id, where.channel_id, message.id)

    def tell(self, event: Happening) -> None:
        """Tell the cogs that listen what happened; edits and deletions that Discord tells twice are told once."""
        if isinstance(event, Reaction) and event.action == "removed" and event.author.id == self._entrance.me:
            # Discord does not say who took the bot's own reaction away.
            event = replace(event, author=_NOBODY, action="cleared")
        kind, where, author, once = _about(event)
        if once is not None:
            if once in self._told:
                return
            self._told[once] = None
            while len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        for cog in self._entrance.cogs.values():
            listeners = cog.hears.get(kind)
            if not listeners or self._entrance.knock(cog.name, where, author, kind) is not None:
                continue
            context = self._entrance.context(cog, 0, where, author)
            self._put(cog, where, self._calls(cog, listeners, context, event))

    async def found(self, cog: Cog, found: FoundAgain) -> bool:
        """Tell a cog how a watched message was found, and wait; False where the gate or the cog refuse."""
        if self._entrance.knock(cog.name, found.where, _NOBODY, "watched") is not None:
            return False
        context = self._entrance.context(cog, 0, found.where, _NOBODY)
        return all([await self._listen(cog, one, context, found) for one in cog.hears.get("watched", ())])

    async def close(self) -> None:
        """End what is under way; messages that a cog was busy with are read back at the next start."""
        await self._lanes.close()

    def _begin(self, cog: Cog, message: Message) -> None:
        where = message.where

        async def work() -> None:
            whole = await replies.told(self._entrance.services, self._clock, message)
            context = self._entrance.context(cog, message.id, where, message.author)
            await self._calls(cog, cog.listeners, context, whole)()
            if guild_id is not None:
                self._cursors.done(guild_id, where.channel_id, message.id)

        guild_id = _read_back_of(where)
        if self._put(cog, where, work) and guild_id is not None:
            self._cursors.begin(guild_id, where.channel_id, message.id)

    def _put(self, cog: Cog, where: Where, work: Callable[[], Any]) -> bool:
        taken = self._lanes.put((cog.name, where.channel_id), work)
        if not taken:
            self._entrance.doorkeeper.ignored(cog.name, where.guild_id, BUSY)
            log.warning("channel_too_busy", cog=cog.name, channel=where.channel_id)
        return taken

    def _calls(
        self, cog: Cog, listeners: Sequence[Handler], context: Context[Any], event: object
    ) -> Callable[[], Any]:
        async def calls() -> None:
            for listener in listeners:
                await self._listen(cog, listener, context, event)

        return calls

    async def _listen(self, cog: Cog, listener: Handler, context: Context[Any], event: object) -> bool:
        """Call a listener; one that could not reach the database is called again when it is back."""
        pause = FIRST_PAUSE
        with structlog.contextvars.bound_contextvars(cog=cog.name):
            while True:
                try:
                    async with asyncio.timeout(LISTENER_SECONDS):
                        await self._until_noted(event)
                        await listener(context, event)
                except DatabaseAway as error:
                    log.warning("listener_waits_for_database", reason=str(error), again_in=pause)
                except (CogswarmError, TimeoutError) as error:
                    log.warning("listener_failed", heard=_id_of(event), reason=str(error) or "took too long")
                    return False
                except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
                    broken("listener", error)
                    return False
                else:
                    return True
                await self._clock.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    async def _until_noted(self, event: object) -> None:
        """Wait until is known what was reacted to, or deleted, where that may have been said just now."""
        if isinstance(event, Deletion | Reaction):
            await noted(self._entrance.services.database, self._clock, event.where, event.message_id)


def _read_back_of(where: Where) -> int | None:
    """The guild with which what was missed there is read back; None for direct messages, which belong to none for good."""
    return None if where.direct else where.guild_id


def _about(event: Happening) -> tuple[Heard, Where, Author, Hashable | None]:
    """What it is called, where it was, who did it, and by what it is known again."""
    match event:
        case Edit():
            return "edit", event.message.where, event.message.author, (event.message.id, event.at)
        case Deletion():
            return "deletion", event.where, _NOBODY, event.message_id
        case Reaction():
            return "reaction", event.where, event.author, None
        case Pins():
            return "pins", event.where, _NOBODY, None
        case ThreadChange():
            return "thread", event.where, _NOBODY, None


def _id_of(event: object) -> int:
    return event.id if isinstance(event, Message) else int(getattr(event, "message_id", 0))
