"""The bridge at work: sends, reads and reminds, often while something is under way and seldom at rest."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from bot.bus import letter_table, request_table, showing, words
from bot.bus.choosing import AbstractBus
from bot.bus.letters import BusBusy, NotLetIn, Transport
from bot.bus.parts import OfficeParts
from bot.bus.sending import BATCH, send_due
from bot.bus.taking_in import collect
from bot.errors import DatabaseAway, OutsideError

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger(__name__)

TIDY_SECONDS = 3_600.0
ANNOUNCE_SECONDS = 300.0


class Office:
    """One process's end of the bridge. Several may work at once: what is sent is claimed, what is read is kept once."""

    def __init__(self, parts: OfficeParts, bus: AbstractBus) -> None:
        self._parts = parts
        self._bus = bus
        self._woken = asyncio.Event()
        self._failures = 0
        self._well_since: float | None = None
        self._tidied: float | None = None
        self._announced: float | None = None
        self._since: datetime | None = None
        self.stopped = ""
        """Why it works no more, until it is started again; empty where it does."""

    def wake(self) -> None:
        """Something is to be sent."""
        self._woken.set()

    async def run_forever(self) -> None:
        """Work until cancelled."""
        while True:
            self._woken.clear()
            await self._rest(await self.turn())

    async def turn(self) -> float:
        """Do what there is to do, once; for how long there may be nothing to do then, in seconds."""
        settings = self._parts.settings
        if self.stopped:
            return TIDY_SECONDS
        try:
            busy = await self._work()
        except DatabaseAway as error:
            log.warning("bridge_waits_for_database", reason=str(error))
            return settings.fast
        except BusBusy as error:
            log.info("bus_busy", seconds=error.seconds)
            return max(error.seconds, settings.fast)
        except NotLetIn as error:
            self.stopped = str(error)
            log.error("bridge_stopped", reason=self.stopped)  # noqa: TRY400 - the reason is the sentence
            await self._alarm(words.STOPPED.format(reason=self.stopped))
            return TIDY_SECONDS
        except OutsideError as error:
            return await self._failed(error)
        await self._worked()
        return settings.fast if busy else settings.rest

    async def _work(self) -> bool:
        parts = self._parts
        transport = self._bus.transport
        failure: OutsideError | None = None
        taken, sent = 0, BATCH
        async with parts.database.transaction() as conn:
            await request_table.expire(conn)
        while sent == BATCH and failure is None:
            try:
                sent = await send_due(parts, transport)
            except (NotLetIn, BusBusy, DatabaseAway):
                raise
            except OutsideError as error:
                failure = error  # what comes from the bus is read all the same
            taken += await self._collect(transport) if parts.rules.replies else 0
        if failure is not None:
            raise failure
        await self._remind()
        await self._tidy()
        await self._announce(transport)
        async with parts.database.connection() as conn:
            to_send, waited_for = await request_table.due(conn)
        return to_send or bool(taken) or (waited_for and parts.rules.replies)

    async def _collect(self, transport: Transport) -> int:
        if self._since is None:
            async with self._parts.database.transaction() as conn:
                self._since = await letter_table.since(conn, self._parts.rules.line)
        # What came while nobody read may be further back than a page at rest.
        deep = self._well_since is None
        return await collect(self._parts, transport, self._since, deep=deep)

    async def _remind(self) -> None:
        """Ask again, then tell people; only where answers could have been read all the while."""
        parts, settings = self._parts, self._parts.settings
        well = self._well_since
        if not parts.rules.replies or well is None or parts.clock.monotonic() - well < settings.usual:
            return
        while True:
            async with parts.database.transaction() as conn:
                row = await request_table.remind(conn, {True: settings.urgent, False: settings.usual})
                if row is None:
                    return
                await showing.mark(conn, parts, row, words.SILENT_MARK)
                if row.reminded > 1:
                    await showing.silent(conn, parts, row)
            log.info("bus_silent", request=str(row.id), agent=row.agent, times=row.reminded)

    async def _tidy(self) -> None:
        now = self._parts.clock.monotonic()
        if self._tidied is not None and now - self._tidied < TIDY_SECONDS:
            return
        self._tidied = now
        async with self._parts.database.transaction() as conn:
            await request_table.forget_texts(conn, self._parts.settings.keep_days)
            await letter_table.forget_texts(conn, self._parts.settings.keep_days)

    async def _announce(self, transport: Transport) -> None:
        """Be listed among those who are there; where that fails, everything else goes on."""
        now = self._parts.clock.monotonic()
        if self._announced is not None and now - self._announced < ANNOUNCE_SECONDS:
            return
        self._announced = now
        try:
            await transport.announce()
        except (NotLetIn, BusBusy):
            raise
        except OutsideError as error:
            log.info("bus_not_announced", reason=str(error))

    async def _failed(self, error: OutsideError) -> float:
        self._failures += 1
        self._well_since = None
        settings = self._parts.settings
        pause = min(settings.longest_pause, settings.first_pause * 2.0 ** min(self._failures - 1, 20))
        log.warning("bus_failed", reason=str(error), again_in=pause)
        if self._failures == settings.alarm_after:
            await self._alarm(words.BUS_DOWN.format(reason=str(error)))
        return pause

    async def _worked(self) -> None:
        if self._well_since is None:
            self._well_since = self._parts.clock.monotonic()
            await self._turned(words.BUS_BACK, down=False)
        self._failures = 0

    async def _alarm(self, text: str) -> None:
        await self._turned(text, down=True)

    async def _turned(self, text: str, *, down: bool) -> None:
        """Tell people once that it began, and once that it is over."""
        try:
            async with self._parts.database.transaction() as conn:
                await letter_table.since(conn, self._parts.rules.line)
                number = await letter_table.turned(conn, self._parts.rules.line, down=down)
                if number is not None:
                    await showing.tell(conn, self._parts, f"bus:{number}:{'down' if down else 'back'}", text)
        except OutsideError as error:
            log.warning("bus_trouble_not_told", reason=str(error))

    async def _rest(self, seconds: float) -> None:
        """Wait, or until something is to be sent; while the bus wants to be left alone, the whole time."""
        sleeping = asyncio.ensure_future(self._parts.clock.sleep(seconds))
        woken = asyncio.ensure_future(self._woken.wait())
        waits = {sleeping, woken} if not self._failures and not self.stopped else {sleeping}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            woken.cancel()
            await asyncio.gather(sleeping, woken, return_exceptions=True)
