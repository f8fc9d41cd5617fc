"""All SQL on the tables ``task`` and ``task_number``."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from bot.work.numbered import Numbered
from bot.work.principal import Principal
from bot.work.surface import Connection
from bot.work.tasks.states import OVER, STATES, State
from bot.work.tasks.task import NewTask, Task

_TASKS = Numbered(Task, "task", json=frozenset({"considered"}))
get, locked, of_number = _TASKS.get, _TASKS.locked, _TASKS.of_number
_COUNT: LiteralString = "SELECT count(*) FROM task"
_COUNT_BY_WORKER: LiteralString = "SELECT worker, count(*) FROM task"
_LED: LiteralString = (
    "EXISTS (SELECT FROM task AS part WHERE part.parent_id = task.id AND part.ended_at IS NULL)"
)
"""Who leads others does nothing while they are at it: counted as work, it would keep its own parts from beginning."""
_IN_USE: LiteralString = """
EXISTS (SELECT FROM task_resource AS taken JOIN task AS user_of ON user_of.id = taken.task_id
        WHERE taken.guild_id = task.guild_id AND taken.name = ANY(task.uses) AND taken.task_id <> task.id
          AND taken.until > clock_timestamp() AND user_of.fence = taken.fence AND user_of.worker IS NOT NULL)
"""


async def next_number(conn: Connection, guild_id: int) -> int:
    """The number of a server's next task; whoever makes one besides waits for this transaction."""
    cursor = await conn.execute(
        """
        INSERT INTO task_number (guild_id, last) VALUES (%s, 1)
        ON CONFLICT (guild_id) DO UPDATE SET last = task_number.last + 1 RETURNING last
        """,
        (guild_id,),
    )
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - an upsert answers with its row
    return int(row[0])


async def insert(
    conn: Connection,
    task_id: UUID,
    principal: Principal,
    new: NewTask,
    *,
    number: int,
    state: State,
    most_attempts: int,
    rows: tuple[int | None, int | None],
) -> Task | None:
    """Store a task with the outbox ``rows`` of its message and its thread; None where its message has one already."""
    async with conn.cursor(row_factory=class_row(Task)) as cursor:
        await cursor.execute(
            """
            INSERT INTO task (id, guild_id, queue_id, number, title, body, member_id, member_name, message_id,
                              message_in, message_row, thread_row, thread_id, state, capabilities, priority, parent_id,
                              most_attempts, uses, plan)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT DO NOTHING RETURNING task.*
            """,
            (
                task_id, principal.guild_id, new.queue_id, number, new.title, new.body, principal.member_id,
                principal.name, new.message_id, new.message_in or new.queue_id, rows[0], rows[1],
                (new.message_in if new.in_thread else None), state, list(new.capabilities), new.priority,
                new.parent_id, most_attempts, list(new.uses), new.plan,
            ),
        )  # fmt: skip
        return await cursor.fetchone()


async def of_thread(conn: Connection, guild_id: int, thread_id: int) -> Task | None:
    """The task whose thread that is."""
    return await _TASKS.one(conn, "WHERE guild_id = %s AND thread_id = %s", guild_id, thread_id)


async def of_message(conn: Connection, guild_id: int, message_id: int) -> Task | None:
    """The task whose state a message shows; also of one that the bot has just said and not noted at the task yet."""
    found = await _TASKS.one(conn, "WHERE guild_id = %s AND message_id = %s", guild_id, message_id)
    if found is not None:
        return found
    return await _TASKS.one(
        conn,
        """
        WHERE guild_id = %s AND message_id IS NULL AND message_row IS NOT NULL
          AND (SELECT outbox.message_id FROM outbox WHERE outbox.id = task.message_row) = %s
        """,
        guild_id,
        message_id,
    )


async def change(conn: Connection, task: Task, to: Mapping[str, Any]) -> Task:
    """Change columns of a task that the caller has `locked`; ``state_since`` and ``ended_at`` follow the state."""
    state = to.get("state", task.state)
    ended: LiteralString = "ended_at = now()" if state in OVER else "ended_at = NULL"
    return await _TASKS.change(
        conn, task.id, to, () if state == task.state else ("state_since = now()", ended)
    )


async def lease(conn: Connection, task_id: UUID, seconds: float) -> None:
    """Give its holder so long until the next sign of life, by the database's clock."""
    await conn.execute(
        "UPDATE task SET lease_until = clock_timestamp() + make_interval(secs => %s) WHERE id = %s",
        (seconds, task_id),
    )


async def renew(conn: Connection, task_id: UUID, fence: int, seconds: float) -> bool:
    """Take a sign of life; False where somebody else, or nobody, has the task by now."""
    cursor = await conn.execute(
        """
        UPDATE task SET lease_until = CASE WHEN state IN ('claimed', 'working')
                                           THEN clock_timestamp() + make_interval(secs => %s) END
        WHERE id = %s AND fence = %s AND worker IS NOT NULL
        """,
        (seconds, task_id, fence),
    )
    return cursor.rowcount == 1


async def next_available(conn: Connection, queue_id: int) -> Task | None:
    """The next task of a queue that nobody else is just taking, locked."""
    return await _TASKS.one(
        conn,
        f"""
        WHERE queue_id = %s AND state = 'available' AND (uses = '{{}}' OR NOT {_IN_USE}) AND NOT EXISTS (
            SELECT FROM task_reserved WHERE task_id = task.id AND task_reserved.fence = task.fence AND until > now())
        ORDER BY priority DESC, created_at, number LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        """,
        queue_id,
    )


async def available(conn: Connection, queue_id: int, limit: int) -> list[Task]:
    """What could be handed out in a queue, and is reserved for nobody."""
    return await _TASKS.all(
        conn,
        """
        WHERE queue_id = %s AND state = 'available' AND NOT EXISTS (
            SELECT FROM task_reserved WHERE task_id = task.id AND task_reserved.fence = task.fence AND until > now())
        ORDER BY priority DESC, created_at, number LIMIT %s
        """,
        queue_id,
        limit,
    )


async def overdue(conn: Connection, guild_id: int, limit: int) -> list[tuple[UUID, int, str]]:
    """Tasks whose holder shows no life, or whose run has ended without a result: id, fence, and why (empty: silence).

    A run that waits, or is about to be taken up again, is alive.
    """
    cursor = await conn.execute(
        """
        SELECT task.id, task.fence, CASE WHEN run.finished_at IS NULL THEN ''
                                         ELSE coalesce(run.error, run.stop_reason, run.state) END
        FROM task LEFT JOIN run ON run.id = task.run_id
        WHERE task.guild_id = %s AND task.worker IS NOT NULL
          AND (run.finished_at IS NOT NULL
               OR (task.lease_until <= clock_timestamp() AND coalesce(run.state, '') NOT IN ('waiting', 'ready')))
        ORDER BY task.lease_until NULLS FIRST LIMIT %s
        """,
        (guild_id, limit),
    )
    return await cursor.fetchall()


async def out_of_step(conn: Connection, guild_id: int) -> list[tuple[UUID, int, bool]]:
    """Tasks whose run waits for people and that do not say so, or the reverse: id, fence, whether it waits."""
    cursor = await conn.execute(
        """
        SELECT task.id, task.fence, run.state = 'waiting' FROM task JOIN run ON run.id = task.run_id
        WHERE task.guild_id = %s AND ((task.state = 'working' AND run.state = 'waiting'
                                       AND EXISTS (SELECT 1 FROM run_wait WHERE run_wait.run_id = run.id
                                                   AND kind = 'answer' AND answered_at IS NULL))
                                      -- what its run has just said itself is about to be true
                              OR (task.state = 'waiting' AND run.state = 'running'
                                  AND task.state_since < now() - interval '5 seconds'
                                  AND NOT EXISTS (SELECT 1 FROM run_wait WHERE run_wait.run_id = run.id
                                                  AND kind = 'answer' AND answered_at IS NULL)))
        """,
        (guild_id,),
    )
    return await cursor.fetchall()


async def under_way(conn: Connection, queue_id: int) -> int:
    """How many of a queue somebody works on."""
    cursor = await conn.execute(
        f"{_COUNT} WHERE queue_id = %s AND state IN ('claimed', 'working') AND NOT {_LED}",
        (queue_id,),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def in_hand(conn: Connection, guild_id: int, workers: Collection[str]) -> dict[str, int]:
    """How many tasks each of some workers has."""
    cursor = await conn.execute(
        f"""{_COUNT_BY_WORKER}
        WHERE guild_id = %s AND worker = ANY(%s) AND state <> 'review' AND NOT {_LED} GROUP BY worker
        """,
        (guild_id, list(workers)),
    )
    return {str(worker): int(count) for worker, count in await cursor.fetchall()}


async def parts_of(conn: Connection, task_id: UUID) -> list[Task]:
    """The tasks that a task was split into, in the order of their numbers."""
    return await _TASKS.all(conn, "WHERE parent_id = %s ORDER BY number", task_id)


async def needed_by(conn: Connection, task_id: UUID) -> list[Task]:
    """The tasks that have to be done before a task, in the order of their numbers."""
    return await _TASKS.all(
        conn, "WHERE id IN (SELECT needs FROM task_need WHERE task_id = %s) ORDER BY number", task_id
    )


async def orphans(conn: Connection, guild_id: int, limit: int) -> list[tuple[UUID, int]]:
    """Parts whose whole is over and that are not, with the whole's number: first those that no other such part needs."""
    cursor = await conn.execute(
        """
        SELECT task.id, whole.number FROM task JOIN task AS whole ON whole.id = task.parent_id
        WHERE task.guild_id = %s AND task.ended_at IS NULL AND whole.ended_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM task_need JOIN task AS other ON other.id = task_need.task_id
                          WHERE task_need.needs = task.id AND other.parent_id = task.parent_id
                            AND other.ended_at IS NULL)
        ORDER BY task.number DESC LIMIT %s
        """,
        (guild_id, limit),
    )
    return [(row[0], int(row[1])) for row in await cursor.fetchall()]


async def counted(conn: Connection, queue_id: int) -> dict[State, int]:
    """How many tasks of a queue are in each state; those that were over for longer than a week are left out."""
    cursor = await conn.execute(
        """
        SELECT state, count(*) FROM task
        WHERE queue_id = %(queue_id)s AND state = ANY(%(open)s) GROUP BY state
        UNION ALL
        SELECT state, count(*) FROM task
        WHERE queue_id = %(queue_id)s AND ended_at > now() - interval '7 days' GROUP BY state
        """,
        {"queue_id": queue_id, "open": [state for state in STATES if state not in OVER]},
    )
    return {state: int(count) for state, count in await cursor.fetchall()}


async def oldest(conn: Connection, queue_id: int) -> datetime | None:
    """Since when the oldest task that nobody has waits."""
    cursor = await conn.execute(
        "SELECT min(created_at) FROM task WHERE queue_id = %s AND state = 'available'", (queue_id,)
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def stuck(conn: Connection, queue_id: int) -> dict[str, int]:
    """How many wait for want of somebody who could do them, by the reason."""
    cursor = await conn.execute(
        """
        SELECT reason, count(*) FROM task WHERE queue_id = %s AND state = 'available' AND reason <> ''
        GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 5
        """,
        (queue_id,),
    )
    return {str(reason): int(count) for reason, count in await cursor.fetchall()}


async def thread_opened(conn: Connection, thread_row: int, thread_id: int) -> None:
    """Note which thread, under which message, an outbox row has opened: they share their id.

    The first message of a forum's post is in the thread itself.
    """
    await conn.execute(
        """
        UPDATE task SET thread_id = %(thread)s, message_id = coalesce(message_id, %(thread)s),
            message_in = CASE WHEN message_row = thread_row THEN %(thread)s ELSE message_in END
        WHERE thread_row = %(row)s
        """,
        {"thread": thread_id, "row": thread_row},
    )
