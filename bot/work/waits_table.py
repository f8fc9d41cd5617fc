"""All SQL on the table ``run_wait``. Whoever needs a run's row and its waits locks the run first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.surface import Connection

PATIENCE = "1s"
"""For how long the end of a task waits to tell a run of it."""

type Kind = Literal["time", "answer", "run", "tasks"]


@dataclass(frozen=True, slots=True)
class NewWait:
    """Something to wait for; ``until`` or else ``seconds`` from now say when it is over by itself."""

    id: UUID
    run_id: UUID
    key: str
    kind: Kind
    until: datetime | None = None
    seconds: float | None = None
    for_run: UUID | None = None
    question: str | None = None
    options: dict[str, str] | None = None
    for_tasks: Sequence[UUID] | None = None
    """The wait is over when one of them is."""


@dataclass(frozen=True, slots=True)
class WaitRow:
    """Something that a run waits, or waited, for."""

    id: UUID
    run_id: UUID
    key: str
    kind: Kind
    until: datetime | None
    for_run: UUID | None
    for_tasks: list[UUID] | None
    question: str | None
    options: dict[str, str]
    said_row: int | None
    answer: Any
    answered_by: int | None
    answered_at: datetime | None
    created_at: datetime


async def open_(conn: Connection, new: NewWait, ahead: float = 0.0) -> bool:
    """Store what is waited for; False where it stands there already."""
    cursor = await conn.execute(
        """
        INSERT INTO run_wait (id, run_id, key, kind, until, for_run, for_tasks, question, options)
        VALUES (%s, %s, %s, %s, coalesce(%s, now() + make_interval(secs => %s) + make_interval(secs => %s)),
                %s, %s, %s, %s)
        ON CONFLICT DO NOTHING
        """,
        (
            new.id, new.run_id, new.key, new.kind, new.until, new.seconds, ahead, new.for_run,
            None if new.for_tasks is None else list(new.for_tasks), new.question, Jsonb(new.options or {}),
        ),
    )  # fmt: skip
    return cursor.rowcount == 1


async def said(conn: Connection, wait_id: UUID, row: int) -> None:
    """Note which outbox row carries the question."""
    await conn.execute("UPDATE run_wait SET said_row = %s WHERE id = %s", (row, wait_id))


async def get(conn: Connection, wait_id: UUID) -> WaitRow | None:
    """One wait."""
    async with conn.cursor(row_factory=class_row(WaitRow)) as cursor:
        await cursor.execute("SELECT * FROM run_wait WHERE id = %s", (wait_id,))
        return await cursor.fetchone()


async def open_questions(conn: Connection, run_id: UUID) -> list[WaitRow]:
    """The questions of a run that nobody has answered, oldest first."""
    async with conn.cursor(row_factory=class_row(WaitRow)) as cursor:
        await cursor.execute(
            """
            SELECT * FROM run_wait WHERE run_id = %s AND kind = 'answer' AND answered_at IS NULL
            ORDER BY created_at
            """,
            (run_id,),
        )
        return await cursor.fetchall()


async def over(conn: Connection, wait_id: UUID, ahead: float = 0.0) -> WaitRow | None:
    """The wait if it is over: answered, or its time has come, and then nobody can answer it any more.

    By the time of the statement, not of the transaction: what was found to be due before must be due here too.
    """
    await conn.execute(
        """
        UPDATE run_wait SET answered_at = now()
        WHERE id = %s AND answered_at IS NULL AND until <= clock_timestamp() + make_interval(secs => %s)
        """,
        (wait_id, ahead),
    )
    row = await get(conn, wait_id)
    return row if row is not None and row.answered_at is not None else None


async def close(conn: Connection, wait_id: UUID, answer: Any) -> None:
    """Note that what was waited for, other than people's answer, has come."""
    await conn.execute(
        "UPDATE run_wait SET answer = %s, answered_at = now() WHERE id = %s AND answered_at IS NULL",
        (Jsonb(answer), wait_id),
    )


async def close_where_tasks_ended(conn: Connection, wait_id: UUID) -> None:
    """End a wait for tasks of which one is over (or not there any more)."""
    await conn.execute(
        """
        UPDATE run_wait SET answered_at = now()
        WHERE id = %s AND kind = 'tasks' AND answered_at IS NULL
          AND NOT for_tasks <@ ARRAY(SELECT id FROM task WHERE id = ANY(for_tasks) AND ended_at IS NULL)
        """,
        (wait_id,),
    )


async def wake_where_tasks_ended(conn: Connection, guild_id: int) -> list[UUID]:
    """Wake the runs of a server that wait for tasks of which one is over; their ids.

    Call it after the end of a task was committed, in a transaction of its own: whoever begins to wait commits that before
    looking at the tasks, so that one of the two sees the other, without a lock that both would need. Raises
    `psycopg.errors.LockNotAvailable` where a process that hangs keeps such a run: whoever ends a task does not wait for it.
    """
    await conn.execute("SELECT set_config('lock_timeout', %s, true)", (PATIENCE,))
    cursor = await conn.execute(
        """
        SELECT run_wait.id, run_wait.run_id FROM run_wait JOIN run ON run.id = run_wait.run_id
        WHERE run.guild_id = %s AND run.finished_at IS NULL AND run_wait.answered_at IS NULL
          AND for_tasks IS NOT NULL
          AND NOT for_tasks <@ ARRAY(SELECT id FROM task WHERE id = ANY(for_tasks) AND ended_at IS NULL)
        """,
        (guild_id,),
    )
    found = await cursor.fetchall()
    runs = list({run_id for _, run_id in found})
    # Locked whatever their state: one that is just being let go of has either seen this, or is woken after that.
    query = "SELECT 1 FROM run WHERE id = ANY(%s) ORDER BY created_at DESC, id FOR UPDATE"
    await conn.execute(query, (runs,))
    for wait_id, _ in found:
        await close_where_tasks_ended(conn, wait_id)
    await conn.execute(
        "UPDATE run SET state = 'ready', due_at = now() WHERE id = ANY(%s) AND state = 'waiting'", (runs,)
    )
    return runs


async def decide(conn: Connection, wait_id: UUID, value: Any, by: int, ahead: float = 0.0) -> bool:
    """Answer where nobody has answered and it is not too late; whether it was this answer that counts.

    The run is woken in the same transaction. The caller has locked the run's row.
    """
    cursor = await conn.execute(
        """
        UPDATE run_wait SET answer = %s, answered_by = %s, answered_at = now()
        WHERE id = %s AND kind = 'answer' AND answered_at IS NULL
          AND (until IS NULL OR until > clock_timestamp() + make_interval(secs => %s))
        """,
        (Jsonb(value), by, wait_id, ahead),
    )
    if cursor.rowcount != 1:
        return False
    await conn.execute(
        """
        UPDATE run SET state = 'ready', due_at = now() FROM run_wait
        WHERE run_wait.id = %s AND run.id = run_wait.run_id AND run.state = 'waiting'
        """,
        (wait_id,),
    )
    return True


async def run_of(conn: Connection, wait_id: UUID) -> UUID | None:
    """The run that waits."""
    cursor = await conn.execute("SELECT run_id FROM run_wait WHERE id = %s", (wait_id,))
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def leads_back(conn: Connection, run_id: UUID, for_run: UUID) -> bool:
    """Whether ``for_run`` waits, through however many others, for ``run_id`` itself."""
    cursor = await conn.execute(
        """
        WITH RECURSIVE awaited AS (
            SELECT %s::uuid AS id
            UNION SELECT run_wait.for_run FROM run_wait JOIN awaited ON run_wait.run_id = awaited.id
            WHERE run_wait.kind = 'run' AND run_wait.answered_at IS NULL
        )
        SELECT 1 FROM awaited WHERE id = %s
        """,
        (for_run, run_id),
    )
    return await cursor.fetchone() is not None


async def park(
    conn: Connection, run_id: UUID, fence: int, keys: Sequence[str]
) -> datetime | Literal[False] | None:
    """Let go of a run that does nothing but wait for ``keys``: when it is due (None: when woken), False if not ours.

    The caller has locked its row, so that what happened meanwhile is seen here, and what happens from now on wakes it.
    """
    cursor = await conn.execute(
        """
        WITH awaited AS (
            SELECT min(until) AS until, bool_or(
                run_wait.answered_at IS NOT NULL OR other.state IN ('done', 'stopped', 'failed')
                OR (run_wait.kind = 'run' AND other.id IS NULL)) AS is_there
            FROM run_wait LEFT JOIN run AS other ON other.id = run_wait.for_run
            WHERE run_wait.run_id = %(run_id)s AND run_wait.key = ANY(%(keys)s)
        )
        UPDATE run SET lease_until = NULL, attempts = 0, failures = 0,
            state = CASE WHEN stop_by IS NOT NULL OR is_there THEN 'ready' ELSE 'waiting' END,
            due_at = CASE WHEN stop_by IS NOT NULL OR is_there THEN now() ELSE least(deadline_at, until) END
        FROM awaited
        WHERE id = %(run_id)s AND fence = %(fence)s AND state = 'running' RETURNING due_at
        """,
        {"run_id": run_id, "fence": fence, "keys": list(keys)},
    )
    row = await cursor.fetchone()
    return False if row is None else row[0]
