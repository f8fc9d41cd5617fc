"""Closes an auction: opens the seals, measures what nobody is asked for, and decides."""

from collections.abc import Mapping, Sequence

from bot.work.allocation.bids import Bid, Decision, Refused, decide
from bot.work.allocation.calibration import Calibration
from bot.work.allocation.candidates import Candidate
from bot.work.allocation.claim import read
from bot.work.auctions import bid_table, record_table
from bot.work.auctions.auction import Auction, AuctionBid, AuctionRules, Record
from bot.work.sealed.seal import opened
from bot.work.surface import Connection
from bot.work.tasks import task_table

NO_FIT = "Its seal does not fit what it says."


async def decided(conn: Connection, auction: Auction) -> Decision:
    """The bids in their order; the caller has locked the auction and seen that its time is over."""
    bids = last_of_each(await bid_table.of_auction(conn, auction.id))
    keys = [bid.bidder for bid in bids]
    records = await record_table.of_bidders(conn, auction.guild_id, keys)
    in_hand = await task_table.in_hand(conn, auction.guild_id, keys)
    counted: list[Bid] = []
    broken: list[Refused] = []
    for bid in bids:
        made = measured(auction, bid, records, in_hand)
        if made is None:
            broken.append(Refused(Bid(bid.bidder, bid.bidder_name, 0.0), NO_FIT))
        else:
            counted.append(made)
    decision = decide(auction.id, counted, closes_at=auction.closes_at, terms=auction.how.terms)
    return Decision(decision.ranking, (*decision.refused, *broken))


def last_of_each(bids: Sequence[AuctionBid]) -> list[AuctionBid]:
    """What stands at the close: of each bidder the last bid, unless they took it back."""
    last: dict[str, AuctionBid] = {}
    for bid in sorted(bids, key=lambda one: one.id):
        last[bid.bidder] = bid
    return [bid for bid in last.values() if not bid.taken_back]


def measured(
    auction: Auction, bid: AuctionBid, records: Mapping[str, Record], in_hand: Mapping[str, int]
) -> Bid | None:
    """A bid with what was measured of its bidder; None where its seal does not fit."""
    said = opened(auction.id, bid.bidder, bid.seal, bid.salt, bid.sealed)
    if said is None:
        return None
    claim, known = read(said), records.get(bid.bidder)
    return Bid(
        bid.bidder,
        bid.bidder_name,
        claim.seconds,
        claim.cost,
        waiting(bid, known, in_hand.get(bid.bidder, 0), auction.how),
        bid.match,
        Calibration() if known is None else Calibration(known.low, known.tasks),
        bid.at,
    )


def waiting(bid: AuctionBid, known: Record | None, in_hand: int, rules: AuctionRules) -> float:
    """In how many seconds a bidder could begin: measured from what they have in hand."""
    each = rules.usual_seconds if known is None else known.seconds
    loaded = Candidate(
        bid.bidder, bid.bidder_name, running=in_hand, concurrency=bid.concurrency, seconds_each=each
    )
    return loaded.wait_seconds
