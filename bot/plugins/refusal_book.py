"""What the doorkeeper remembers, kept beyond a restart: written together about once a second, never while an event waits."""

import asyncio

import structlog

from bot.clock import Clock
from bot.errors import CogswarmError
from bot.plugins import refusals_table
from bot.plugins.doorkeeper import Doorkeeper, Turned
from bot.plugins.gate import Refused
from bot.plugins.refusals_table import About
from bot.storage.database import Database

log = structlog.get_logger(__name__)


class RefusalBook:
    """Writes down what was refused, and looks up what was before the bot's last start.

    Counts may be off by what one write held, where the database went away in the middle of it.
    """

    def __init__(self, doorkeeper: Doorkeeper, database: Database) -> None:
        self._doorkeeper = doorkeeper
        self._database = database
        self._lock = asyncio.Lock()

    async def open(self, guild_id: int) -> None:
        """Read how often what was refused in a guild before."""
        async with self._lock:
            async with self._database.connection() as conn:
                counts = await refusals_table.counts_of(conn, guild_id)
            self._doorkeeper.knows(guild_id, counts)

    async def write_forever(self, clock: Clock, pause: float) -> None:
        """Write every ``pause`` seconds until cancelled, and then once more."""
        try:
            while True:
                await clock.sleep(pause)
                await self.write()
        finally:
            await self.write()

    async def write(self) -> None:
        """Write what is new; where the database is away it stays with the doorkeeper."""
        async with self._lock:
            counts, refusals = self._doorkeeper.take_news()
            if not counts and not refusals:
                return
            try:
                async with self._database.transaction() as conn:
                    if counts:
                        await refusals_table.add_counts(conn, counts)
                    if refusals:
                        await refusals_table.keep(conn, refusals)
            except CogswarmError as error:
                self._doorkeeper.give_back(counts, refusals)
                log.warning("refusals_not_written", reason=str(error))
            except BaseException:
                self._doorkeeper.give_back(counts, refusals)
                raise

    async def about_member(self, guild_id: int, member_id: int) -> Turned | None:
        """What somebody was refused last on a server."""
        recent = self._doorkeeper.about_member(guild_id, member_id)
        if recent is not None:
            return recent
        found = await self._found(guild_id, "member", member_id)
        return found[0] if found else None

    async def about_event(self, guild_id: int, event_id: int) -> list[Turned]:
        """Why a message was ignored, for each cog that was turned away."""
        return self._doorkeeper.about_event(guild_id, event_id) or await self._found(
            guild_id, "message", event_id
        )

    async def _found(self, guild_id: int, subject: About, subject_id: int) -> list[Turned]:
        async with self._database.connection() as conn:
            rows = await refusals_table.about(conn, guild_id, subject, subject_id)
        return [Turned(row.cog, guild_id, Refused(row.reason, row.sentence)) for row in rows]
