"""All SQL on the table ``run_step``."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from bot.work.surface import Connection


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


async def done(conn: Connection, run_id: UUID) -> list[tuple[str, Any]]:
    """The finished steps of a run with their results, in the order in which they ended."""
    cursor = await conn.execute(
        "SELECT key, result FROM run_step WHERE run_id = %s AND state = 'done' ORDER BY done_at", (run_id,)
    )
    return [(str(row[0]), row[1]) for row in await cursor.fetchall()]
