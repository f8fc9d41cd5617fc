"""What is said of auctions: the rows as they are read, and what new ones are made from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from bot.work.allocation.bids import Decision, Terms
from bot.work.allocation.claim import Claim
from bot.work.tasks.task import NewTask, Worker

type AuctionState = Literal[
    "open", "decided", "veto", "awarded", "settled", "nobody", "vetoed", "taken", "cancelled"
]
"""``decided``: there is a winner, but no room in the queue yet. ``taken``: somebody else had the task by then."""
type Via = Literal["agent", "button", "command", "bus"]
type AuctionEventKind = Literal[
    "called", "bid", "withdrawn", "late", "closed", "veto_open", "vetoed", "awarded", "waits", "lost", "nobody",
    "taken", "cancelled", "settled",
]  # fmt: skip

LIVE: frozenset[AuctionState] = frozenset({"open", "decided", "veto", "awarded"})


@dataclass(frozen=True, slots=True)
class AuctionRules:
    """What holds in one auction, said with the call."""

    terms: Terms = field(default_factory=Terms)
    veto_over: float = 0.0
    """Whoever's bid is expected to cost more US dollars can be vetoed before they are given the task; 0: nobody."""
    veto_seconds: float = 300.0
    again: bool = False
    """After a veto there is no runner-up: the auction is over, and may be called again."""
    fallback: str = "people"
    """What happens without a bid: a strategy of queues, or ``people``: whoever claims the task has it."""
    usual_seconds: float = 60.0
    """What a task is taken to take somebody of whom nothing is known yet."""


RULES = TypeAdapter(AuctionRules)


@dataclass(frozen=True, slots=True)
class BidBy:
    """A bid as it is made. ``match`` and ``concurrency`` are facts about the bidder, which whoever passes it on vouches for."""

    worker: Worker
    claim: Claim
    via: Via
    match: float = 1.0
    concurrency: int = 1


@dataclass(frozen=True, slots=True)
class NewAuction:
    """What an auction starts with: a task that is there or is made for it, how long bids are taken, and first bids.

    ``workflow`` is called with ``auction``, the id as text: it wakes the auction when it is due.
    """

    task: UUID | NewTask
    seconds: float
    workflow: str
    rules: AuctionRules = field(default_factory=AuctionRules)
    bids: Sequence[BidBy] = ()
    announcement: str = ""
    """What the bot says in the queue where the task is made; ``{number}`` is filled in."""
    reserved: str = ""
    """What whoever tries to claim the task meanwhile is told; ``{number}`` is filled in."""


@dataclass(frozen=True, slots=True)
class Auction:
    """An auction as the database has it."""

    id: UUID
    guild_id: int
    number: int
    task_id: UUID
    asked_by: int
    rules: dict[str, Any]
    opened_at: datetime
    closes_at: datetime
    state: AuctionState
    run_id: UUID | None
    decision: dict[str, Any] | None
    winner: str | None
    winner_name: str
    gone: list[str]
    veto_until: datetime | None
    award_fence: int | None
    awarded_at: datetime | None
    reason: str
    ended_at: datetime | None
    said_row: int | None
    shown: str
    edits: int

    @property
    def is_live(self) -> bool:
        """Whether it goes on."""
        return self.state in LIVE

    @property
    def how(self) -> AuctionRules:
        """Its rules."""
        return RULES.validate_python(self.rules)

    @property
    def outcome(self) -> Decision | None:
        """The bids in their order, and those that do not count; None before the close."""
        return None if self.decision is None else DECISION.validate_python(self.decision)


DECISION = TypeAdapter(Decision)


@dataclass(frozen=True, slots=True)
class AuctionBid:
    """That somebody bid; ``claim`` and ``salt`` are None as long as the auction is open."""

    id: int
    bidder: str
    bidder_name: str
    seal: str | None
    via: Via
    match: float
    concurrency: int
    at: datetime
    salt: bytes | None = None
    sealed: str | None = None

    @property
    def taken_back(self) -> bool:
        """Whether it takes back what the same bidder bid before."""
        return self.seal is None


@dataclass(frozen=True, slots=True)
class AuctionEvent:
    """Something that happened to an auction."""

    id: int
    auction_id: UUID
    kind: AuctionEventKind
    bidder: str
    bidder_name: str
    body: dict[str, Any]
    at: datetime

    @property
    def member(self) -> int | None:
        """The person it is about; None where it is not a person."""
        return member_of(self.bidder)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a bidder: how far they estimated too ``low`` over ``tasks``, and what tasks took them lately."""

    low: float
    tasks: int
    seconds: float
    cost: float


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a bid: its ``seal``, how many bidders there are now, and whether it took another one's place."""

    seal: str
    count: int
    replaced: bool


def member_of(key: str) -> int | None:
    """The id of the person whose key this is."""
    kind, _, name = key.partition(":")
    return int(name) if kind == "member" else None


def worker_of(key: str, name: str) -> Worker:
    """Whoever bid, as somebody who can hold a task."""
    kind, _, its_id = key.partition(":")
    return Worker("agent" if kind == "agent" else "member", its_id, name)
