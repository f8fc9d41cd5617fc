"""All SQL on the tables ``agent_choice`` and ``agent_change``: what a server's admins have chosen about agents."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.surface import Connection

type Action = Literal["pause", "resume", "model"]


@dataclass(frozen=True, slots=True)
class AgentChoice:
    """What is chosen about an agent; ``model`` None is the owner's. ``changed_by`` is who chose last."""

    paused: bool = False
    model: str | None = None
    changed_by: int = 0


@dataclass(frozen=True, slots=True)
class AgentChange:
    """A choice that an admin made."""

    agent: str
    action: Action
    member_id: int
    member_name: str
    changed_at: datetime


async def of_guild(conn: Connection, guild_id: int) -> dict[str, AgentChoice]:
    """Everything chosen on a server, by agent."""
    cursor = await conn.execute(
        "SELECT agent, paused, model, changed_by FROM agent_choice WHERE guild_id = %s", (guild_id,)
    )
    return {str(row[0]): AgentChoice(bool(row[1]), row[2], int(row[3])) for row in await cursor.fetchall()}


async def of_agent(conn: Connection, guild_id: int, agent: str) -> AgentChoice:
    """What is chosen about one agent."""
    cursor = await conn.execute(
        "SELECT paused, model, changed_by FROM agent_choice WHERE guild_id = %s AND agent = %s",
        (guild_id, agent),
    )
    row = await cursor.fetchone()
    return AgentChoice() if row is None else AgentChoice(bool(row[0]), row[1], int(row[2]))


async def locked(conn: Connection, guild_id: int, agent: str) -> AgentChoice:
    """What is chosen about one agent, which nobody else changes before the transaction ends."""
    await conn.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('agent_choice ' || %s, %s))", (agent, guild_id)
    )
    return await of_agent(conn, guild_id, agent)


async def put(
    conn: Connection,
    guild_id: int,
    agent: str,
    action: Action,
    before: AgentChoice,
    after: AgentChoice,
    *,
    member_name: str,
    at: datetime,
) -> None:
    """Keep a choice and note who made it."""
    await conn.execute(
        """
        INSERT INTO agent_choice (guild_id, agent, paused, model, changed_by, changed_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (guild_id, agent) DO UPDATE SET paused = excluded.paused, model = excluded.model,
            changed_by = excluded.changed_by, changed_at = excluded.changed_at
        """,
        (guild_id, agent, after.paused, after.model, after.changed_by, at),
    )
    await conn.execute(
        """
        INSERT INTO agent_change (guild_id, agent, action, member_id, member_name, before, after, changed_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            guild_id, agent, action, after.changed_by, member_name, Jsonb(asdict(before)),
            Jsonb(asdict(after)), at,
        ),
    )  # fmt: skip


async def changes(conn: Connection, guild_id: int, agent: str, *, limit: int = 3) -> list[AgentChange]:
    """The latest choices about an agent, newest first."""
    async with conn.cursor(row_factory=class_row(AgentChange)) as cursor:
        await cursor.execute(
            """
            SELECT agent, action, member_id, member_name, changed_at FROM agent_change
            WHERE guild_id = %s AND agent = %s ORDER BY id DESC LIMIT %s
            """,
            (guild_id, agent, limit),
        )
        return await cursor.fetchall()
