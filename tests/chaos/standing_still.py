"""Processes that work on a run, say where they are, and stand still there to be killed."""

import asyncio
from uuid import UUID

from bot.storage.database import Database
from bot.work import runs_queue
from tests.waiting import eventually
from tests.warm_processes import begin_module

SAID = {"before", "amid", "over"}
END_SECONDS = 60.0


async def process(module: str, *arguments: str, kill_at: str = "") -> list[str]:
    """Let a process work on a run; killed where it stands still, or until its end. What it said."""
    process = await begin_module(module, *arguments)
    assert process.stdout is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(END_SECONDS):
            while line := await process.stdout.readline():
                said.append(line.decode().strip())
                if kill_at and said[-1] == kill_at:
                    process.kill()
    finally:
        if process.returncode is None and not process.stdout.at_eof():
            process.kill()
        await process.wait()
    return [one for one in said if one in SAID]


async def free(database: Database, run_id: UUID) -> None:
    """Wait until the dead process' lease is over."""

    async def is_due() -> bool:
        async with database.connection() as conn:
            await runs_queue.make_ready(conn, 10, 0.0)
            return run_id in await runs_queue.turns(conn, 10, 10)

    await eventually(is_due)
