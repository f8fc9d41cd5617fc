"""All SQL on the table ``code_suppressed``: what people decided not to hear of in a repository."""

from datetime import datetime

from psycopg.rows import class_row

from bot.review.review import Suppressed
from bot.storage.database import Connection


async def put(conn: Connection, guild_id: int, repository: str, one: Suppressed) -> None:
    """Keep one; what was decided about the same finding before does not count any more."""
    await conn.execute(
        """
        INSERT INTO code_suppressed (guild_id, repository, fingerprint, shown, why, by_id, until, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (guild_id, repository, fingerprint) DO UPDATE
        SET shown = excluded.shown, why = excluded.why, by_id = excluded.by_id, until = excluded.until,
            created_at = excluded.created_at
        """,
        (guild_id, repository, one.fingerprint, one.shown, one.why, one.by_id, one.until, one.created_at),
    )


async def drop(conn: Connection, guild_id: int, repository: str, fingerprint: str) -> bool:
    """Take one back; False where there was none."""
    cursor = await conn.execute(
        "DELETE FROM code_suppressed WHERE (guild_id, repository, fingerprint) = (%s, %s, %s)",
        (guild_id, repository, fingerprint),
    )
    return cursor.rowcount == 1


async def listed(
    conn: Connection, guild_id: int, repository: str, now: datetime, limit: int
) -> list[Suppressed]:
    """Those that hold at a moment, newest first."""
    async with conn.cursor(row_factory=class_row(Suppressed)) as cursor:
        await cursor.execute(
            """
            SELECT fingerprint, shown, why, by_id, until, created_at FROM code_suppressed
            WHERE guild_id = %s AND repository = %s AND (until IS NULL OR until > %s)
            ORDER BY created_at DESC LIMIT %s
            """,
            (guild_id, repository, now, limit),
        )
        return await cursor.fetchall()
