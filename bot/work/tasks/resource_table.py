"""All SQL on the table ``task_resource``: what one task at a time may use."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

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
        await conn.execute("DELETE FROM task_resource_wait WHERE task_id = %s AND name = %s", (task_id, name))
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


async def wait(conn: Connection, guild_id: int, name: str, task_id: UUID) -> None:
    """Note that a task would use what another has."""
    await conn.execute(
        "INSERT INTO task_resource_wait (guild_id, name, task_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (guild_id, name, task_id),
    )


async def keep(conn: Connection, task_id: UUID, fence: int, seconds: float) -> None:
    """Let a task have for longer all that it has."""
    await conn.execute(
        """
        UPDATE task_resource SET until = greatest(until, clock_timestamp() + make_interval(secs => %s))
        WHERE task_id = %s AND fence = %s
        """,
        (seconds, task_id, fence),
    )


@dataclass(frozen=True, slots=True)
class InUse:
    """Something that a task has until it is done, lets go of it, or shows no life until then."""

    name: str
    task_id: UUID
    number: int
    until: datetime


async def in_use(conn: Connection, guild_id: int) -> list[InUse]:
    """What tasks of a server have at this moment."""
    async with conn.cursor(row_factory=class_row(InUse)) as cursor:
        await cursor.execute(
            """
            SELECT task_resource.name, task_id, task.number, until
            FROM task_resource JOIN task ON task.id = task_resource.task_id
            WHERE task_resource.guild_id = %s AND until > clock_timestamp() AND task.fence = task_resource.fence
              AND task.worker IS NOT NULL
            ORDER BY task_resource.name
            """,
            (guild_id,),
        )
        return await cursor.fetchall()


async def let_go(conn: Connection, task_id: UUID, name: str | None = None) -> None:
    """Give back one resource of a task, or all of them; it waits for none of those any more."""
    await conn.execute(
        "DELETE FROM task_resource_wait WHERE task_id = %s AND (%s::text IS NULL OR name = %s)",
        (task_id, name, name),
    )
    await conn.execute(
        "DELETE FROM task_resource WHERE task_id = %s AND (%s::text IS NULL OR name = %s)",
        (task_id, name, name),
    )
