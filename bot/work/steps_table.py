"""All SQL on the table ``run_step``."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step that was done, with its result; or one that was begun, and what its effect became is not known."""

    key: str
    effect: str
    state: str
    result: Any


async def record(conn: Connection, run_id: UUID, key: str, effect: str, fence: int, result: Any) -> None:
    """Record a step's result; it is never computed again."""
    await conn.execute(
        """
        INSERT INTO run_step (run_id, key, effect, state, result, fence, done_at)
        VALUES (%s, %s, %s, 'done', %s, %s, now())
        ON CONFLICT (run_id, key) DO UPDATE
            SET state = 'done', result = excluded.result, fence = excluded.fence, done_at = now()
            WHERE run_step.state = 'intended'
        """,
        (run_id, key, effect, Jsonb(result), fence),
    )


async def intend(conn: Connection, run_id: UUID, key: str, effect: str, fence: int, intent: Any) -> None:
    """Record that a step is about to be begun, before it is."""
    await conn.execute(
        """
        INSERT INTO run_step (run_id, key, effect, state, result, fence) VALUES (%s, %s, %s, 'intended', %s, %s)
        ON CONFLICT (run_id, key) DO UPDATE SET result = excluded.result, fence = excluded.fence, started_at = now()
            WHERE run_step.state = 'intended'
        """,
        (run_id, key, effect, Jsonb(intent), fence),
    )


async def of_run(conn: Connection, run_id: UUID) -> list[StepRow]:
    """A run's steps, in the order in which they ended; those that were only begun come last."""
    async with conn.cursor(row_factory=class_row(StepRow)) as cursor:
        await cursor.execute(
            "SELECT key, effect, state, result FROM run_step WHERE run_id = %s ORDER BY done_at, started_at",
            (run_id,),
        )
        return await cursor.fetchall()
