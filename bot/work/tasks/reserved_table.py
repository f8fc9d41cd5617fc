"""All SQL on the table ``task_reserved``: tasks that are promised, or whose holder something else decides about."""

from uuid import UUID

from bot.work.surface import Connection
from bot.work.tasks.task import Task


async def put(conn: Connection, task: Task, reason: str, seconds: float) -> None:
    """Let nobody claim a task for so long, or until it has its next holder; ``reason`` is what they are told."""
    await conn.execute(
        """
        INSERT INTO task_reserved (task_id, fence, reason, until)
        VALUES (%s, %s, %s, now() + make_interval(secs => %s))
        ON CONFLICT (task_id) DO UPDATE SET fence = excluded.fence, reason = excluded.reason, until = excluded.until
        """,
        (task.id, task.fence, reason, seconds),
    )


async def drop(conn: Connection, task_id: UUID) -> None:
    """Let whoever wants it claim it again."""
    await conn.execute("DELETE FROM task_reserved WHERE task_id = %s", (task_id,))


async def reason(conn: Connection, task: Task) -> str | None:
    """Why nobody can claim a task; None where it is not reserved."""
    cursor = await conn.execute(
        "SELECT reason FROM task_reserved WHERE task_id = %s AND fence = %s AND until > now()",
        (task.id, task.fence),
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])
