"""What happens to tasks by the clock: holders who fell silent lose them, and what cannot be done says why."""

from uuid import UUID

from bot.errors import UserError
from bot.storage.database import Database
from bot.work.surface import Connection
from bot.work.tasks import event_table, moving, need_table, task_table
from bot.work.tasks.moving import Wish
from bot.work.tasks.task import BOT, Task


async def sweep(database: Database, guild_id: int, limit: int) -> int:
    """Take tasks from holders who show no life, and let states follow runs that wait for people; how many were taken."""
    async with database.connection() as conn:
        overdue = await task_table.overdue(conn, guild_id, limit)
        others = await task_table.out_of_step(conn, guild_id)
    taken = 0
    for task_id, fence, why in overdue:
        async with database.transaction() as conn:
            try:
                # The holder may have shown life, or finished, since: its row is looked at again under its lock.
                if await _still_overdue(conn, guild_id, limit, task_id, fence):
                    await moving.make(
                        conn, guild_id, task_id, Wish("expire", BOT, fence=fence, body=_said(why))
                    )
                    taken += 1
            except UserError:
                continue
    for task_id, fence, waits in others:
        async with database.transaction() as conn:
            try:
                move = "wait" if waits else "start"
                await moving.make(conn, guild_id, task_id, Wish(move, BOT, fence=fence))
            except UserError:
                continue
    for task_id in await _free_again(database, guild_id):
        async with database.transaction() as conn:
            try:
                await moving.make(conn, guild_id, task_id, Wish("unblock", BOT))
            except UserError:
                continue
    return taken


async def _free_again(database: Database, guild_id: int) -> list[UUID]:
    async with database.connection() as conn:
        return await need_table.done_meanwhile(conn, guild_id)


async def unrunnable(conn: Connection, guild_id: int, task: Task, reason: str) -> None:
    """Note why nobody can do a task; an empty reason takes that back."""
    now = await task_table.locked(conn, guild_id, task.id)
    if now is None or now.fence != task.fence or now.state != "available" or now.reason == reason:
        return
    after = await task_table.change(conn, now, {"reason": reason})
    if reason:
        await event_table.add(conn, after, "unrunnable", BOT, reason)


async def _still_overdue(conn: Connection, guild_id: int, limit: int, task_id: object, fence: int) -> bool:
    await conn.execute("SELECT 1 FROM task WHERE id = %s FOR NO KEY UPDATE", (task_id,))
    return any(one[:2] == (task_id, fence) for one in await task_table.overdue(conn, guild_id, limit))


def _said(why: str) -> str:
    return {"done": "its work ended without a result", "stopped": "its work was stopped"}.get(why, why)
