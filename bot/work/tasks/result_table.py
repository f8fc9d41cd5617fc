"""All SQL on the table ``task_result``."""

from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from bot.work.surface import Connection
from bot.work.tasks.task import TaskResult, Worker


async def keep(
    conn: Connection,
    task_id: UUID,
    fence: int,
    by: Worker,
    kind: Literal["result", "late", "checkpoint"],
    body: str,
) -> bool:
    """Keep what came of a task under a hold; False where that was kept before. Of checkpoints the newest stays."""
    cursor = await conn.execute(
        """
        INSERT INTO task_result (task_id, fence, worker, worker_name, kind, body) VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (task_id, fence, kind) DO UPDATE SET body = excluded.body, at = now()
        WHERE task_result.kind = 'checkpoint'
        """,
        (task_id, fence, by.key, by.name, kind, body),
    )
    return cursor.rowcount == 1


async def standing(conn: Connection, task_id: UUID, fence: int) -> bool:
    """Whether what was handed in under a hold is the task's result."""
    cursor = await conn.execute(
        "SELECT 1 FROM task_result WHERE task_id = %s AND fence = %s AND kind = 'result'", (task_id, fence)
    )
    return await cursor.fetchone() is not None


async def of_task(conn: Connection, task_id: UUID) -> list[TaskResult]:
    """Everything that came of a task, oldest first."""
    async with conn.cursor(row_factory=class_row(TaskResult)) as cursor:
        await cursor.execute("SELECT * FROM task_result WHERE task_id = %s ORDER BY id", (task_id,))
        return await cursor.fetchall()
