"""All SQL on the table ``auction_event``: the log of auctions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.auctions.auction import Auction, AuctionEvent, AuctionEventKind
from bot.work.surface import Connection

_SELECT = "SELECT id, auction_id, kind, bidder, bidder_name, body, at FROM auction_event"
_NOTHING: Mapping[str, Any] = {}


async def add(
    conn: Connection,
    auction: Auction,
    kind: AuctionEventKind,
    bidder: tuple[str, str] = ("", ""),
    body: Mapping[str, Any] = _NOTHING,
) -> None:
    """Note what happened to an auction (by or about a bidder: key and name), and that nobody was shown it yet."""
    await conn.execute(
        "INSERT INTO auction_event (auction_id, guild_id, kind, bidder, bidder_name, body) VALUES (%s, %s, %s, %s, %s, %s)",
        (auction.id, auction.guild_id, kind, *bidder, Jsonb(dict(body))),
    )


async def add_late(conn: Connection, auction: Auction, bidder: tuple[str, str]) -> None:
    """Note, once for each bidder, that they came too late."""
    await conn.execute(
        """
        INSERT INTO auction_event (auction_id, guild_id, kind, bidder, bidder_name)
        SELECT %(id)s, %(guild_id)s, 'late', %(bidder)s, %(name)s WHERE NOT EXISTS (
            SELECT FROM auction_event WHERE auction_id = %(id)s AND kind = 'late' AND bidder = %(bidder)s)
        """,
        {"id": auction.id, "guild_id": auction.guild_id, "bidder": bidder[0], "name": bidder[1]},
    )


async def in_turn(conn: Connection, guild_id: int) -> None:
    """Let whoever tells a server's events do so one after the other, until the transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('auction_event', %s))", (guild_id,))


async def first_untold(conn: Connection, guild_id: int) -> AuctionEvent | None:
    """The oldest of what nobody has been shown yet."""
    async with conn.cursor(row_factory=class_row(AuctionEvent)) as cursor:
        await cursor.execute(f"{_SELECT} WHERE guild_id = %s AND NOT told ORDER BY id LIMIT 1", (guild_id,))
        return await cursor.fetchone()


async def told(conn: Connection, event_id: int) -> None:
    """Note that people have been shown it."""
    await conn.execute("UPDATE auction_event SET told = true WHERE id = %s", (event_id,))


async def of_auction(conn: Connection, auction_id: UUID) -> list[AuctionEvent]:
    """Everything that happened to an auction, oldest first."""
    async with conn.cursor(row_factory=class_row(AuctionEvent)) as cursor:
        await cursor.execute(f"{_SELECT} WHERE auction_id = %s ORDER BY id", (auction_id,))
        return await cursor.fetchall()
