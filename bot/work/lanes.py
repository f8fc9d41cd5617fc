"""SQL on the table ``run`` for runs that take turns: in one lane of one place (a thread, say) one at a time.

A run that has to wait is due never (``due_at`` is NULL); the end of the one before it makes it due. Whoever begins or ends
a run of a lane holds the lane's lock until the transaction ends, so that neither misses the other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from bot.work.surface import Connection

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('lane ' || cog || ' ' || lane, thread_id)) FROM run WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run that was begun before in the same lane, and what it was begun with; ``args`` come from outside."""

    id: UUID
    args: dict[str, Any]
    cause: int | None
    member_id: int
    member_name: str
    state: str
    created_at: datetime


async def queue(conn: Connection, run_id: UUID) -> bool:
    """Let a run that was just stored wait where another of its lane has not ended; whether it has to."""
    await conn.execute(_LOCK, (run_id,))
    cursor = await conn.execute(
        """
        UPDATE run SET due_at = NULL WHERE id = %s AND EXISTS (
            SELECT FROM run AS before
            WHERE before.cog = run.cog AND before.lane = run.lane AND before.thread_id = run.thread_id
              AND before.number < run.number AND before.finished_at IS NULL
        )
        """,
        (run_id,),
    )
    return cursor.rowcount == 1


async def lock(conn: Connection, run_id: UUID) -> None:
    """Hold the lane of a run; nothing where it has none."""
    await conn.execute(_LOCK, (run_id,))


async def wake_next(conn: Connection, run_id: UUID) -> UUID | None:
    """Make due the run that waits for this one, which has ended; its id. Needs `lock`."""
    cursor = await conn.execute(
        """
        UPDATE run SET due_at = now() WHERE due_at IS NULL AND id = (
            SELECT next.id FROM run AS ended JOIN run AS next
                ON next.cog = ended.cog AND next.lane = ended.lane AND next.thread_id = ended.thread_id
            WHERE ended.id = %s AND next.finished_at IS NULL ORDER BY next.number LIMIT 1
        )
        RETURNING id
        """,
        (run_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def take_along(conn: Connection, run_id: UUID, limit: int) -> list[dict[str, Any]]:
    """End the runs that wait right behind this one for the same person and do the same; what they were begun with."""
    await lock(conn, run_id)
    cursor = await conn.execute(
        """
        WITH behind AS (
            SELECT next.id, next.number,
                   bool_and(next.member_id = first.member_id AND next.workflow = first.workflow
                            AND next.stop_by IS NULL) OVER (ORDER BY next.number) AS same
            FROM run AS first JOIN run AS next
                ON next.cog = first.cog AND next.lane = first.lane AND next.thread_id = first.thread_id
                   AND next.guild_id = first.guild_id
            WHERE first.id = %s AND next.number > first.number AND next.finished_at IS NULL
        ), taken AS (
            UPDATE run SET state = 'done', finished_at = now(), error = 'Answered with the one before.'
            WHERE id IN (SELECT id FROM behind WHERE same ORDER BY number LIMIT %s) AND due_at IS NULL
            RETURNING number, args
        )
        SELECT args FROM taken ORDER BY number
        """,
        (run_id, limit),
    )
    return [row[0] for row in await cursor.fetchall()]


async def earlier(conn: Connection, run_id: UUID, limit: int) -> list[Earlier]:
    """The last runs that were begun before this one in its lane, the oldest first."""
    async with conn.cursor(row_factory=class_row(Earlier)) as cursor:
        await cursor.execute(
            """
            SELECT before.id, before.args, before.cause, before.member_id, before.member_name, before.state,
                   before.created_at
            FROM run AS now JOIN run AS before
                ON before.cog = now.cog AND before.lane = now.lane AND before.thread_id = now.thread_id
                   -- Direct messages may have belonged to another one before.
                   AND before.guild_id = now.guild_id
            WHERE now.id = %s AND before.number < now.number ORDER BY before.number DESC LIMIT %s
            """,
            (run_id, limit),
        )
        return (await cursor.fetchall())[::-1]


async def begun_by(conn: Connection, cog: str, guild_id: int, cause: int) -> UUID | None:
    """The run of a cog that an event began and that has not ended."""
    cursor = await conn.execute(
        # Direct messages may belong to another server by now.
        "SELECT id FROM run WHERE cog = %s AND cause = %s AND (guild_id = %s OR direct) AND finished_at IS NULL",
        (cog, cause, guild_id),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def begin_again(conn: Connection, run_id: UUID) -> bool:
    """Forget what a run has done that is not finished and has said nothing whole; whoever holds it loses it.

    What it has used stays counted. False where it is too late.
    """
    cursor = await conn.execute(
        """
        UPDATE run SET state = 'ready', lease_until = NULL, fence = fence + 1,
                       due_at = CASE WHEN due_at IS NULL THEN NULL ELSE now() END
        WHERE id = %s AND finished_at IS NULL AND stop_by IS NULL
          AND NOT EXISTS (SELECT FROM run_step WHERE run_id = run.id AND key LIKE 'streamed:%%')
        """,
        (run_id,),
    )
    if not cursor.rowcount:
        return False
    await conn.execute("DELETE FROM run_step WHERE run_id = %s AND key NOT LIKE 'take along%%'", (run_id,))
    return True
