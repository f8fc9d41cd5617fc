"""All SQL on the tables ``auction_bid`` and ``auction_sealed``. The second one can be read only when an auction is over."""

from uuid import UUID

from psycopg.rows import class_row

from bot.work.allocation.claim import written
from bot.work.auctions.auction import AuctionBid, BidBy
from bot.work.sealed.keeping import SealedRows
from bot.work.surface import Connection
from bot.work.tasks.task import Worker

_BIDS = SealedRows(
    said="auction_bid", of="auction_id", by="bidder", hidden="auction_sealed", said_id="bid_id", text="claim"
)
count_of = _BIDS.count_of


async def put(conn: Connection, auction_id: UUID, bid: BidBy, salt: bytes) -> str:
    """Seal a bid; its seal. The caller has seen, under the auction's lock, that it is in time."""
    columns = {
        "bidder_name": bid.worker.name, "via": bid.via, "match": bid.match, "concurrency": bid.concurrency,
    }  # fmt: skip
    return await _BIDS.put(conn, auction_id, bid.worker.key, written(bid.claim), salt, columns)


async def take_back(conn: Connection, auction_id: UUID, by: Worker) -> None:
    """Note that somebody does not bid any more."""
    await _BIDS.take_back(conn, auction_id, by.key, {"bidder_name": by.name, "via": "button"})


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
