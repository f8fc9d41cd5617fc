"""A lock that all processes on one database share, waited for without blocking inside the server.

The blocking form of ``pg_advisory_lock`` deadlocks with ``CREATE INDEX CONCURRENTLY`` run by the holder: the index waits
for every older snapshot, and the waiter's statement holds one. So it is tried again and again.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import LiteralString

import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from bot.clock import Clock
from bot.errors import TimedOut

SETTING_UP = 7_266_337_401  # any number no other program on the same database is likely to use
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LockTimes:
    """How long to wait, in seconds: between two tries, before it is logged, and at all."""

    poll: float = 0.1
    report: float = 10.0
    limit: float = 1800.0


@asynccontextmanager
async def advisory_lock(
    connection: AsyncConnection[TupleRow], clock: Clock, times: LockTimes, *, number: int = SETTING_UP
) -> AsyncGenerator[None]:
    """Holds the lock during the block; the server frees it too when the connection ends.

    Raises:
        TimedOut: somebody else held it for the whole limit.
    """
    started = reported = clock.monotonic()
    while not await _yes(connection, "SELECT pg_try_advisory_lock(%s)", number):
        now = clock.monotonic()
        if now - started > times.limit:
            raise TimedOut(
                f"Another process has been setting up the database for {times.limit:.0f} s: see what it does, or end it."
            )
        if now - reported > times.report:
            reported = now
            log.info("database_setup_waiting", seconds=round(now - started))
        await clock.sleep(times.poll)
    try:
        yield
    finally:
        if not connection.closed:
            await _yes(connection, "SELECT pg_advisory_unlock(%s)", number)


async def _yes(connection: AsyncConnection[TupleRow], query: LiteralString, number: int) -> bool:
    answer = await connection.execute(query, [number])
    return await answer.fetchone() == (True,)
