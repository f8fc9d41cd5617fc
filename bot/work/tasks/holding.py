"""Holding a task while working on it: signs of life at an interval, and an end to the work when it is lost."""

import asyncio
from collections.abc import Awaitable

import structlog

from bot.clock import Clock
from bot.errors import OutsideError
from bot.storage.database import Database
from bot.work.surface import Connection
from bot.work.tasks import moving, resource_table, result_table, task_table
from bot.work.tasks.moving import OTHERS_TURN, TaskLost
from bot.work.tasks.task import Hold

SIGNS = 4
"""Signs of life in the time after which a holder counts as silent."""
LEAST_PAUSE = 0.05

log = structlog.get_logger(__name__)


async def renewed(conn: Connection, guild_id: int, hold: Hold) -> float | None:
    """Take a sign of life: in how many seconds the next is wanted, None where the task was lost.

    Who has handed in the task's result has not lost it: what is left is to tell people, also after a crash.
    """
    task = await task_table.get(conn, guild_id, hold.task_id)
    if task is None or task.fence != hold.fence:
        return None
    rules = await moving.rules_of_task(conn, task)
    patience = moving.patience(rules, task.worker).total_seconds()
    if not await task_table.renew(
        conn, hold.task_id, hold.fence, patience
    ) and not await result_table.standing(conn, hold.task_id, hold.fence):
        return None
    if task.uses:
        await resource_table.keep(conn, hold.task_id, hold.fence, moving.use_seconds(rules, task.worker))
    return max(LEAST_PAUSE, patience / SIGNS)


async def held[T](database: Database, clock: Clock, guild_id: int, hold: Hold, body: Awaitable[T]) -> T:
    """Await ``body`` while the task is held. Raises `TaskLost`, the body cancelled, when it is lost."""
    work = asyncio.ensure_future(body)
    life = asyncio.create_task(_live(database, clock, guild_id, hold))
    try:
        await asyncio.wait({work, life}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return await work
        raise TaskLost(await life)
    finally:
        for one in (work, life):
            one.cancel()
        await asyncio.wait({work, life})


async def _live(database: Database, clock: Clock, guild_id: int, hold: Hold) -> str:
    """Show life until the task is lost; why, as a sentence."""
    pause = LEAST_PAUSE
    while True:
        try:
            async with database.connection() as conn:
                wanted = await renewed(conn, guild_id, hold)
        except OutsideError as error:
            # Others may have the task by now; its fence keeps this holder from changing anything.
            log.warning("task_sign_of_life_failed", reason=str(error))
        else:
            if wanted is None:
                async with database.connection() as conn:
                    task = await task_table.get(conn, guild_id, hold.task_id)
                return OTHERS_TURN.format(number=0 if task is None else task.number)
            pause = wanted
        await clock.sleep(pause)
