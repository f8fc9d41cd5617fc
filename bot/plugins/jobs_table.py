"""All SQL on the table ``cog_job``: which jobs there are, whose turn it is, and how they ended.

What a job is due by is the time that is passed in; leases go by Postgres' own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from bot.work.surface import Connection

HURRY = "cog_job"
"""The notification that says that a job is due before its time."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job of a cog in a guild."""

    guild_id: int
    cog: str
    name: str
    schedule: str
    due_at: datetime
    fence: int
    lease_until: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    failures: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job that should be there; ``due_at`` is when it is due first."""

    cog: str
    name: str
    schedule: str
    due_at: datetime


async def make(conn: Connection, guild_id: int, cogs: Collection[str], wanted: Sequence[Wanted]) -> None:
    """Make the jobs of ``cogs`` in a guild those that are wanted; one whose schedule is as before keeps its time."""
    keys = [one.cog for one in wanted], [one.name for one in wanted]
    await conn.execute(
        """
        DELETE FROM cog_job WHERE guild_id = %s AND cog = ANY(%s)
        AND NOT EXISTS (SELECT FROM unnest(%s::text[], %s::text[]) AS kept(cog, name)
                        WHERE kept.cog = cog_job.cog AND kept.name = cog_job.name)
        """,
        (guild_id, list(cogs), *keys),
    )
    await conn.execute(
        """
        INSERT INTO cog_job (guild_id, cog, name, schedule, due_at)
        SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[])
        ON CONFLICT (guild_id, cog, name) DO UPDATE SET schedule = excluded.schedule, due_at = excluded.due_at
        WHERE cog_job.schedule <> excluded.schedule
        """,
        (guild_id, *keys, [one.schedule for one in wanted], [one.due_at for one in wanted]),
    )


async def drop(conn: Connection, guild_id: int, cogs: Collection[str]) -> None:
    """Take away the jobs of cogs that are switched off; whoever runs one cannot note its end any more."""
    await conn.execute("DELETE FROM cog_job WHERE guild_id = %s AND cog = ANY(%s)", (guild_id, list(cogs)))


async def due(
    conn: Connection, guilds: Collection[int], cogs: Collection[str], now: datetime, limit: int
) -> list[JobRow]:
    """Jobs of ``cogs`` in ``guilds`` whose time has come and that nobody runs, the longest due first."""
    async with conn.cursor(row_factory=class_row(JobRow)) as cursor:
        await cursor.execute(
            """
            SELECT * FROM cog_job
            WHERE due_at <= %s AND (lease_until IS NULL OR lease_until < now()) AND guild_id = ANY(%s)
              AND cog = ANY(%s)
            ORDER BY due_at LIMIT %s
            """,
            (now, list(guilds), list(cogs), limit),
        )
        return await cursor.fetchall()


async def hurry(conn: Connection, guild_id: int, cog: str, name: str, now: datetime) -> None:
    """Make a job due at once, and say so; one that is under way is done once more after it."""
    await conn.execute(
        """
        -- Always another time than before, also where no time has passed: by that whoever runs it knows of this.
        UPDATE cog_job SET due_at = least(due_at, %(now)s) - interval '1 microsecond'
        WHERE guild_id = %(guild_id)s AND cog = %(cog)s AND name = %(name)s
          AND (due_at > %(now)s OR lease_until > now())
        """,
        {"now": now, "guild_id": guild_id, "cog": cog, "name": name},
    )
    await conn.execute("SELECT pg_notify(%s, '')", (HURRY,))


async def claim(conn: Connection, row: JobRow, now: datetime, lease_seconds: float) -> int | None:
    """Take a job that is still as ``row`` says; gives the fence, or None where another process was first."""
    cursor = await conn.execute(
        """
        UPDATE cog_job SET fence = fence + 1, started_at = %s, lease_until = now() + make_interval(secs => %s)
        WHERE guild_id = %s AND cog = %s AND name = %s AND due_at = %s AND fence = %s
          AND (lease_until IS NULL OR lease_until < now())
        RETURNING fence
        """,
        (now, lease_seconds, row.guild_id, row.cog, row.name, row.due_at, row.fence),
    )
    found = await cursor.fetchone()
    return None if found is None else int(found[0])


async def end(
    conn: Connection, row: JobRow, fence: int, *, due_at: datetime, now: datetime, error: str | None
) -> bool:
    """Note how a claimed job ended and when it is due next; False where it is somebody else's by now, or gone."""
    cursor = await conn.execute(
        """
        UPDATE cog_job SET due_at = CASE WHEN due_at = %(was)s THEN %(due_at)s ELSE due_at END,
            lease_until = NULL, ended_at = %(now)s, error = %(error)s,
            failures = CASE WHEN %(error)s::text IS NULL THEN 0 ELSE failures + 1 END
        WHERE guild_id = %(guild_id)s AND cog = %(cog)s AND name = %(name)s AND fence = %(fence)s
        """,
        {"was": row.due_at, "due_at": due_at, "now": now, "error": error, "guild_id": row.guild_id,
         "cog": row.cog, "name": row.name, "fence": fence},
    )  # fmt: skip
    return cursor.rowcount == 1


async def give_back(conn: Connection, row: JobRow, fence: int) -> None:
    """Let a claimed job be claimed again, as if it had not been begun."""
    await conn.execute(
        """
        UPDATE cog_job SET lease_until = NULL
        WHERE guild_id = %s AND cog = %s AND name = %s AND fence = %s
        """,
        (row.guild_id, row.cog, row.name, fence),
    )


async def of_cog(conn: Connection, guild_id: int, cog: str) -> list[JobRow]:
    """The jobs of a cog in a guild, the next one first."""
    async with conn.cursor(row_factory=class_row(JobRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM cog_job WHERE guild_id = %s AND cog = %s ORDER BY due_at, name", (guild_id, cog)
        )
        return await cursor.fetchall()
