"""All SQL on the table ``task_event``."""

from uuid import UUID

from psycopg.rows import class_row

from bot.work.surface import Connection
from bot.work.tasks.task import Task, TaskEvent, Worker

_SELECT = "SELECT id, task_id, kind, state, fence, by, by_name, body, at FROM task_event"


async def add(conn: Connection, task: Task, kind: str, by: Worker, body: str = "") -> None:
    """Note what happened to a task, and that nobody has been shown it yet."""
    await conn.execute(
        """
        INSERT INTO task_event (task_id, guild_id, kind, state, fence, by, by_name, body)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (task.id, task.guild_id, kind, task.state, task.fence, by.key, by.name, body),
    )


async def first_untold(conn: Connection, guild_id: int) -> TaskEvent | None:
    """The oldest of what nobody has been shown yet; who tells a server's events does so one after the other."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('task_event', %s))", (guild_id,))
    async with conn.cursor(row_factory=class_row(TaskEvent)) as cursor:
        await cursor.execute(
            f"{_SELECT} WHERE guild_id = %s AND NOT told ORDER BY id LIMIT 1",
            (guild_id,),
        )
        return await cursor.fetchone()


async def told(conn: Connection, event_id: int) -> None:
    """Note that people have been shown it."""
    await conn.execute("UPDATE task_event SET told = true WHERE id = %s", (event_id,))


async def of_task(conn: Connection, task_id: UUID, limit: int) -> list[TaskEvent]:
    """The last of what happened to a task, oldest first."""
    async with conn.cursor(row_factory=class_row(TaskEvent)) as cursor:
        await cursor.execute(
            f"{_SELECT} WHERE task_id = %s ORDER BY id DESC LIMIT %s",
            (task_id, limit),
        )
        return (await cursor.fetchall())[::-1]
