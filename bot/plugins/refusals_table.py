"""All SQL on the tables ``refusal`` and ``refusal_count``: why what was refused, and how often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from bot.work.surface import Connection

type About = Literal["member", "message"]

KEPT = 200
"""The latest refusals of a guild that are kept, of people and of messages each."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a cog was not for a member, or for a message."""

    guild_id: int
    about: About
    subject_id: int
    cog: str
    reason: str
    sentence: str
    refused_at: datetime


async def add_counts(conn: Connection, counts: Mapping[tuple[int, str, str], int]) -> None:
    """Add to how often what was refused, by guild, cog and reason."""
    keys = sorted(counts)  # in one order everywhere, so that two processes do not wait for each other
    await conn.execute(
        """
        INSERT INTO refusal_count AS old (guild_id, cog, reason, count)
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[])
        ON CONFLICT (guild_id, cog, reason) DO UPDATE SET count = old.count + excluded.count
        """,
        (
            [guild for guild, _, _ in keys],
            [cog for _, cog, _ in keys],
            [reason for _, _, reason in keys],
            [counts[key] for key in keys],
        ),
    )


async def counts_of(conn: Connection, guild_id: int) -> dict[tuple[int, str, str], int]:
    """How often what was refused in a guild."""
    cursor = await conn.execute(
        "SELECT cog, reason, count FROM refusal_count WHERE guild_id = %s", (guild_id,)
    )
    return {(guild_id, str(row[0]), str(row[1])): int(row[2]) for row in await cursor.fetchall()}


async def keep(conn: Connection, refusals: Sequence[Refusal]) -> None:
    """Keep refusals; of each guild only the latest stay."""
    rows = sorted(refusals, key=lambda one: (one.guild_id, one.about, one.subject_id, one.cog))
    await conn.execute(
        """
        INSERT INTO refusal (guild_id, about, subject_id, cog, reason, sentence, refused_at)
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[],
                             %s::timestamptz[])
        ON CONFLICT (guild_id, about, subject_id, cog) DO UPDATE
        SET reason = excluded.reason, sentence = excluded.sentence, refused_at = excluded.refused_at
        """,
        (
            [one.guild_id for one in rows],
            [one.about for one in rows],
            [one.subject_id for one in rows],
            [one.cog for one in rows],
            [one.reason for one in rows],
            [one.sentence for one in rows],
            [one.refused_at for one in rows],
        ),
    )
    await conn.execute(
        """
        DELETE FROM refusal USING (
            SELECT guild_id, about, subject_id, cog,
                   row_number() OVER (PARTITION BY guild_id, about ORDER BY refused_at DESC) AS place
            FROM refusal WHERE guild_id = ANY(%s)) AS old
        WHERE old.place > %s AND (refusal.guild_id, refusal.about, refusal.subject_id, refusal.cog)
              = (old.guild_id, old.about, old.subject_id, old.cog)
        """,
        (sorted({one.guild_id for one in rows}), KEPT),
    )


async def about(conn: Connection, guild_id: int, subject: About, subject_id: int) -> list[Refusal]:
    """Why a member, or a message, was refused in a guild, the latest first."""
    async with conn.cursor(row_factory=class_row(Refusal)) as cursor:
        await cursor.execute(
            """
            SELECT * FROM refusal WHERE guild_id = %s AND about = %s AND subject_id = %s
            ORDER BY refused_at DESC, cog
            """,
            (guild_id, subject, subject_id),
        )
        return await cursor.fetchall()
