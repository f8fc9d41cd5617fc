"""What is said of votes: the rows as they are read, what new ones are made from, and the outcome as it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from bot.work.tasks.task import Worker
from bot.work.votes.tally import Method

type VoteState = Literal["collecting", "revealed", "open", "closed", "cancelled"]
type Via = Literal["button", "reaction", "agent", "poll"]
type Ended = Literal["chosen", "again", "quorum", "silence", "nothing"]
"""``again``: none of these won. ``quorum``: too few voted. ``silence``: nobody did. ``nothing``: there was no proposal."""

NONE = "0"
"""The option that none of the others is wanted."""
LETTERS = "ABCDEFGHIJKLMNOPQRST"
"""What options are called; there are no more of them than this."""
MOST_PROPOSALS = 10
"""Of people; agents bring no more than the other half."""
LONGEST_PROPOSAL = 4_000


@dataclass(frozen=True, slots=True)
class VoteRules:
    """What holds in one vote, said before it begins.

    ``quorum`` is how many people have to vote. ``voters`` is a role (None: everybody who sees it); ``weights`` are roles
    whose ballots count for more, the highest of theirs for each person. With ``poll`` people vote in a poll of Discord's, which
    everybody sees.
    """

    method: Method = "approval"
    quorum: int = 0
    voters: int | None = None
    weights: tuple[tuple[int, int], ...] = ()
    none: bool = True
    reactions: bool = False
    poll: bool = False

    def weight_of(self, roles: frozenset[int]) -> int:
        """What the ballot of somebody with these roles counts for."""
        return max([weight for role, weight in self.weights if role in roles], default=1)


RULES = TypeAdapter(VoteRules)


@dataclass(frozen=True, slots=True)
class Option:
    """Something to vote for. Who wrote it is for people only when the vote is over."""

    letter: str
    text: str
    author: str
    """The key of whoever wrote it."""
    name: str
    label: str = ""
    """What must be said of a text that no language model has written."""
    cost: float | None = None
    tokens: int = 0


OPTIONS = TypeAdapter(tuple[Option, ...])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a vote. ``advice`` is what agents chose, which counts for nothing; by option, as ``scores``."""

    ended: Ended
    winner: str | None = None
    ranking: tuple[str, ...] = ()
    scores: Mapping[str, int] = field(default_factory=dict[str, int])
    tied: tuple[str, ...] = ()
    voters: int = 0
    weight: int = 0
    behind: int = 0
    """How many of the people who voted chose the winner, or ranked it first."""
    advice: Mapping[str, int] = field(default_factory=dict[str, int])
    advisers: int = 0


OUTCOME = TypeAdapter(Outcome)


@dataclass(frozen=True, slots=True)
class NewVote:
    """What a vote begins with. ``id`` is that of the run that holds it."""

    id: UUID
    channel_id: int
    asked_by: Worker
    question: str
    rules: VoteRules = field(default_factory=VoteRules)
    supersedes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote as the database has it."""

    id: UUID
    guild_id: int
    number: int
    channel_id: int
    thread_id: int | None
    asked_by: int
    asked_name: str
    question: str
    rules: dict[str, Any]
    state: VoteState
    options: list[dict[str, Any]]
    wake: UUID | None
    created_at: datetime
    opened_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None
    reason: str
    outcome: dict[str, Any] | None
    ballots_hash: str
    record: dict[str, Any]
    supersedes: UUID | None
    superseded_by: UUID | None
    said_row: int | None
    shown: str
    edits: int
    poll_id: int | None

    @property
    def how(self) -> VoteRules:
        """Its rules."""
        return RULES.validate_python(self.rules)

    @property
    def proposals(self) -> tuple[Option, ...]:
        """What is voted on, by letter; empty before it is shown."""
        return OPTIONS.validate_python(self.options)

    @property
    def letters(self) -> tuple[str, ...]:
        """What can be chosen; the last is that none of the others is wanted, where the rules allow it."""
        return (*(one.letter for one in self.proposals), *((NONE,) if self.how.none else ()))

    @property
    def result(self) -> Outcome | None:
        """What came of it; None before the close."""
        return None if self.outcome is None else OUTCOME.validate_python(self.outcome)

    @property
    def is_over(self) -> bool:
        """Whether nothing changes any more."""
        return self.state in {"closed", "cancelled"}

    def option(self, letter: str | None) -> Option | None:
        """The proposal with a letter."""
        return next((one for one in self.proposals if one.letter == letter), None)

    def tie_seed(self) -> str:
        """What ties are broken with, known to nobody before the last ballot is in."""
        return f"{self.id}:{self.ballots_hash}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person proposes, before all is shown."""

    author: str
    name: str
    body: str


@dataclass(frozen=True, slots=True)
class NewBallot:
    """What somebody chooses; an empty ``choice`` takes back what they chose before.

    ``event_id`` is Discord's number of what they did, by which the last of it counts; 0: now.
    """

    voter: Worker
    choice: tuple[str, ...]
    event_id: int
    via: Via = "button"
    weight: int = 1


@dataclass(frozen=True, slots=True)
class SealedBallot:
    """That somebody voted; ``salt`` and ``choice`` are None as long as the vote is open."""

    id: int
    voter: str
    event_id: int
    weight: int
    via: Via
    seal: str | None
    at: datetime
    salt: bytes | None = None
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a ballot: its ``seal`` (None: it is taken back), and how many people have voted by now."""

    seal: str | None
    turnout: int
    changed: bool
