"""Tells cogs what happened in repositories: on each server that may see them, through the gate, in one process.

What is to be told is a row that is taken for longer than telling may last; whoever dies in the middle leaves it to another,
who tells it under the same event id, so that what it starts is started once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, field

import structlog

from bot.clock import Clock
from bot.discord.entrance import Entrance
from bot.discord.events import Author, Where
from bot.discord.made_ids import made_id
from bot.discord.reporting import broken
from bot.errors import OutsideError, UserError
from bot.plugins.cog import Cog
from bot.review import delivery_table
from bot.review.delivery_table import Taken
from bot.storage.database import Database

log = structlog.get_logger(__name__)

TELL_SECONDS = 60.0
"""How long a cog may take over one event."""
LEASE_SECONDS = 6.0
"""How long a row is ours without a sign of life; whoever dies is followed by another so soon."""
HEARTBEAT_SECONDS = 2.0
MOST_TRIES = 6
PAUSES = (5.0, 15.0, 60.0, 300.0, 900.0)
_AT_ONCE = 4


@dataclass(slots=True)
class RepositoryEvents:
    """Tells of one thing after the other in a repository, of several repositories side by side.

    ``servers_of`` says which servers may see a repository; ``pause`` is how often it is looked what is there, in seconds.
    """

    entrance: Entrance
    database: Database
    servers_of: Callable[[str], frozenset[int]]
    clock: Clock
    pause: float = 5.0
    _busy: set[str] = field(default_factory=set[str], init=False)
    _hurry: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def tell_forever(
        self, all_ready: Callable[[], Awaitable[None]], guilds: Callable[[], Collection[int]]
    ) -> None:
        """Tell until cancelled, through any outage of the database, from when all servers are there: each is told."""
        await all_ready()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                self._hurry.clear()
                try:
                    while len(self._busy) < _AT_ONCE and (taken := await self._take()) is not None:
                        self._busy.add(taken.event.repository.key)
                        tasks.create_task(self._tell(taken, guilds()), name="repository event")
                except OutsideError as error:
                    log.warning("repository_events_not_looked_for", reason=str(error))
                await self.clock.sleep_unless(self._hurry, self.pause)

    async def _take(self) -> Taken | None:
        if not any("repository" in cog.hears for cog in self.entrance.cogs.values()):
            return None
        async with self.database.connection() as conn:
            return await delivery_table.take(conn, self._busy, LEASE_SECONDS)

    async def _tell(self, taken: Taken, guilds: Collection[int]) -> None:
        event = taken.event
        alive = asyncio.create_task(self._stay_alive(taken))
        try:
            done = await self._told_all(taken, guilds)
            async with self.database.connection() as conn:
                if done or taken.tries >= MOST_TRIES:
                    await delivery_table.heard(conn, taken)
                else:
                    await delivery_table.again(conn, taken, PAUSES[taken.tries - 1])
            log.info(
                "repository_event_told",
                delivery=event.id,
                happened=event.event,
                action=event.action,
                done=done,
            )
        except asyncio.CancelledError:
            # We end in the middle of it: somebody else, or we ourselves anew, may have it at once.
            await asyncio.shield(self._keep(taken, 0.0))
            raise
        except OutsideError as error:
            log.warning("repository_event_not_noted", delivery=event.id, reason=str(error))
        finally:
            alive.cancel()
            await asyncio.gather(alive, return_exceptions=True)
            self._busy.discard(event.repository.key)
            self._hurry.set()

    async def _told_all(self, taken: Taken, guilds: Collection[int]) -> bool:
        """Tell every cog on every server that may see it; False where some have to be told again."""
        done = True
        for guild_id in sorted(self.servers_of(taken.event.repository.key) & set(guilds)):
            for cog in self.entrance.cogs.values():
                if "repository" in cog.hears and not await self._told(cog, guild_id, taken):
                    done = False
        return done

    async def _stay_alive(self, taken: Taken) -> None:
        """Keep what is being told until cancelled."""
        while True:
            await self.clock.sleep(HEARTBEAT_SECONDS)
            await self._keep(taken, LEASE_SECONDS)

    async def _keep(self, taken: Taken, seconds: float) -> None:
        try:
            async with self.database.connection() as conn:
                await delivery_table.again(conn, taken, seconds)
        except OutsideError as error:
            log.warning("repository_event_not_kept", delivery=taken.event.id, reason=str(error))

    async def _told(self, cog: Cog, guild_id: int, taken: Taken) -> bool:
        """Tell a cog in a guild; False where it should be told again."""
        where, me = Where(guild_id, 0, in_thread=False), Author(self.entrance.me, "", is_bot=True)
        if self.entrance.off_in(cog.name, guild_id) is not None:
            return True
        context = self.entrance.context(cog, made_id(f"{guild_id}:{taken.event.id}"), where, me)
        with structlog.contextvars.bound_contextvars(cog=cog.name, guild=guild_id):
            try:
                async with asyncio.timeout(TELL_SECONDS):
                    for listener in cog.hears["repository"]:
                        await listener(context, taken.event)
            except UserError as error:
                log.info("repository_event_refused", reason=str(error))
            except (OutsideError, TimeoutError) as error:
                log.warning("repository_event_failed", tries=taken.tries, reason=str(error) or "too slow")
                return False
            except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
                broken(cog.name, error)
        return True

    async def _listen(self) -> None:
        async with aclosing(self.database.listen(delivery_table.HAPPENED)) as wake_ups:
            async for _ in wake_ups:
                self._hurry.set()
