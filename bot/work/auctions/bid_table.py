"""All SQL on the tables ``auction_bid`` and ``auction_sealed``. The second one can be read only when an auction is over."""

from uuid import UUID

from psycopg.rows import class_row

from bot.work.allocation.sealing import seal_of, written
from bot.work.auctions.auction import AuctionBid, BidBy
from bot.work.surface import Connection
from bot.work.tasks.task import Worker


async def put(conn: Connection, auction_id: UUID, bid: BidBy, salt: bytes) -> str:
    """Seal a bid; its seal. The caller has seen, under the auction's lock, that it is in time."""
    claim, bidder = written(bid.claim), bid.worker.key
    seal = seal_of(auction_id, bidder, salt, claim)
    cursor = await conn.execute(
        """
        INSERT INTO auction_bid (auction_id, bidder, bidder_name, seal, via, match, concurrency)
        VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id
        """,
        (auction_id, bidder, bid.worker.name, seal, bid.via, bid.match, bid.concurrency),
    )
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - an insert answers with its row
    await conn.execute(
        "INSERT INTO auction_sealed (bid_id, salt, claim) VALUES (%s, %s, %s)", (row[0], salt, claim)
    )
    return seal


async def take_back(conn: Connection, auction_id: UUID, by: Worker) -> None:
    """Note that somebody does not bid any more."""
    await conn.execute(
        "INSERT INTO auction_bid (auction_id, bidder, bidder_name, via) VALUES (%s, %s, %s, 'button')",
        (auction_id, by.key, by.name),
    )


async def standing(conn: Connection, auction_id: UUID) -> frozenset[str]:
    """Who bids at this moment."""
    cursor = await conn.execute(
        """
        SELECT bidder FROM (SELECT DISTINCT ON (bidder) bidder, seal FROM auction_bid WHERE auction_id = %s
                            ORDER BY bidder, id DESC) AS last WHERE seal IS NOT NULL
        """,
        (auction_id,),
    )
    return frozenset(str(row[0]) for row in await cursor.fetchall())


async def count_of(conn: Connection, auction_id: UUID, bidder: str) -> int:
    """How often somebody has bid, or taken a bid back."""
    cursor = await conn.execute(
        "SELECT count(*) FROM auction_bid WHERE auction_id = %s AND bidder = %s", (auction_id, bidder)
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def of_auction(conn: Connection, auction_id: UUID) -> list[AuctionBid]:
    """Every bid in the order in which they came; what they say only when the auction is over."""
    async with conn.cursor(row_factory=class_row(AuctionBid)) as cursor:
        await cursor.execute(
            """
            SELECT id, bidder, bidder_name, seal, via, match, concurrency, at, salt, claim AS sealed
            FROM auction_bid LEFT JOIN auction_sealed ON bid_id = id WHERE auction_id = %s ORDER BY id
            """,
            (auction_id,),
        )
        return await cursor.fetchall()
