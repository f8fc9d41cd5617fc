"""All SQL on the table ``agent_slot``."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class AtWork:
    """A run an agent works on at this moment."""

    agent: str
    run_id: UUID
    since: datetime
    title: str
    guild_id: int
    member_id: int
    thread_id: int | None
    direct: bool = False


async def take(
    conn: Connection, agent: str, slots: int, holder: UUID, run_id: UUID, guild_id: int, seconds: float
) -> int | None:
    """Take a free slot, or the one that this run has already (a delegated task, or from before a crash); None: all busy."""
    await conn.execute(
        "INSERT INTO agent_slot (agent, slot) SELECT %s, generate_series(1, %s) ON CONFLICT DO NOTHING",
        (agent, slots),
    )
    cursor = await conn.execute(
        """
        UPDATE agent_slot
        SET since = CASE WHEN run_id = %(run)s AND until > now() THEN since ELSE now() END,
            held = CASE WHEN holder = %(holder)s AND run_id = %(run)s AND until > now() THEN held + 1 ELSE 1 END,
            holder = %(holder)s, run_id = %(run)s, guild_id = %(guild)s,
            until = now() + make_interval(secs => %(seconds)s)
        WHERE agent = %(agent)s AND slot = (
            SELECT slot FROM agent_slot
            WHERE agent = %(agent)s AND ((slot <= %(slots)s AND until <= now()) OR run_id = %(run)s)
            ORDER BY run_id IS DISTINCT FROM %(run)s, until > now(), slot LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING slot
        """,
        {
            "agent": agent,
            "slots": slots,
            "holder": holder,
            "run": run_id,
            "guild": guild_id,
            "seconds": seconds,
        },
    )
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def keep(conn: Connection, agent: str, slot: int, holder: UUID, run_id: UUID, seconds: float) -> bool:
    """Prolong the hold; False where somebody else has it by now."""
    cursor = await conn.execute(
        """
        UPDATE agent_slot SET until = now() + make_interval(secs => %s)
        WHERE agent = %s AND slot = %s AND holder = %s AND run_id = %s
        """,
        (seconds, agent, slot, holder, run_id),
    )
    return cursor.rowcount == 1


async def leave(conn: Connection, agent: str, slot: int, holder: UUID, run_id: UUID) -> None:
    """Leave the slot once; it is free when it was left as often as it was taken."""
    await conn.execute(
        """
        UPDATE agent_slot SET held = held - 1, until = CASE WHEN held <= 1 THEN '-infinity' ELSE until END
        WHERE agent = %s AND slot = %s AND holder = %s AND run_id = %s
        """,
        (agent, slot, holder, run_id),
    )


async def at_work(conn: Connection) -> list[AtWork]:
    """What all agents work on, the oldest first."""
    async with conn.cursor(row_factory=class_row(AtWork)) as cursor:
        await cursor.execute(
            """
            SELECT agent, run_id, since, run.title, run.guild_id, run.member_id, run.thread_id, run.direct
            FROM agent_slot JOIN run ON run.id = run_id
            WHERE until > now() ORDER BY since
            """
        )
        return await cursor.fetchall()
