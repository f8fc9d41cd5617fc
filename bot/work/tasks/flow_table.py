"""How tasks went through a queue, hour by hour: SQL on what happened to them."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of a queue: what came and was done in it, and how many waited and were under way at its end."""

    ends: datetime
    created: int
    done: int
    waiting: int
    running: int


async def hours(conn: Connection, queue_id: int, count: int) -> list[Hour]:
    """The last hours, the current one (so far) last.

    From one event of a task to its next it is in the state that the first led to.
    """
    async with conn.cursor(row_factory=class_row(Hour)) as cursor:
        await cursor.execute(
            """
            WITH happened AS (
                SELECT kind, task_event.state, at,
                       lead(at, 1, 'infinity') OVER (PARTITION BY task_id ORDER BY task_event.id) AS until
                FROM task JOIN task_event ON task_event.task_id = task.id
                WHERE task.queue_id = %(queue_id)s
                  AND (task.ended_at IS NULL OR task.ended_at > now() - make_interval(hours => %(count)s))
            ), hour AS (
                SELECT least(date_trunc('hour', now()) + make_interval(hours => 1 - step), now()) AS ends,
                       date_trunc('hour', now()) - make_interval(hours => step) AS begins
                FROM generate_series(0, %(count)s - 1) AS step
            )
            SELECT ends,
                   count(*) FILTER (WHERE kind = 'created' AND at > begins AND at <= ends)::integer AS created,
                   count(*) FILTER (WHERE happened.state = 'done' AND at > begins AND at <= ends)::integer AS done,
                   count(*) FILTER (WHERE at <= ends AND until > ends
                                    AND happened.state IN ('available', 'blocked'))::integer AS waiting,
                   count(*) FILTER (WHERE at <= ends AND until > ends
                                    AND happened.state IN ('claimed', 'working', 'waiting', 'review'))::integer AS running
            FROM hour LEFT JOIN happened ON at <= ends AND until > begins
            GROUP BY begins, ends ORDER BY ends
            """,
            {"queue_id": queue_id, "count": count},
        )
        return await cursor.fetchall()
