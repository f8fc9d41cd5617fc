"""All SQL on the table ``task_need``: which tasks have to be done before others."""

from uuid import UUID

from bot.work.surface import Connection


async def add(conn: Connection, task_id: UUID, needs: UUID) -> None:
    """Let a task wait for another; the caller has seen that this closes no circle."""
    await conn.execute(
        "INSERT INTO task_need (task_id, needs) VALUES (%s, %s) ON CONFLICT DO NOTHING", (task_id, needs)
    )


async def in_turn(conn: Connection, guild_id: int) -> None:
    """Let whoever adds needs on a server go one after the other: two could close a circle between them."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('task_need', %s))", (guild_id,))


async def circle(conn: Connection, task_id: UUID, needs: UUID) -> list[int]:
    """The numbers of the tasks through which ``needs`` waits for ``task_id``, both included; empty where it does not."""
    cursor = await conn.execute(
        """
        WITH RECURSIVE way AS (
            SELECT %(needs)s::uuid AS id, ARRAY[%(needs)s::uuid] AS steps
            UNION ALL
            SELECT task_need.needs, way.steps || task_need.needs FROM task_need JOIN way ON task_need.task_id = way.id
            WHERE NOT task_need.needs = ANY(way.steps)
        )
        SELECT ARRAY(SELECT task.number FROM unnest(steps) WITH ORDINALITY AS step (id, at)
                     JOIN task ON task.id = step.id ORDER BY at)
        FROM way WHERE id = %(task_id)s ORDER BY cardinality(steps) LIMIT 1
        """,
        {"task_id": task_id, "needs": needs},
    )
    row = await cursor.fetchone()
    return [] if row is None else list(row[0])


async def forgo(conn: Connection, task_id: UUID) -> None:
    """Let no task wait for this one any more."""
    await conn.execute("DELETE FROM task_need WHERE needs = %s", (task_id,))


async def drop(conn: Connection, task_id: UUID, needs: UUID) -> None:
    """Let a task not wait for another any more."""
    await conn.execute("DELETE FROM task_need WHERE task_id = %s AND needs = %s", (task_id, needs))


async def open_ones(conn: Connection, task_id: UUID) -> list[int]:
    """The numbers of the tasks that a task still waits for."""
    cursor = await conn.execute(
        """
        SELECT other.number FROM task_need JOIN task AS other ON other.id = task_need.needs
        WHERE task_need.task_id = %s AND other.state <> 'done' ORDER BY other.number
        """,
        (task_id,),
    )
    return [int(row[0]) for row in await cursor.fetchall()]


async def waiting_for(conn: Connection, task_id: UUID) -> list[UUID]:
    """The blocked tasks that wait for a task, in an order in which everybody locks them."""
    cursor = await conn.execute(
        """
        SELECT task.id FROM task_need JOIN task ON task.id = task_need.task_id
        WHERE task_need.needs = %s AND task.state = 'blocked' ORDER BY task.id
        """,
        (task_id,),
    )
    return [row[0] for row in await cursor.fetchall()]


async def done_meanwhile(conn: Connection, guild_id: int) -> list[UUID]:
    """Tasks that still wait for others though all of those are done: they were, while that was being said."""
    cursor = await conn.execute(
        """
        SELECT id FROM task WHERE guild_id = %s AND state = 'blocked' AND reason = ''
          AND NOT EXISTS (SELECT 1 FROM task_need JOIN task AS other ON other.id = task_need.needs
                          WHERE task_need.task_id = task.id AND other.state <> 'done')
        """,
        (guild_id,),
    )
    return [row[0] for row in await cursor.fetchall()]
