"""One process that brings a run to its end, with nobody else about."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.storage.database import Database
from bot.work import runs_queue, runs_table
from bot.work.engine import Engine


async def nothing() -> None:
    """Nobody does anything meanwhile."""


async def bring_to_its_end(
    engine: Engine, database: Database, run_id: UUID, people: Callable[[], Awaitable[None]] = nothing
) -> None:
    """Advance whatever is due until a run is over; between two looks ``people`` do what comes next."""
    while True:
        async with database.connection() as conn:
            row = await runs_table.get(conn, run_id)
            await runs_queue.make_ready(conn, 50)
            due = await runs_queue.turns(conn, 20, 10)
        if row is not None and row.is_over:
            return
        for one in due:
            await engine.advance(one)
        await people()
        await asyncio.sleep(0.01)
