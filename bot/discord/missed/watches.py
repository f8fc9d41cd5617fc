"""Looks again at the messages that cogs watch, and tells them of those that are not as they were told last."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from pydantic import TypeAdapter

from bot.discord.events import Author, FoundAgain, ThreadState, Where
from bot.discord.failures import DiscordRefused
from bot.discord.listening import Listening
from bot.discord.missed import watch_table
from bot.discord.missed.guild_seen import ChannelSeen, GuildSeen
from bot.discord.missed.history import History, thread_state
from bot.discord.missed.watch_table import Watched
from bot.discord.raw_messages import is_bot, message_from, name_of
from bot.plugins.cog import Cog
from bot.storage.database import Database

_UNKNOWN = frozenset({10003, 10008})
"""Discord's codes for a channel and a message that are not there any more."""

log = structlog.get_logger(__name__)
_FOUND = TypeAdapter(FoundAgain)

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a message is; ``thread`` is how that stands where it is a thread."""

    channel: ChannelSeen
    thread: ThreadState | None


class Watches:
    """The watched messages of all guilds."""

    def __init__(
        self, history: History, database: Database, listening: Listening, *, reads_all: bool
    ) -> None:
        """``reads_all`` is whether the bot has the Message Content intent."""
        self._history = history
        self._database = database
        self._listening = listening
        self._reads_all = reads_all

    async def look_again(self, seen: GuildSeen, cogs: Mapping[str, Cog], slots: asyncio.Semaphore) -> None:
        """Look at every message that ``cogs`` watch in a guild.

        Raises `OutsideError` where Discord or the database cannot be reached; what was told by then is not told again.
        """
        wanting = [name for name, cog in cogs.items() if "watched" in cog.hears]
        if not wanting:
            return
        async with self._database.connection() as conn:
            watched = await watch_table.of_guild(conn, seen.id, wanting)
        by_channel: dict[int, list[Watched]] = {}
        for one in watched:
            by_channel.setdefault(one.channel_id, []).append(one)

        async def look(channel_id: int, inside: list[Watched]) -> None:
            async with slots:
                await self._look_in(seen, channel_id, inside, cogs)

        looking = (look(channel_id, inside) for channel_id, inside in by_channel.items())
        for result in await asyncio.gather(*looking, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def _look_in(
        self, seen: GuildSeen, channel_id: int, inside: list[Watched], cogs: Mapping[str, Cog]
    ) -> None:
        try:
            place = await self._place(seen, channel_id)
        except DiscordRefused as error:
            log.info("watched_channel_hidden", channel=channel_id, reason=str(error))
            return
        for one in inside:
            await self._look(seen, one, place, cogs[one.cog])

    async def _look(self, seen: GuildSeen, one: Watched, place: _Place | None, cog: Cog) -> None:
        try:
            found = await self._found(seen, one, place)
        except DiscordRefused as error:
            log.info("watched_message_hidden", cog=one.cog, message=one.message_id, reason=str(error))
            return
        digest = hashlib.sha256(_FOUND.dump_json(found)).hexdigest()
        if digest == one.told or not await self._listening.found(cog, found):
            return
        async with self._database.connection() as conn:
            if found.gone:
                await watch_table.unwatch(conn, one.cog, one.guild_id, one.note)
            else:
                await watch_table.told(conn, one, digest)

    async def _place(self, seen: GuildSeen, channel_id: int) -> _Place | None:
        """The channel or thread of a message; None where it was deleted."""
        known = seen.channel(channel_id)
        if known is not None and not known.is_thread:
            return _Place(known, None)
        try:
            data = await self._history.channel(channel_id)
        except DiscordRefused as error:
            if error.code in _UNKNOWN or error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        channel = ChannelSeen(
            channel_id, int(data["type"]), str(data.get("name", "")), int(data.get("parent_id") or 0)
        )
        return _Place(channel, thread_state(data) if channel.is_thread else None)

    async def _found(self, seen: GuildSeen, one: Watched, place: _Place | None) -> FoundAgain:
        if place is None:
            where = Where(seen.id, one.channel_id, in_thread=False, home_id=one.channel_id)
            return FoundAgain(one.note, one.message_id, where, gone=True)
        where = seen.where(place.channel)
        try:
            data = await self._history.message(one.channel_id, one.message_id)
        except DiscordRefused as error:
            if error.code not in _UNKNOWN:
                raise
            return FoundAgain(one.note, one.message_id, where, gone=True, thread=place.thread)
        under = thread_state(data["thread"]) if data.get("thread") else None
        user: Json = data["author"]
        author = Author(int(user["id"]), name_of(user), is_bot(data))
        at = data.get("edited_timestamp")
        return FoundAgain(
            one.note,
            one.message_id,
            where,
            message=message_from(data, where, author, self._history.me, reads_all=self._reads_all),
            edited_at=datetime.fromisoformat(at) if at else None,
            pinned=bool(data.get("pinned")),
            reactions=await self._history.reacted(data),
            thread=place.thread or under,
        )
