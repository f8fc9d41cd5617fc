"""All SQL on the table ``auction_record``: what bidders' tasks took them against what they had said."""

from collections.abc import Collection

from bot.work.allocation.calibration import Calibration
from bot.work.auctions.auction import Record
from bot.work.surface import Connection

WEIGHT = 0.2
"""How much the newest task counts in what tasks take somebody."""


async def of_bidders(conn: Connection, guild_id: int, bidders: Collection[str]) -> dict[str, Record]:
    """What is known of some bidders; nothing of those that had no task yet."""
    cursor = await conn.execute(
        "SELECT bidder, low, tasks, seconds, cost FROM auction_record WHERE guild_id = %s AND bidder = ANY(%s)",
        (guild_id, list(bidders)),
    )
    return {str(key): Record(*rest) for key, *rest in await cursor.fetchall()}


async def learn(
    conn: Connection, guild_id: int, bidder: str, known: Calibration, seconds: float, cost: float
) -> None:
    """Note what is known now, and what the last task took."""
    await conn.execute(
        """
        INSERT INTO auction_record AS old (guild_id, bidder, low, tasks, seconds, cost)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (guild_id, bidder) DO UPDATE SET low = excluded.low, tasks = excluded.tasks,
            seconds = old.seconds + %s * (excluded.seconds - old.seconds),
            cost = old.cost + %s * (excluded.cost - old.cost)
        """,
        (guild_id, bidder, known.low, known.tasks, seconds, cost, WEIGHT, WEIGHT),
    )
