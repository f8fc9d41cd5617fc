"""Reads back what was missed and offers it through the gate as if it were said now, before what is said now.

A new session with Discord begins with a gap: at a start, and after a reconnect that could not resume. Every channel in
which an enabled cog listens is then read from where it was heard to, within the bounds of the settings; what happens
meanwhile waits its turn, channel by channel. Nobody is told: a message is answered late, or it is not.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from bot.clock import Clock
from bot.discord.entrance import Entrance
from bot.discord.events import SPOKEN, Author, Message, Where
from bot.discord.failures import DiscordRefused
from bot.discord.listening import Listening
from bot.discord.missed import cursor_table
from bot.discord.missed.cursors import Cursors
from bot.discord.missed.guild_seen import HOLDS_THREADS, SPEECHLESS, ChannelSeen, GuildSeen
from bot.discord.missed.history import History
from bot.discord.missed.settings import ReadBackSettings
from bot.discord.missed.waiting_room import Event, WaitingRoom
from bot.discord.missed.watches import Watches
from bot.discord.raw_messages import message_from
from bot.discord.surface import snowflake_at
from bot.errors import OutsideError
from bot.storage.database import Database

MINUTES_KEPT = 1440
"""What was handled is known for a day at least, however little is read back."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Gap:
    """What is read back of a guild: nothing before ``oldest``; ``done`` are the channels that were read."""

    seen: GuildSeen
    oldest: int
    done: set[int] = field(default_factory=set[int])
    authors: dict[int, Author] = field(default_factory=dict[int, Author])
    found: int = 0


class CatchingUp:
    """Stands between Discord and the cogs that listen: past and present come out in order, each message once."""

    def __init__(
        self,
        entrance: Entrance,
        listening: Listening,
        cursors: Cursors,
        history: History,
        database: Database,
        clock: Clock,
        settings: ReadBackSettings | None = None,
        *,
        reads_all: bool = False,
    ) -> None:
        """``reads_all`` is whether the bot has the Message Content intent."""
        self._entrance = entrance
        self._listening = listening
        self._cursors = cursors
        self._history = history
        self._database = database
        self._clock = clock
        self._settings = settings or ReadBackSettings()
        self._watches = Watches(history, database, listening, reads_all=reads_all)
        self._reads_all = reads_all
        self._room = WaitingRoom()
        self._slots = asyncio.Semaphore(self._settings.at_once)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._newest: dict[int, int] = {}
        self.session = 0
        """Grows with each session: what was seen of a guild in another one says nothing."""
        self._rules_changed: set[int] = set()

    @property
    def busy(self) -> bool:
        """Whether some guild is just being caught up with."""
        return any(not task.done() for task in self._tasks.values())

    # what Discord tells

    def session_began(self) -> None:
        """Whatever was said since the last session has not been heard."""
        self.session += 1
        self._room.close()
        self._cursors.hold()
        for task in self._tasks.values():
            task.cancel()

    def take(self, event: Event) -> None:
        """Something happens now: offer it, or let it wait until its channel is caught up with."""
        if isinstance(event, Message):
            self.noticed(event.where.guild_id, event.id)
        if not self._room.waits(event):
            self._offer([event])

    def noticed(self, guild_id: int | None, id_: int) -> None:
        """An id that Discord has just given out in a guild: what has a smaller one was before."""
        if guild_id is not None:
            self._newest[guild_id] = max(id_, self._newest.get(guild_id, 0))

    def guild_comes(self, guild_id: int) -> None:
        """A guild is there, and its rules are about to be known: until then everything in it waits."""
        self._room.close(guild_id)
        self._cursors.hold(guild_id)

    def guild_ready(self, seen: GuildSeen) -> None:
        """A guild is there and its rules are known: catch up with it."""
        self.noticed(seen.id, seen.newest)
        before = self._tasks.get(seen.id)
        if before is not None:
            before.cancel()
        self._tasks[seen.id] = asyncio.create_task(self._catch_up(seen), name=f"catching up {seen.id}")

    def guild_without_rules(self, guild_id: int) -> None:
        """A guild is there and could not be made ready: nothing needs to wait for it."""
        self._offer(self._room.open_guild(guild_id))

    async def guild_gone(self, guild_id: int) -> None:
        """The bot was thrown out of a guild: nothing of it is kept."""
        task = self._tasks.pop(guild_id, None)
        if task is not None:
            task.cancel()
        await self._begin_anew(guild_id, None)

    async def rules_changed(self, guild_id: int) -> None:
        """Other cogs are on now, or elsewhere: what was said until now does not concern those that were off."""
        if guild_id in self._tasks and not self._tasks[guild_id].done():
            self._rules_changed.add(guild_id)
            return
        under_way = self._cursors.lowest_under_way(guild_id)
        since = self._newest.get(guild_id, guild_id) if under_way is None else under_way - 1
        try:
            await self._begin_anew(guild_id, since if self._keeps(guild_id) else None)
        except OutsideError as error:
            log.warning("cursors_not_begun_anew", guild=guild_id, reason=str(error))

    # keeping

    async def keep_forever(self) -> None:
        """Write down how far everything was heard, until cancelled, and once more at the end."""
        cleared = float("-inf")
        try:
            while True:
                await self.flush()
                if self._clock.monotonic() - cleared >= self._settings.clear:
                    cleared = self._clock.monotonic()
                    await self._clear_away()
                await self._clock.sleep(self._settings.flush)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await self._listening.close()
            await self.flush(at_the_end=True)

    async def flush(self, *, at_the_end: bool = False) -> None:
        """Write down what has moved; nothing is asked of the database where nothing has."""
        moved = self._cursors.to_write(at_the_end=at_the_end)
        if not moved:
            return
        try:
            async with self._database.connection() as conn:
                await cursor_table.put(conn, moved)
        except OutsideError as error:
            self._cursors.not_written(moved)
            log.warning("cursors_not_written", reason=str(error))

    async def _clear_away(self) -> None:
        before = self._ago(max(self._settings.minutes, MINUTES_KEPT) + 1)
        self._cursors.drop_before(before)
        try:
            async with self._database.connection() as conn:
                await cursor_table.clear_away(conn, before)
        except OutsideError as error:
            log.warning("not_cleared_away", reason=str(error))

    # catching up

    async def _catch_up(self, seen: GuildSeen) -> None:
        """Read a guild back and look at what is watched; try again, until cancelled, while that cannot be reached."""
        gap = _Gap(seen, self._ago(self._settings.minutes))
        async with self._patience(seen.id):
            await self._until_done(seen.id, lambda: self._read_back(gap))
        await self._until_done(
            seen.id, lambda: self._watches.look_again(seen, self._entrance.cogs, self._slots)
        )
        if seen.id in self._rules_changed:
            self._rules_changed.discard(seen.id)
            del self._tasks[seen.id]
            await self.rules_changed(seen.id)

    @asynccontextmanager
    async def _patience(self, guild_id: int) -> AsyncGenerator[None]:
        """While the block runs what is said now waits, but not for ever; after it the guild is caught up with."""

        async def lose_it() -> None:
            await self._clock.sleep(self._settings.hold)
            log.warning("missed_messages_come_late", guild=guild_id)
            self._offer(self._room.open_guild(guild_id))

        losing = asyncio.create_task(lose_it(), name=f"patience {guild_id}")
        try:
            yield
        finally:
            losing.cancel()
        self._offer(self._room.open_guild(guild_id))
        self._cursors.release(guild_id)

    async def _until_done(self, guild_id: int, do: Callable[[], Awaitable[None]]) -> None:
        pause = self._settings.first_pause
        while True:
            try:
                await do()
            except OutsideError as error:
                log.warning("not_caught_up", guild=guild_id, reason=str(error), again_in=pause)
            except Exception:  # one guild's trouble must not hold its messages, nor end the bot
                log.exception("catching_up_broke", guild=guild_id)
                return
            else:
                return
            await self._clock.sleep(pause)
            pause = min(self._settings.longest_pause, pause * 2)

    async def _read_back(self, gap: _Gap) -> None:
        seen = gap.seen
        if not self._keeps(seen.id):
            await self._begin_anew(seen.id, None)
            return
        if not self._cursors.knows(seen.id) and not await self._load(seen):
            return
        behind = [one for one in seen.channels if self._is_behind(gap, one)]
        ids = {one.id for one in behind}
        for channel in seen.channels:
            if channel.id not in ids:
                self._offer(self._room.open_channel(seen.id, channel.id))
        await _all(self._read(gap, one) for one in behind)
        homes = [
            one
            for one in seen.channels
            if one.kind in HOLDS_THREADS and one.readable and self._entrance.listens(seen.where(one))
        ]
        await _all(self._read_sleeping(gap, one) for one in homes)
        # One that slept when the session began may have woken up before its channel's sleepers were listed.
        readable = {one.id for one in homes}
        awake = (
            [one for one in await self._history.active(seen.id) if one.parent_id in readable] if homes else []
        )
        await _all(self._read(gap, one) for one in awake if self._is_behind(gap, one))
        if gap.found:
            log.info("caught_up", guild=seen.id, messages=gap.found, channels=len(gap.done))

    def _is_behind(self, gap: _Gap, channel: ChannelSeen) -> bool:
        """Whether something may have been said that no cog has heard and one would listen to."""
        return (
            channel.id not in gap.done
            and channel.kind not in SPEECHLESS
            and channel.readable
            and channel.last_message_id > self._start(gap, channel)
            and self._entrance.listens(gap.seen.where(channel))
        )

    async def _read_sleeping(self, gap: _Gap, home: ChannelSeen) -> None:
        """Read the threads of a channel that were archived since: Discord does not tell of them by itself."""
        async with self._slots:
            since = self._clock.now() - timedelta(minutes=self._settings.minutes)
            try:
                threads = await self._history.archived_since(home, since)
            except DiscordRefused as error:
                log.info("threads_not_listed", channel=home.id, reason=str(error))
                return
        for thread in threads:
            if self._is_behind(gap, thread):
                await self._read(gap, thread)

    async def _read(self, gap: _Gap, channel: ChannelSeen) -> None:
        seen = gap.seen
        async with self._slots:
            try:
                said = await self._history.said_after(
                    channel.id, self._start(gap, channel), self._settings.messages
                )
            except DiscordRefused as error:
                log.info("channel_not_read_back", channel=channel.id, reason=str(error))
                said = []
            spoken = [one for one in said if one["type"] in SPOKEN]
            handled: set[tuple[str, int]] = set()
            if spoken:
                async with self._database.connection() as conn:
                    handled = await cursor_table.handled(conn, [int(one["id"]) for one in spoken])
            where = seen.where(channel)
            read = [await self._message(gap, where, one) for one in spoken]
        if len(said) >= self._settings.messages:
            log.warning("older_messages_left_out", channel=channel.id, read=len(said))
        self._offer(self._room.open_channel(seen.id, channel.id, read), handled)
        if said:
            self._cursors.read_to(seen.id, channel.id, int(said[-1]["id"]))
        gap.done.add(channel.id)
        gap.found += len(read)

    async def _message(self, gap: _Gap, where: Where, data: dict[str, Any]) -> Message:
        author = await self._author(gap, data)
        return message_from(data, where, author, self._history.me, reads_all=self._reads_all)

    async def _author(self, gap: _Gap, message: dict[str, Any]) -> Author:
        author_id = int(message["author"]["id"])
        if author_id not in gap.authors or "webhook_id" in message:
            gap.authors[author_id] = await self._history.author(gap.seen, message)
        return gap.authors[author_id]

    async def _load(self, seen: GuildSeen) -> bool:
        """Take in how far a guild was heard; False where nobody had listened there: then it begins with this session."""
        async with self._database.connection() as conn:
            positions = await cursor_table.of_guild(conn, seen.id)
        since = positions.pop(0, None)
        if since is None:
            await self._begin_anew(seen.id, seen.newest)
            return False
        self._cursors.load(seen.id, since, positions)
        self._cursors.hold(seen.id)
        return True

    async def _begin_anew(self, guild_id: int, since: int | None) -> None:
        async with self._database.transaction() as conn:
            await cursor_table.begin_anew(conn, guild_id, since)
        if since is None:
            self._cursors.forget(guild_id)
        else:
            self._cursors.load(guild_id, since, {})

    def _keeps(self, guild_id: int) -> bool:
        return self._settings.minutes > 0 and self._entrance.listens_somewhere(guild_id)

    def _start(self, gap: _Gap, channel: ChannelSeen) -> int:
        return max(self._cursors.position(gap.seen.id, channel.id), gap.oldest)

    def _ago(self, minutes: int) -> int:
        return snowflake_at(self._clock.now() - timedelta(minutes=minutes))

    def _offer(self, events: Sequence[Event], handled: AbstractSet[tuple[str, int]] = frozenset()) -> None:
        for event in events:
            if isinstance(event, Message):
                self._listening.offer(event, handled)
            else:
                self._listening.tell(event)


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it and raise the first error; what does not fail is done then."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
