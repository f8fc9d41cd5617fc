"""All SQL on the tables ``run`` and ``handled_event``."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.principal import Principal
from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class RunRow:
    """One durable execution of a workflow as the database has it."""

    id: UUID
    cog: str
    workflow: str
    args: dict[str, Any]
    title: str
    guild_id: int
    channel_id: int
    member_id: int
    member_name: str
    thread_id: int | None
    status_row: int | None
    thread_row: int | None
    state: str
    stop_by: int | None
    stop_reason: str | None
    due_at: datetime
    lease_owner: UUID | None
    lease_until: datetime | None
    fence: int
    attempts: int
    model_calls: int
    model_tokens: int
    model_cost: float
    error: str | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def principal(self) -> Principal:
        """On whose behalf the run acts."""
        return Principal(self.guild_id, self.channel_id, self.member_id, self.member_name)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that has not ended; ``home_id`` is the channel in which, or in whose thread, it was asked for."""

    id: UUID
    cog: str
    home_id: int


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a run starts with."""

    id: UUID
    cog: str
    workflow: str
    args: dict[str, Any]
    title: str
    principal: Principal
    thread_id: int | None = None


async def insert(conn: Connection, new: NewRun, *, status_row: int | None, thread_row: int | None) -> None:
    """Store a run that is due now, with the outbox rows of its status message and its thread."""
    await conn.execute(
        """
        INSERT INTO run (id, cog, workflow, args, title, guild_id, channel_id, member_id, member_name,
                         thread_id, status_row, thread_row)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            new.id, new.cog, new.workflow, Jsonb(new.args), new.title, new.principal.guild_id,
            new.principal.channel_id, new.principal.member_id, new.principal.name, new.thread_id, status_row,
            thread_row,
        ),
    )  # fmt: skip


async def claim(conn: Connection, run_id: UUID, owner: UUID, lease_seconds: float) -> RunRow | None:
    """Take the lease of a run that is unfinished and that nobody holds; the fence grows with each holder."""
    async with conn.cursor(row_factory=class_row(RunRow)) as cursor:
        await cursor.execute(
            """
            UPDATE run SET state = 'running', lease_owner = %s, fence = fence + 1, attempts = attempts + 1,
                           lease_until = now() + make_interval(secs => %s)
            WHERE id = %s AND state IN ('ready', 'running') AND due_at <= now()
              AND (lease_until IS NULL OR lease_until < now())
            RETURNING *
            """,
            (owner, lease_seconds, run_id),
        )
        return await cursor.fetchone()


async def renew(conn: Connection, run_id: UUID, fence: int, lease_seconds: float) -> tuple[bool, int | None]:
    """Prolong the lease: whether it is still ours, and who asked to stop the run."""
    cursor = await conn.execute(
        """
        UPDATE run SET lease_until = now() + make_interval(secs => %s)
        WHERE id = %s AND fence = %s AND state = 'running' RETURNING stop_by
        """,
        (lease_seconds, run_id, fence),
    )
    row = await cursor.fetchone()
    return (False, None) if row is None else (True, row[0])


async def holds(conn: Connection, run_id: UUID, fence: int) -> bool:
    """Lock the run's row and say whether ``fence`` is still the holder's: the check of every commit."""
    cursor = await conn.execute(
        "SELECT 1 FROM run WHERE id = %s AND fence = %s AND state = 'running' FOR UPDATE", (run_id, fence)
    )
    return await cursor.fetchone() is not None


async def finish(conn: Connection, run_id: UUID, fence: int, state: str, error: str | None = None) -> bool:
    """End the run; False when somebody else holds it by now."""
    cursor = await conn.execute(
        """
        UPDATE run SET state = %s, error = %s, finished_at = now(), lease_until = NULL
        WHERE id = %s AND fence = %s AND state = 'running'
        """,
        (state, error, run_id, fence),
    )
    return cursor.rowcount == 1


async def release(conn: Connection, run_id: UUID, fence: int, *, delay_seconds: float) -> None:
    """Give the run back, to be taken up again after a delay."""
    await conn.execute(
        """
        UPDATE run SET state = 'ready', lease_until = NULL, due_at = now() + make_interval(secs => %s)
        WHERE id = %s AND fence = %s AND state = 'running'
        """,
        (delay_seconds, run_id, fence),
    )


async def thread_opened(conn: Connection, thread_row: int, thread_id: int) -> None:
    """Note where the run speaks whose thread an outbox row has opened."""
    await conn.execute("UPDATE run SET thread_id = %s WHERE thread_row = %s", (thread_id, thread_row))


async def ask_to_stop(
    conn: Connection, run_id: UUID, member_id: int, reason: str | None = None
) -> str | None:
    """Note who wants the run stopped; the answer is its state before, None if there is no such run.

    ``reason`` is what people read where nobody pressed Stop.
    """
    cursor = await conn.execute(
        """
        WITH before AS (SELECT id, state FROM run WHERE id = %s FOR UPDATE)
        UPDATE run SET stop_by = coalesce(run.stop_by, %s), due_at = least(run.due_at, now()),
                       stop_reason = CASE WHEN run.stop_by IS NULL THEN %s ELSE run.stop_reason END
        FROM before WHERE run.id = before.id RETURNING before.state
        """,
        (run_id, member_id, reason),
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def unfinished(conn: Connection, guild_id: int, cogs: Collection[str]) -> list[Unfinished]:
    """The runs of cogs in a guild that have not ended and that nobody has asked to stop."""
    async with conn.cursor(row_factory=class_row(Unfinished)) as cursor:
        await cursor.execute(
            """
            SELECT run.id, run.cog, coalesce(home.parent_id, run.channel_id) AS home_id
            FROM run LEFT JOIN mirror_channel AS home
                 ON home.channel_id = run.channel_id AND home.kind IN (10, 11, 12)
            WHERE run.guild_id = %s AND run.cog = ANY(%s) AND run.finished_at IS NULL AND run.stop_by IS NULL
            """,
            (guild_id, list(cogs)),
        )
        return await cursor.fetchall()


async def due(conn: Connection, limit: int) -> list[UUID]:
    """Unfinished runs whose time has come and that nobody holds, oldest first."""
    cursor = await conn.execute(
        """
        SELECT id FROM run
        WHERE state IN ('ready', 'running') AND due_at <= now() AND (lease_until IS NULL OR lease_until < now())
        ORDER BY due_at LIMIT %s
        """,
        (limit,),
    )
    return [row[0] for row in await cursor.fetchall()]


async def get(conn: Connection, run_id: UUID) -> RunRow | None:
    """One run."""
    async with conn.cursor(row_factory=class_row(RunRow)) as cursor:
        await cursor.execute("SELECT * FROM run WHERE id = %s", (run_id,))
        return await cursor.fetchone()


async def thread_of(conn: Connection, run_id: UUID) -> int | None:
    """The thread of a run, once it is open."""
    row = await get(conn, run_id)
    return None if row is None else row.thread_id


async def first_in_thread(conn: Connection, thread_id: int) -> RunRow | None:
    """The run that a thread belongs to: the first one that spoke there."""
    async with conn.cursor(row_factory=class_row(RunRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM run WHERE thread_id = %s ORDER BY created_at LIMIT 1", (thread_id,)
        )
        return await cursor.fetchone()


async def recent_titles(conn: Connection, guild_id: int, cog: str, limit: int) -> list[str]:
    """What this guild asked a cog lately, newest first, without repeats."""
    cursor = await conn.execute(
        """
        SELECT title FROM (
            SELECT title, max(created_at) AS last FROM run
            WHERE guild_id = %s AND cog = %s AND state = 'done' GROUP BY title
        ) AS titles ORDER BY last DESC LIMIT %s
        """,
        (guild_id, cog, limit),
    )
    return [str(row[0]) for row in await cursor.fetchall()]


async def handle_once(conn: Connection, cog: str, event_id: int) -> bool:
    """Note that a cog handles an event; False when it did so before."""
    cursor = await conn.execute(
        "INSERT INTO handled_event (cog, event_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", (cog, event_id)
    )
    return cursor.rowcount == 1


async def locked_spending(conn: Connection, run_id: UUID) -> RunRow | None:
    """The run, whose spending nobody else adds to before the transaction ends."""
    async with conn.cursor(row_factory=class_row(RunRow)) as cursor:
        await cursor.execute("SELECT * FROM run WHERE id = %s FOR UPDATE", (run_id,))
        return await cursor.fetchone()


async def add_spending(conn: Connection, run_id: UUID, *, calls: int, tokens: int, cost: float) -> None:
    """Add to what a run has spent on models; ``cost`` in US dollars, negative numbers take back."""
    await conn.execute(
        """
        UPDATE run SET model_calls = model_calls + %s, model_tokens = model_tokens + %s, model_cost = model_cost + %s
        WHERE id = %s
        """,
        (calls, tokens, cost, run_id),
    )
