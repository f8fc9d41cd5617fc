"""All SQL on the table ``task_resource``: what one task at a time may use."""

from uuid import UUID

from bot.work.surface import Connection


async def take(
    conn: Connection, guild_id: int, name: str, task_id: UUID, fence: int, seconds: float
) -> int | None:
    """Take a resource, or keep it for longer: None; else the number of the task that has it.

    Free is also what was taken for a time that is over, or by a holder who does not have the task any more.
    """
    cursor = await conn.execute(
        """
        INSERT INTO task_resource AS old (guild_id, name, task_id, fence, until)
        VALUES (%(guild_id)s, %(name)s, %(task_id)s, %(fence)s, clock_timestamp() + make_interval(secs => %(seconds)s))
        ON CONFLICT (guild_id, name) DO UPDATE
        SET task_id = excluded.task_id, fence = excluded.fence, until = excluded.until
        WHERE old.task_id = excluded.task_id OR old.until <= clock_timestamp()
           OR NOT EXISTS (SELECT 1 FROM task WHERE task.id = old.task_id AND task.fence = old.fence
                          AND task.worker IS NOT NULL)
        """,
        {"guild_id": guild_id, "name": name, "task_id": task_id, "fence": fence, "seconds": seconds},
    )
    if cursor.rowcount == 1:
        return None
    cursor = await conn.execute(
        """
        SELECT task.number FROM task_resource JOIN task ON task.id = task_resource.task_id
        WHERE task_resource.guild_id = %s AND task_resource.name = %s
        """,
        (guild_id, name),
    )
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def let_go(conn: Connection, task_id: UUID, name: str | None = None) -> None:
    """Give back one resource of a task, or all of them."""
    await conn.execute(
        "DELETE FROM task_resource WHERE task_id = %s AND (%s::text IS NULL OR name = %s)",
        (task_id, name, name),
    )
