"""Drains the outbox: in order within a channel, side by side across channels, by whoever holds the lease.

A row is marked as being sent before the request and recorded after it. A row found marked (a crash, a lost
answer) is looked up first: the messages after its predecessor are read, and one by its author that no row has
recorded is the lost one. So a message is neither lost nor sent twice, whatever its content.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import structlog

from bot.clock import Clock
from bot.discord import outbox_table
from bot.discord.api import DiscordRefused, DiscordUnavailable
from bot.discord.delivery import Delivery
from bot.discord.outbox_table import OutboxRow
from bot.discord.surface import snowflake_at
from bot.errors import OutsideError
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.surface import Connection

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DelivererSettings:
    """Seconds. A lease outlasts a request: two deliverers must never send at once in a channel."""

    request: float = 10.0
    lease: float = 20.0
    renew: float = 3.0
    poll: float = 5.0
    first_pause: float = 0.5
    longest_pause: float = 60.0
    clock_margin: timedelta = timedelta(minutes=10)
    parallel: int = 16

    @classmethod
    def for_requests_of(cls, seconds: float) -> "DelivererSettings":
        """Settings for requests that are given up after ``seconds``."""
        return cls(request=seconds, lease=2 * seconds, renew=seconds / 3)


class Deliverer:
    """One process's share of the delivery."""

    def __init__(
        self,
        database: Database,
        delivery: Delivery,
        clock: Clock,
        settings: DelivererSettings | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._clock = clock
        self._settings = settings or DelivererSettings()
        self._jitter = jitter
        self._owner = uuid4()
        self._fences: dict[int, int] = {}
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    async def run_forever(self) -> None:
        """Deliver until cancelled; then give the leases back."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_leases())
                tasks.create_task(self._listen())
                await self._drain_forever(tasks)
        finally:
            await self._give_back()

    async def _keep_leases(self) -> None:
        while True:
            try:
                async with self._database.transaction() as conn:
                    fences = await outbox_table.take_leases(conn, self._owner, self._settings.lease)
                if fences.keys() - self._fences.keys():
                    self._wake.set()
                self._fences = fences
            except OutsideError as error:
                # Rows are begun under a fence that the database checks, so an old idea of it does no harm.
                log.warning("leases_not_renewed", reason=str(error))
            await self._clock.sleep(self._settings.renew)

    async def _listen(self) -> None:
        async with aclosing(self._database.listen(outbox_table.WAKE)) as wake_ups:
            async for _ in wake_ups:
                self._wake.set()

    async def _drain_forever(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            self._wake.clear()
            pause = self._settings.poll
            try:
                pause = min(pause, await self._start_due(tasks))
            except OutsideError as error:
                log.warning("outbox_not_read", reason=str(error))
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _start_due(self, tasks: asyncio.TaskGroup) -> float:
        """Start what is due; the answer is in how many seconds something else will be."""
        room = self._settings.parallel - len(self._busy)
        async with self._database.connection() as conn:
            rows = (
                await outbox_table.heads(conn, list(self._fences), list(self._busy), room) if room > 0 else []
            )
            next_due = await outbox_table.next_due_in(conn)
        for row in rows:
            self._busy[row.channel_id] = tasks.create_task(self._deliver_in_its_turn(row))
        return self._settings.poll if next_due is None else max(0.01, next_due)

    async def _deliver_in_its_turn(self, row: OutboxRow) -> None:
        try:
            with structlog.contextvars.bound_contextvars(**({"cog": row.cog} if row.cog else {})):
                await self._deliver(row)
        except OutsideError as error:
            log.warning("delivery_not_recorded", key=row.key, reason=str(error))
        finally:
            self._busy.pop(row.channel_id, None)
            self._wake.set()

    async def _deliver(self, row: OutboxRow) -> None:
        fence = self._fences.get(row.partition, -1)
        floor = snowflake_at(self._clock.now() - self._settings.clock_margin)
        async with self._database.transaction() as conn:
            after_id = await outbox_table.begin(
                conn, row, owner=self._owner, fence=fence, floor=floor, margin=self._settings.request
            )
        if after_id is None:
            log.info("delivery_lease_lost", partition=row.partition)
            self._fences.pop(row.partition, None)
            return
        try:
            message_id = await self._lost(row, after_id) or await self._delivery.send(row)
        except DiscordUnavailable as error:
            await self._postpone(row, error)
            return
        except DiscordRefused as error:
            await self._give_up(row, error)
            return
        async with self._database.transaction() as conn:
            if row.kind == "thread" and message_id is not None:
                await _thread_opened(conn, row, message_id)
            await outbox_table.sent(conn, row, message_id)

    async def _lost(self, row: OutboxRow, after_id: int) -> int | None:
        """The message of a row whose answer was lost, if Discord has it."""
        if row.kind != "post" or row.state != "sending":
            return None
        candidates = await self._delivery.candidates(row, after_id)
        async with self._database.connection() as conn:
            known = await outbox_table.known_messages(conn, row.channel_id, candidates)
        lost = next((message for message in candidates if message not in known), None)
        if lost is not None:
            log.info("lost_answer_found", key=row.key, message=lost)
        return lost

    async def _postpone(self, row: OutboxRow, error: DiscordUnavailable) -> None:
        grown = self._settings.first_pause * 2 ** min(row.attempts, 10)
        pause = min(self._settings.longest_pause, grown) * (0.5 + self._jitter() / 2)
        seconds = error.retry_after if error.retry_after is not None else pause
        log.warning("delivery_postponed", key=row.key, seconds=round(seconds, 2), reason=str(error))
        unsent = not error.sent and row.state == "pending"
        async with self._database.connection() as conn:
            await outbox_table.later(conn, row, seconds, str(error), unsent=unsent)

    async def _give_up(self, row: OutboxRow, error: DiscordRefused) -> None:
        log.warning("delivery_refused", key=row.key, kind=row.kind, reason=str(error), code=error.code)
        async with self._database.transaction() as conn:
            if row.kind == "thread":
                # No thread is no reason to keep the answer back: it goes to the channel itself.
                await _thread_opened(conn, row, row.channel_id)
            await outbox_table.fail(conn, row, str(error))

    async def _give_back(self) -> None:
        try:
            async with self._database.connection() as conn:
                await outbox_table.drop_leases(conn, self._owner)
        except OutsideError as error:
            log.info("leases_not_given_back", reason=str(error))


async def _thread_opened(conn: Connection, row: OutboxRow, thread_id: int) -> None:
    """The run's row first, as in every commit of a run: the other way round the two could wait for each other."""
    await runs_table.thread_opened(conn, row.id, thread_id)
    await outbox_table.opened(conn, row, thread_id)
