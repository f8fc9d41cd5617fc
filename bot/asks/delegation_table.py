"""All SQL on the table ``ask_delegation``: who decides for whom while they are away."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class Delegation:
    """Somebody decides for somebody else until then."""

    from_id: int
    to_id: int
    until: datetime


async def put(conn: Connection, guild_id: int, from_id: int, to_id: int, until: datetime) -> None:
    """Let somebody decide, in place of whoever did so before."""
    await conn.execute(
        """
        INSERT INTO ask_delegation (guild_id, from_id, to_id, until) VALUES (%s, %s, %s, %s)
        ON CONFLICT (guild_id, from_id) DO UPDATE
        SET to_id = excluded.to_id, until = excluded.until, created_at = now()
        """,
        (guild_id, from_id, to_id, until),
    )


async def end(conn: Connection, guild_id: int, from_id: int) -> bool:
    """Let nobody decide for somebody any more; whether anybody did."""
    cursor = await conn.execute(
        "DELETE FROM ask_delegation WHERE guild_id = %s AND from_id = %s", (guild_id, from_id)
    )
    return cursor.rowcount == 1


async def to(conn: Connection, guild_id: int, to_id: int, ahead: float) -> list[Delegation]:
    """For whom somebody decides now."""
    async with conn.cursor(row_factory=class_row(Delegation)) as cursor:
        await cursor.execute(
            """
            SELECT from_id, to_id, until FROM ask_delegation
            WHERE guild_id = %s AND to_id = %s AND until > now() + make_interval(secs => %s) ORDER BY created_at
            """,
            (guild_id, to_id, ahead),
        )
        return await cursor.fetchall()
