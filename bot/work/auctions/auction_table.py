"""All SQL on the table ``auction``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.auctions.auction import RULES, Auction, AuctionRules
from bot.work.numbered import Numbered
from bot.work.surface import Connection

_AUCTIONS = Numbered(Auction, "auction", json=frozenset({"decision"}))
get, locked, shared, of_number = _AUCTIONS.get, _AUCTIONS.locked, _AUCTIONS.shared, _AUCTIONS.of_number
_ENDED = frozenset({"settled", "nobody", "vetoed", "taken", "cancelled"})


async def insert(
    conn: Connection,
    auction_id: UUID,
    *,
    guild_id: int,
    task_id: UUID,
    asked_by: int,
    seconds: float,
    rules: AuctionRules,
) -> Auction | None:
    """Open an auction for so many seconds from now; None where the task has one that goes on."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('auction', %s))", (guild_id,))
    async with conn.cursor(row_factory=class_row(Auction)) as cursor:
        await cursor.execute(
            """
            INSERT INTO auction (id, guild_id, number, task_id, asked_by, rules, opened_at, closes_at)
            SELECT %(id)s, %(guild_id)s,
                   coalesce((SELECT max(number) FROM auction WHERE guild_id = %(guild_id)s), 0) + 1,
                   %(task_id)s, %(asked_by)s, %(rules)s, moment, moment + make_interval(secs => %(seconds)s)
            FROM auction_now() AS moment
            ON CONFLICT (task_id) WHERE state IN ('open', 'decided', 'veto', 'awarded') DO NOTHING RETURNING *
            """,
            {
                "id": auction_id, "guild_id": guild_id, "task_id": task_id, "asked_by": asked_by, "seconds": seconds,
                "rules": Jsonb(RULES.dump_python(rules, mode="json")),
            },
        )  # fmt: skip
        return await cursor.fetchone()


async def of_task(conn: Connection, task_id: UUID) -> Auction | None:
    """The newest auction of a task."""
    return await _AUCTIONS.one(conn, "WHERE task_id = %s ORDER BY number DESC LIMIT 1", task_id)


async def live(conn: Connection, guild_id: int, limit: int) -> list[UUID]:
    """The auctions of a server that go on, the oldest first."""
    cursor = await conn.execute(
        """
        SELECT id FROM auction WHERE guild_id = %s AND state IN ('open', 'decided', 'veto', 'awarded')
        ORDER BY number LIMIT %s
        """,
        (guild_id, limit),
    )
    return [row[0] for row in await cursor.fetchall()]


async def listed(conn: Connection, guild_id: int, words: str, limit: int) -> list[Auction]:
    """The auctions of a server, those that go on first, then the newest; of tasks whose title holds ``words``."""
    async with conn.cursor(row_factory=class_row(Auction)) as cursor:
        await cursor.execute(
            """
            SELECT auction.* FROM auction JOIN task ON task.id = auction.task_id
            WHERE auction.guild_id = %s AND (strpos(lower(task.title), lower(%s)) > 0
                                             OR starts_with(auction.number::text, ltrim(%s, '#')))
            ORDER BY auction.ended_at IS NOT NULL, auction.number DESC LIMIT %s
            """,
            (guild_id, words, words, limit),
        )
        return await cursor.fetchall()


async def change(conn: Connection, auction: Auction, to: Mapping[str, Any]) -> Auction:
    """Change columns of an auction that the caller has `locked`; it has ended where its state says so."""
    ended = ("ended_at = now()",) if to.get("state") in _ENDED else ()
    return await _AUCTIONS.change(conn, auction.id, to, ended)


async def now(conn: Connection) -> datetime:
    """The time that auctions go by."""
    cursor = await conn.execute("SELECT auction_now()")
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - a function answers
    return row[0]
