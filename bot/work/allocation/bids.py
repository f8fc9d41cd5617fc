"""Decides an auction: sealed bids, the lowest wins, and the runner-up is known where the winner dies.

The messages are those of the contract net (FIPA SC00029H): a call with a deadline, proposals, an award.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.work.allocation.calibration import UNKNOWN, Calibration
from bot.work.allocation.candidates import Award, Candidate, Considered, Need, drawn


@dataclass(frozen=True, slots=True)
class Bid:
    """What somebody says a task will take. ``seconds`` and ``cost`` (US dollars) are claims, the rest is measured."""

    bidder: str
    name: str
    seconds: float
    cost: float = 0.0
    wait_seconds: float = 0.0
    match: float = 1.0
    calibration: Calibration = UNKNOWN
    at: datetime | None = None
    """When it came; None for one that was reckoned at the close."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What counts how much, everything in seconds: a dollar, and lacking all that was asked for."""

    seconds_a_dollar: float = 600.0
    seconds_unfit: float = 3_600.0
    least_match: float = 1.0
    """Who has less than this part of the capabilities may not bid; people who volunteer may be let in by lowering it."""


DEFAULT_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Scored:
    """A bid with its score, the lower the better, and what it consists of."""

    bid: Bid
    score: float
    wait: float
    work: float
    money: float
    unfit: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A bid that does not count, and why, in a sentence."""

    bid: Bid
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """An auction's end: the bids that counted, the best first, and those that did not."""

    ranking: tuple[Scored, ...]
    refused: tuple[Refused, ...] = ()

    @property
    def winner(self) -> str | None:
        """Whose bid is the lowest."""
        return self.ranking[0].bid.bidder if self.ranking else None

    def next_after(self, gone: frozenset[str]) -> str | None:
        """The best bidder who is not among those that are ``gone``."""
        return next((one.bid.bidder for one in self.ranking if one.bid.bidder not in gone), None)


def bid_of(candidate: Candidate, need: Need, *, cost: float = 0.0, calibration: Calibration = UNKNOWN) -> Bid:
    """What is reckoned for an agent from what was measured: nobody is asked who could flatter himself."""
    return Bid(
        candidate.id,
        candidate.name,
        candidate.seconds_each,
        cost,
        candidate.wait_seconds,
        candidate.match(need),
        calibration,
    )


def decide(
    task_id: UUID, bids: Sequence[Bid], *, closes_at: datetime, terms: Terms = DEFAULT_TERMS
) -> Decision:
    """Decide by the lowest score; the order of ``bids`` does not matter, and of somebody's bids the last in time counts."""
    reasons = [(bid, _refusal(bid, closes_at, terms)) for bid in bids]
    # What does not count is left out before anything is ordered: no order holds with what is not a number.
    latest = {bid.bidder: bid for bid in sorted((bid for bid, reason in reasons if not reason), key=_age)}
    refused = [Refused(bid, reason) for bid, reason in reasons if reason]
    scored = [_scored(bid, terms) for bid in latest.values()]
    ranking = sorted(scored, key=lambda one: (one.score, drawn(task_id, one.bid.bidder)))
    return Decision(tuple(ranking), tuple(refused))


def award_of(decision: Decision, fallback: str) -> Award:
    """The decision as an award; ``fallback`` says in a sentence what happens without a bid."""
    if not decision.ranking:
        return Award(None, f"Nobody bid. {fallback}")
    best = decision.ranking[0]
    considered = tuple(Considered(one.bid.bidder, one.bid.name, explained(one)) for one in decision.ranking)
    others = len(decision.ranking) - 1
    against = "the only bid" if not others else f"the lowest of {others + 1} bids"
    return Award(best.bid.bidder, f"{best.bid.name} made {against}: {explained(best)}.", considered)


def explained(scored: Scored) -> str:
    """What a score consists of, in words."""
    parts = [f"{scored.wait:.0f} s of waiting", f"{scored.work:.0f} s of work"]
    if scored.money:
        parts.append(f"{scored.money:.0f} s for ${scored.bid.cost:.4f}")
    if scored.unfit:
        parts.append(f"{scored.unfit:.0f} s for what is lacking")
    factor = f"{scored.bid.calibration.factor:.1f}"
    doubted = "" if factor == "1.0" else f", estimates taken {factor} times, as earlier ones were too low"
    return f"{scored.score:.0f} ({' + '.join(parts)}{doubted})"


def _age(bid: Bid) -> tuple[float, ...]:
    """What orders somebody's bids: of those that came at the same time the dearest counts, in whatever order they are given."""
    at = -math.inf if bid.at is None else bid.at.timestamp()
    known = bid.calibration
    return at, bid.seconds, bid.cost, bid.wait_seconds, -bid.match, known.low, known.tasks


def _refusal(bid: Bid, closes_at: datetime, terms: Terms) -> str:
    if bid.at is not None and bid.at > closes_at:
        return "It came after the close."
    claims = (bid.seconds, bid.cost, bid.wait_seconds)
    if not all(math.isfinite(claim) and claim >= 0 for claim in claims) or bid.seconds == 0:
        return "It names no time or cost that could be true."
    if bid.match < terms.least_match:
        return "It is from somebody who lacks what the task needs."
    return ""


def _scored(bid: Bid, terms: Terms) -> Scored:
    factor = bid.calibration.factor
    work, money = bid.seconds * factor, bid.cost * factor * terms.seconds_a_dollar
    unfit = (1 - bid.match) * terms.seconds_unfit
    return Scored(bid, bid.wait_seconds + work + money + unfit, bid.wait_seconds, work, money, unfit)
