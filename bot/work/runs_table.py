"""SQL on the tables ``run`` and ``handled_event``: one run from its start to its end; see also `runs_queue`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work import lanes
from bot.work.principal import Principal
from bot.work.surface import Connection

UNDER_WAY = ("ready", "running", "waiting")
"""The states of a run that has not ended."""
OVER = ("done", "stopped", "failed")
"""The states of a run that has ended; people may try one again that was stopped or failed."""


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
    due_at: datetime | None
    lease_owner: UUID | None
    lease_until: datetime | None
    fence: int
    attempts: int
    model_calls: int
    model_tokens: int
    model_cost: float
    model_unpriced: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    priority: int
    seconds: float | None
    deadline_at: datetime | None
    parent_id: UUID | None
    failures: int
    round: int
    result: Any
    lane: str | None
    number: int
    cause: int | None
    direct: bool

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.state in OVER

    @property
    def principal(self) -> Principal:
        """On whose behalf the run acts."""
        return Principal(self.guild_id, self.channel_id, self.member_id, self.member_name, direct=self.direct)


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
    priority: int = 2
    seconds: float | None = None
    """How long it may take, waiting included; None: as long as it takes."""
    parent_id: UUID | None = None
    lane: str | None = None
    """Runs of one lane in one place take turns."""
    cause: int | None = None
    """The event on Discord that it began with."""


async def insert(
    conn: Connection, new: NewRun, *, status_row: int | None, thread_row: int | None, ahead: float = 0.0
) -> bool:
    """Store a run that is due now, with the outbox rows of its status message and its thread.

    ``ahead`` is by how many seconds people's time is ahead of the database's (only ever in tests). False where a run
    of that id is there.
    """
    cursor = await conn.execute(
        """
        -- Locked, so that the delivery which opens the thread either sees this run or is seen by it.
        WITH opened AS (SELECT message_id FROM outbox WHERE id = %s FOR SHARE)
        INSERT INTO run (id, cog, workflow, args, title, guild_id, channel_id, member_id, member_name,
                         thread_id, status_row, thread_row, priority, seconds, parent_id, lane, cause, direct, deadline_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, coalesce(%s, (SELECT message_id FROM opened)), %s, %s, %s, %s, %s, %s, %s, %s,
                now() + make_interval(secs => %s) + make_interval(secs => %s))
        ON CONFLICT (id) DO NOTHING
        """,
        (
            thread_row, new.id, new.cog, new.workflow, Jsonb(new.args), new.title, new.principal.guild_id,
            new.principal.channel_id, new.principal.member_id, new.principal.name, new.thread_id, status_row,
            thread_row, new.priority, new.seconds, new.parent_id, new.lane, new.cause, new.principal.direct,
            new.seconds, ahead,
        ),
    )  # fmt: skip
    added = cursor.rowcount == 1
    if added and new.lane is not None:
        await lanes.queue(conn, new.id)
    return added


@dataclass(frozen=True, slots=True)
class Beat:
    """What a heartbeat learns of its run; all that is true of a run that somebody else holds is ``ours`` False."""

    ours: bool = False
    stop_by: int | None = None
    too_late: bool = False
    """Whether its deadline has passed."""


async def renew(conn: Connection, run_id: UUID, fence: int, lease_seconds: float, ahead: float = 0.0) -> Beat:
    """Prolong the lease."""
    cursor = await conn.execute(
        """
        UPDATE run SET lease_until = now() + make_interval(secs => %s)
        WHERE id = %s AND fence = %s AND state = 'running'
        RETURNING stop_by, coalesce(deadline_at <= now() + make_interval(secs => %s), false)
        """,
        (lease_seconds, run_id, fence, ahead),
    )
    row = await cursor.fetchone()
    return Beat() if row is None else Beat(ours=True, stop_by=row[0], too_late=row[1])


async def holds(conn: Connection, run_id: UUID, fence: int) -> bool:
    """Lock the run's row and say whether ``fence`` is still the holder's: the check of every commit."""
    cursor = await conn.execute(
        "SELECT 1 FROM run WHERE id = %s AND fence = %s AND state = 'running' FOR UPDATE", (run_id, fence)
    )
    return await cursor.fetchone() is not None


async def finish(
    conn: Connection, run_id: UUID, fence: int, state: str, error: str | None = None, result: Any = None
) -> bool:
    """End the run, wake whoever waits for its end, and let the next of its lane begin.

    False when somebody else holds it by now.
    """
    await lanes.lock(conn, run_id)
    cursor = await conn.execute(
        """
        UPDATE run SET state = %s, error = %s, result = %s, finished_at = now(), lease_until = NULL
        WHERE id = %s AND fence = %s AND state = 'running'
        """,
        (state, error, Jsonb(result), run_id, fence),
    )
    if cursor.rowcount != 1:
        return False
    await lanes.wake_next(conn, run_id)
    # Locked whatever their state: one that is just being let go of has either seen this end, or is woken after that.
    waiting = await conn.execute(
        """
        SELECT id FROM run WHERE id IN (SELECT run_id FROM run_wait WHERE for_run = %s AND answered_at IS NULL)
        ORDER BY created_at DESC, id FOR UPDATE
        """,
        (run_id,),
    )
    ids = [row[0] for row in await waiting.fetchall()]
    await conn.execute(
        "UPDATE run SET state = 'ready', due_at = now() WHERE id = ANY(%s) AND state = 'waiting'", (ids,)
    )
    return True


async def release(conn: Connection, run_id: UUID, fence: int, *, delay_seconds: float) -> None:
    """Give the run back through no fault of its own, to be taken up again after a delay."""
    await conn.execute(
        """
        UPDATE run SET state = 'ready', lease_until = NULL, due_at = now() + make_interval(secs => %s),
                       attempts = greatest(0, attempts - 1)
        WHERE id = %s AND fence = %s AND state = 'running'
        """,
        (delay_seconds, run_id, fence),
    )


async def gets_on(conn: Connection, run_id: UUID) -> None:
    """Note that a run that was interrupted got further than before; the caller holds its lease."""
    await conn.execute("UPDATE run SET attempts = 1 WHERE id = %s AND attempts > 1", (run_id,))


async def try_later(
    conn: Connection, run_id: UUID, fence: int, *, delay_seconds: float, failures: int, error: str
) -> datetime | None:
    """Put the run off because something outside failed it; when it is due, None where somebody else holds it."""
    cursor = await conn.execute(
        """
        UPDATE run SET state = 'ready', lease_until = NULL, due_at = now() + make_interval(secs => %s),
                       failures = %s, error = %s
        WHERE id = %s AND fence = %s AND state = 'running' RETURNING due_at
        """,
        (delay_seconds, failures, error, run_id, fence),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def try_again(conn: Connection, run_id: UUID, ahead: float = 0.0) -> bool:
    """Let a run that was stopped or failed go on from its recorded steps; False where it is not one of those."""
    cursor = await conn.execute(
        """
        UPDATE run SET state = 'ready', due_at = now(), error = NULL, stop_by = NULL, stop_reason = NULL, failures = 0, attempts = 0,
                       finished_at = NULL, round = round + 1, priority = greatest(priority, 1),
                       -- What was said long ago is cleaned away once a run has ended, and cannot be changed then.
                       status_row = (SELECT id FROM outbox WHERE outbox.id = run.status_row),
                       thread_row = (SELECT id FROM outbox WHERE outbox.id = run.thread_row),
                       deadline_at = now() + make_interval(secs => seconds) + make_interval(secs => %s)
        WHERE id = %s AND state IN ('stopped', 'failed')
        """,
        (ahead, run_id),
    )
    return cursor.rowcount == 1


async def thread_opened(conn: Connection, thread_row: int, thread_id: int) -> None:
    """Note where the run speaks whose thread an outbox row has opened."""
    await conn.execute("UPDATE run SET thread_id = %s WHERE thread_row = %s", (thread_id, thread_row))


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


async def ask_to_stop(
    conn: Connection, run_id: UUID, member_id: int, reason: str | None = None
) -> str | None:
    """Note who wants the run, and what it has started, stopped; its state before, None if there is no such run.

    What waits is woken, and what is being stopped goes before all else of its guild. ``reason`` is what people read
    where nobody pressed Stop.
    """
    # Children before parents: so does the end of a child that its parent waits for, and they cannot cross.
    cursor = await conn.execute(
        """
        WITH RECURSIVE family AS (
            SELECT id FROM run WHERE id = %(run_id)s
            UNION SELECT child.id FROM run AS child JOIN family ON child.parent_id = family.id
        )
        SELECT id, state FROM run WHERE id IN (SELECT id FROM family) ORDER BY created_at DESC, id FOR UPDATE
        """,
        {"run_id": run_id},
    )
    states: dict[UUID, str] = dict(await cursor.fetchall())
    before = states.get(run_id)
    if before is None or before in OVER:
        return before
    await conn.execute(
        """
        UPDATE run SET stop_by = coalesce(stop_by, %s), due_at = least(due_at, now()), priority = 0,
                       stop_reason = CASE WHEN stop_by IS NULL THEN %s ELSE stop_reason END,
                       state = CASE state WHEN 'waiting' THEN 'ready' ELSE state END
        WHERE id = ANY(%s) AND state IN ('ready', 'running', 'waiting')
        """,
        (member_id, reason, list(states)),
    )
    return before


async def get(conn: Connection, run_id: UUID) -> RunRow | None:
    """One run."""
    async with conn.cursor(row_factory=class_row(RunRow)) as cursor:
        await cursor.execute("SELECT * FROM run WHERE id = %s", (run_id,))
        return await cursor.fetchone()


async def locked(conn: Connection, run_id: UUID) -> RunRow | None:
    """One run, which nobody else changes until the transaction ends."""
    async with conn.cursor(row_factory=class_row(RunRow)) as cursor:
        await cursor.execute("SELECT * FROM run WHERE id = %s FOR UPDATE", (run_id,))
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
    """What this guild asked a cog lately, newest first, without repeats and what was asked in direct messages."""
    cursor = await conn.execute(
        """
        SELECT title FROM (
            SELECT title, max(created_at) AS last FROM run
            WHERE guild_id = %s AND cog = %s AND state = 'done' AND NOT direct GROUP BY title
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


async def add_spending(
    conn: Connection, run_id: UUID, *, calls: int, tokens: int, cost: float, priced: bool
) -> None:
    """Add to what a run has spent on models; ``cost`` in US dollars, negative numbers take back."""
    await conn.execute(
        """
        UPDATE run SET model_calls = model_calls + %s, model_tokens = model_tokens + %s, model_cost = model_cost + %s,
                       model_unpriced = model_unpriced + %s
        WHERE id = %s
        """,
        (calls, tokens, cost, 0 if priced else tokens, run_id),
    )
