"""All SQL on the table ``agent_lesson``: what agents are told besides on a server, after somebody agreed to it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from bot.work.surface import Connection

MOST = 20
"""Lessons that an agent is told at most: the newest."""
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Lesson:
    """Something that an agent is told on a server beside what its owner tells it."""

    id: int
    agent: str
    text: str
    accepted_by: int
    accepted_at: datetime


_SELECT = "SELECT id, agent, text, accepted_by, accepted_at FROM agent_lesson"


async def keep(
    conn: Connection, guild_id: int, agent: str, text: str, run_id: UUID, accepted_by: int
) -> None:
    """Keep what a run proposed and somebody accepted; again it is the same."""
    await conn.execute(
        """
        INSERT INTO agent_lesson (guild_id, agent, text, run_id, accepted_by) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (run_id) DO NOTHING
        """,
        (guild_id, agent, text, run_id, accepted_by),
    )


async def of_agent(conn: Connection, guild_id: int, agent: str) -> list[Lesson]:
    """What holds for an agent on a server, oldest first."""
    async with conn.cursor(row_factory=class_row(Lesson)) as cursor:
        await cursor.execute(
            f"{_SELECT} WHERE guild_id = %s AND agent = %s AND undone_at IS NULL ORDER BY id DESC LIMIT %s",
            (guild_id, agent, MOST),
        )
        return (await cursor.fetchall())[::-1]


async def undo(conn: Connection, guild_id: int, lesson_id: int, by: int) -> Lesson | None:
    """Take a lesson back; None where that was done before, or there is none."""
    async with conn.cursor(row_factory=class_row(Lesson)) as cursor:
        await cursor.execute(
            """
            UPDATE agent_lesson SET undone_at = now(), undone_by = %s
            WHERE guild_id = %s AND id = %s AND undone_at IS NULL
            RETURNING id, agent, text, accepted_by, accepted_at
            """,
            (by, guild_id, lesson_id),
        )
        return await cursor.fetchone()
