"""AC-A3 from the call to the measured end, on a real database: bidding low does not pay, and nobody can look first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.storage.database import Database
from bot.work.allocation.bids import Bid, decide
from bot.work.allocation.calibration import UNKNOWN
from bot.work.auctions.auction import Auction, BidBy
from bot.work.tasks.task import Worker
from tests.bot.work.allocation.queueing import lot
from tests.bot.work.auctions.hall import Hall, bid
from tests.sizes import size

BIDDERS = size("AC-A3 bidders on the whole path", small=4, stated=8)
LEARNING = size("AC-A3 tasks until it is known who bids low", small=16, stated=50)
ROUNDS = size("AC-A3 tasks after that on the whole path", small=16, stated=640)
LOWER = 5.0


async def test_ac_a3_who_bids_low_falls_below_a_fair_share(database: Database, database_url: str) -> None:
    """AC-A3: a fifth of the truth wins at first, and at most 1/N of a fair share after that; nobody reads a bid in time."""
    hall = Hall(database, database_url)
    await hall.bench.open()
    chance = lot(11)
    liar, *honest = [Worker("agent", f"bus-{number}", f"Bus {number}") for number in range(BIDDERS)]
    won, believed, in_the_open, read = Counter[str](), 0, 0, 0
    for number in range(LEARNING + ROUNDS):
        costs = {one.key: 60.0 * chance.lognormvariate(0, 0.1) for one in (liar, *honest)}
        made = [_bid(one, costs[one.key], lower=one == liar) for one in (liar, *honest)]
        chance.shuffle(made)
        auction, task = await hall.call(bids=tuple(made[:2]))
        for one in made[2:]:
            await hall.auctions.bid(auction.id, one)
            # Somebody who would like to bid a little less than the others looks, as often as they want.
            read += sum(each.sealed is not None for each in await hall.auctions.bids(auction.id))
        after = await hall.closed(auction)
        assert after.outcome is not None
        bids = [one.bid for one in after.outcome.ranking]
        winner = next(one for one in (liar, *honest) if one.key == after.winner)
        if number >= LEARNING:
            won[winner.key] += 1
            believed += _wins(auction, liar, [replace(one, calibration=UNKNOWN) for one in bids])
            others = [replace(one, calibration=UNKNOWN) for one in bids if one.bidder != liar.key]
            a_little_less = 0.99 * min(one.seconds for one in others)
            in_the_open += _wins(auction, liar, [*others, Bid(liar.key, liar.name, a_little_less)])
        await hall.work(task, winner, costs[winner.key])
        await hall.auctions.follow()
        assert (await hall.now(auction)).state == "settled"
    assert won[liar.key] <= ROUNDS / BIDDERS / BIDDERS
    assert set(won) >= {one.key for one in honest}
    assert read == 0
    assert believed > ROUNDS * 0.9, "the control: estimates that nobody holds against the end"
    assert in_the_open > ROUNDS * 0.9, (
        "the control: bids as messages in a channel, which whoever bids last has read"
    )


def _bid(worker: Worker, cost: float, *, lower: bool) -> BidBy:
    return bid(worker, cost / LOWER if lower else cost)


def _wins(auction: Auction, who: Worker, bids: Sequence[Bid]) -> bool:
    return decide(auction.id, bids, closes_at=auction.closes_at).winner == who.key
