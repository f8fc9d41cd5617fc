"""SQL on what waits for what on a server: runs, the runs and tasks they wait for, turns, needs, and what is in use.

People are no part of it: they can always act, so what waits for their word goes on some day. Each row reads "``waiter``
waits for ``awaited``"; rows of one ``waiter`` and ``choice`` are alternatives, of which any one is enough.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from bot.work.surface import Connection

type Kind = Literal["run", "task"]
type Why = Literal[
    "needs", "worked on by", "waits for run", "waits for task", "turn", "uses", "would use", "busy"
]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for another."""

    kind: Kind
    waiter: UUID
    choice: str
    on: Kind
    awaited: UUID
    why: Why
    what: str = ""


async def of_guild(conn: Connection, guild_id: int) -> list[Waiting]:
    """Everything on a server that waits for something else than people and time."""
    async with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        await cursor.execute(
            """
            -- a task for those that have to be done before
            SELECT 'task' AS kind, task.id AS waiter, 'need ' || needs AS choice, 'task' AS on, needs AS awaited,
                   'needs' AS why, '' AS what
            FROM task JOIN task_need ON task_need.task_id = task.id JOIN task AS other ON other.id = needs
            WHERE task.guild_id = %(guild_id)s AND task.state = 'blocked' AND task.reason = '' AND other.state <> 'done'
            UNION ALL
            -- a task for the run in which an agent works on it
            SELECT 'task', task.id, 'run', 'run', run.id, 'worked on by', ''
            FROM task JOIN run ON run.id = task.run_id
            WHERE task.guild_id = %(guild_id)s AND task.worker IS NOT NULL AND run.finished_at IS NULL
            UNION ALL
            -- a run that does nothing but wait, for the end of any of these: for a time or for people it goes on some day
            SELECT 'run', run.id, 'waits', wanted.kind, wanted.id, wanted.why, ''
            FROM run JOIN run_wait ON run_wait.run_id = run.id AND run_wait.answered_at IS NULL
                 CROSS JOIN LATERAL (
                     SELECT 'run' AS kind, for_run AS id, 'waits for run' AS why WHERE for_run IS NOT NULL
                     UNION ALL SELECT 'task', unnest(for_tasks), 'waits for task'
                 ) AS wanted
            WHERE run.guild_id = %(guild_id)s AND run.state = 'waiting' AND run.stop_by IS NULL
              AND NOT EXISTS (SELECT FROM run_wait AS other WHERE other.run_id = run.id AND other.answered_at IS NULL
                              AND (other.kind IN ('answer', 'time')))
            UNION ALL
            -- a run for the one before it in its lane
            SELECT 'run', run.id, 'turn', 'run', before.id, 'turn', ''
            FROM run CROSS JOIN LATERAL (
                SELECT id FROM run AS earlier
                WHERE earlier.cog = run.cog AND earlier.lane = run.lane AND earlier.thread_id = run.thread_id
                  AND earlier.number < run.number AND earlier.finished_at IS NULL
                ORDER BY earlier.number DESC LIMIT 1
            ) AS before
            WHERE run.guild_id = %(guild_id)s AND run.state = 'ready' AND run.due_at IS NULL AND run.lane IS NOT NULL
            UNION ALL
            -- a task for what another has: it cannot begin, or its worker has asked for it
            SELECT 'task', task.id, 'use ' || taken.name, 'task', taken.task_id, wanted.why, taken.name
            FROM task CROSS JOIN LATERAL (
                     SELECT unnest(task.uses) AS name, 'uses' AS why WHERE task.state = 'available'
                     UNION ALL SELECT name, 'would use' FROM task_resource_wait WHERE task_id = task.id
                 ) AS wanted
                 JOIN task_resource AS taken ON taken.guild_id = task.guild_id AND taken.name = wanted.name
                 JOIN task AS owner ON owner.id = taken.task_id
            WHERE task.guild_id = %(guild_id)s AND task.ended_at IS NULL AND taken.task_id <> task.id
              AND taken.until > clock_timestamp() AND owner.fence = taken.fence AND owner.worker IS NOT NULL
            """,
            {"guild_id": guild_id},
        )
        return await cursor.fetchall()
