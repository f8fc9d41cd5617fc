"""SQL on the table ``run``: which runs are due, whose turn it is among guilds, and taking one up.

Every time is the database's, so that a process whose clock is wrong does no harm. ``ahead`` is by how many seconds
people's time is ahead of it: nothing but where a test moves people's clock.
"""

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import class_row

from bot.work.runs_table import RunRow
from bot.work.surface import Connection

_GUILD_LOCK = 0x72756E
"""The first half of the advisory locks under which a guild's runs are counted and taken; "run" in ASCII."""

WORTH = 60.0
"""So many seconds of waiting are worth as much as one priority."""


async def make_ready(conn: Connection, limit: int, ahead: float = 0.0) -> int:
    """Find runs whose holder has fallen silent and runs whose time of waiting is over; gives their number."""
    cursor = await conn.execute(
        """
        WITH silent AS (
            SELECT id FROM run WHERE state = 'running' AND lease_until < now()
            LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ), waited AS (
            SELECT id FROM run WHERE state = 'waiting' AND due_at <= now() + make_interval(secs => %(ahead)s)
            ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        )
        UPDATE run SET state = 'ready', lease_until = NULL, due_at = least(due_at, now())
        WHERE id IN (SELECT id FROM silent UNION ALL SELECT id FROM waited)
        """,
        {"limit": limit, "ahead": ahead},
    )
    return cursor.rowcount


async def turns(conn: Connection, limit: int, per_guild: int, waiting_worth: float = WORTH) -> list[UUID]:
    """Due runs in the order of their turns: guilds that have least under way first, then by priority.

    Who has waited for ``waiting_worth`` seconds is as urgent as what came just now with the next priority: so neither a
    guild nor what it does in the background ever starves. A guild with thousands of due runs costs no more than one with
    ``limit``. What is being stopped is beyond limits.
    """
    cursor = await conn.execute(
        """
        WITH RECURSIVE guild AS (
            (SELECT guild_id FROM run WHERE state = 'ready' ORDER BY guild_id LIMIT 1)
            UNION ALL
            SELECT (SELECT run.guild_id FROM run WHERE state = 'ready' AND run.guild_id > guild.guild_id
                    ORDER BY run.guild_id LIMIT 1)
            FROM guild WHERE guild.guild_id IS NOT NULL
        ), head AS (
            SELECT due.*, load.held + row_number() OVER (PARTITION BY due.guild_id ORDER BY rank) AS turn
            FROM guild
            CROSS JOIN LATERAL (
                SELECT count(*) AS held FROM run
                WHERE state = 'running' AND run.guild_id = guild.guild_id AND lease_until >= now()
            ) AS load
            CROSS JOIN LATERAL (
                SELECT first.*, first.due_at + make_interval(secs => %(worth)s * first.priority) AS rank
                FROM generate_series(0, 3) AS class (priority) CROSS JOIN LATERAL (
                    SELECT id, guild_id, run.priority, due_at, stop_by FROM run
                    WHERE state = 'ready' AND run.guild_id = guild.guild_id AND run.priority = class.priority
                      AND due_at <= now()
                    ORDER BY due_at LIMIT %(limit)s
                ) AS first ORDER BY rank LIMIT %(limit)s
            ) AS due
        )
        SELECT id FROM head WHERE turn <= %(per_guild)s OR stop_by IS NOT NULL
        ORDER BY stop_by IS NULL, turn, rank LIMIT %(limit)s
        """,
        {"limit": limit, "per_guild": per_guild, "worth": waiting_worth},
    )
    return [row[0] for row in await cursor.fetchall()]


async def claim(
    conn: Connection, run_id: UUID, owner: UUID, leases: Sequence[float], per_guild: int
) -> RunRow | None:
    """Take the lease of a run that is due and that nobody holds; the fence grows with each holder.

    ``leases`` are its seconds at the first attempt, the second, and so on; further ones take the last.

    None where its guild has ``per_guild`` under way already, in whatever processes. Needs a transaction.
    """
    await conn.execute(
        "SELECT pg_advisory_xact_lock(%s, hashint8(guild_id)) FROM run WHERE id = %s", (_GUILD_LOCK, run_id)
    )
    async with conn.cursor(row_factory=class_row(RunRow)) as cursor:
        await cursor.execute(
            """
            UPDATE run SET state = 'running', lease_owner = %(owner)s, fence = fence + 1, attempts = attempts + 1,
                           lease_until = now() + make_interval(secs => (%(leases)s::float8[])
                                                     [least(attempts + 1, cardinality(%(leases)s::float8[]))])
            WHERE id = %(run_id)s AND due_at <= now()
              AND (state = 'ready' OR (state = 'running' AND lease_until < now()))
              AND (stop_by IS NOT NULL OR (
                  SELECT count(*) FROM run AS held
                  WHERE held.state = 'running' AND held.guild_id = run.guild_id AND held.lease_until >= now()
              ) < %(per_guild)s)
            RETURNING *
            """,
            {"run_id": run_id, "owner": owner, "leases": list(leases), "per_guild": per_guild},
        )
        return await cursor.fetchone()


async def is_late(conn: Connection, run_id: UUID, ahead: float = 0.0) -> bool:
    """Whether the run's deadline has passed."""
    cursor = await conn.execute(
        "SELECT 1 FROM run WHERE id = %s AND deadline_at <= now() + make_interval(secs => %s)",
        (run_id, ahead),
    )
    return await cursor.fetchone() is not None


async def forget_old(conn: Connection, keep_days: float, limit: int) -> int:
    """Delete at most ``limit`` runs that ended so many days ago, with their steps; gives their number."""
    cursor = await conn.execute(
        """
        DELETE FROM run WHERE id IN (
            SELECT id FROM run
            WHERE state IN ('done', 'stopped', 'failed') AND finished_at < now() - make_interval(secs => %s)
            ORDER BY finished_at LIMIT %s FOR UPDATE SKIP LOCKED
        )
        """,
        (keep_days * 86_400, limit),
    )
    return cursor.rowcount
