"""Reckons an auction again from what is stored: the same seals, bids and seed must give the same outcome."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.work.allocation.bids import Bid, Decision, decide
from bot.work.allocation.claim import read
from bot.work.auctions.auction import DECISION, Auction, AuctionBid, AuctionEvent
from bot.work.auctions.closing import last_of_each
from bot.work.sealed.seal import opened

CHANGED_CLAIM = "{name}'s bid is not what was sealed"
NOT_COUNTED = "{name}'s bid was not counted"
COUNTED = "{name}'s bid was counted though it does not stand"
OTHER_ORDER = "the order was said to be {stored}, and is {found}"
OTHER_WINNER = "{stored} was given the task, and it was the turn of {found}"
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Replay:
    """An auction reckoned again. ``differences`` says, in words, where it is not what was awarded."""

    decision: Decision
    winners: tuple[str, ...]
    """Whose turn it was, one after the other, by name."""
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether it is what was awarded."""
        return not self.differences


def replayed(auction: Auction, bids: Sequence[AuctionBid], log: Sequence[AuctionEvent]) -> Replay:
    """Reckon an auction again that has been closed.

    What was measured at the close (load, earlier estimates) is taken from the log, everything else from the sealed bids.
    """
    stored = next((DECISION.validate_python(one.body) for one in log if one.kind == "closed"), Decision(()))
    measured = {one.bid.bidder: one.bid for one in stored.ranking}
    measured |= {one.bid.bidder: one.bid for one in stored.refused}
    standing = last_of_each(bids)
    differences: list[str] = []
    again: list[Bid] = []
    for bid in standing:
        known = measured.get(bid.bidder)
        said = opened(auction.id, bid.bidder, bid.seal, bid.salt, bid.sealed)
        if known is None:
            differences.append(NOT_COUNTED.format(name=bid.bidder_name))
        elif said is None:
            differences.append(CHANGED_CLAIM.format(name=bid.bidder_name))
        else:
            claim = read(said)
            again.append(replace(known, seconds=claim.seconds, cost=claim.cost, match=bid.match, at=bid.at))
    there = {bid.bidder for bid in standing}
    differences += [COUNTED.format(name=one.name) for key, one in measured.items() if key not in there]
    decision = decide(auction.id, again, closes_at=auction.closes_at, terms=auction.how.terms)
    found, said = (", ".join(one.bid.name for one in each.ranking) for each in (decision, stored))
    if [one.bid.bidder for one in decision.ranking] != [one.bid.bidder for one in stored.ranking]:
        differences.append(OTHER_ORDER.format(stored=said or NOBODY, found=found or NOBODY))
    winners, wrong = _turns(decision, log)
    return Replay(decision, winners, (*differences, *wrong))


def _turns(decision: Decision, log: Sequence[AuctionEvent]) -> tuple[tuple[str, ...], list[str]]:
    """Walk through the log: at each award it was the turn of the best who was left."""
    gone: set[str] = set()
    winners: list[str] = []
    wrong: list[str] = []
    for event in log:
        if event.kind in {"vetoed", "lost"}:
            gone.add(event.bidder)
        if event.kind != "awarded":
            continue
        turn = next((one.bid for one in decision.ranking if one.bid.bidder not in gone), None)
        winners.append(event.bidder_name)
        if turn is None or turn.bidder != event.bidder:
            name = NOBODY if turn is None else turn.name
            wrong.append(OTHER_WINNER.format(stored=event.bidder_name, found=name))
    return tuple(winners), wrong
