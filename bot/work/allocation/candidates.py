"""What an award is decided from, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from random import Random
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Need:
    """A task that wants somebody: what it needs and for how long it has waited."""

    task_id: UUID
    capabilities: frozenset[str] = frozenset()
    priority: int = 0
    waited: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent or a person who could do it. ``running`` and ``waiting`` are counted, never asked for.

    ``id`` is unique among all; ``name`` is shown. ``seconds_each`` is what a task has taken them lately.
    """

    id: str
    name: str
    capabilities: frozenset[str] = frozenset()
    running: int = 0
    waiting: int = 0
    concurrency: int = 1
    seconds_each: float = 60.0

    @property
    def load(self) -> float:
        """Tasks in hand for each that they can do at once: 1 is busy, above that tasks wait."""
        return (self.running + self.waiting) / max(1, self.concurrency)

    @property
    def wait_seconds(self) -> float:
        """How long a further task would wait: nothing while there is room, then in turn behind those in hand."""
        ahead = self.running + self.waiting - self.concurrency + 1
        return max(0, ahead) * self.seconds_each / max(1, self.concurrency)

    def can(self, need: Need) -> bool:
        """Whether they have every capability that is asked for."""
        return need.capabilities <= self.capabilities

    def match(self, need: Need) -> float:
        """How much of what is asked for they have, from 0 to 1."""
        if not need.capabilities:
            return 1.0
        return len(need.capabilities & self.capabilities) / len(need.capabilities)


@dataclass(frozen=True, slots=True)
class Considered:
    """One candidate as a strategy saw it; ``why`` is a few words for people."""

    id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Award:
    """Who gets the task, the reason in a sentence, and everybody who was considered, the best first.

    Without a ``winner`` the reason says what the task waits for.
    """

    winner: str | None
    reason: str
    considered: tuple[Considered, ...] = ()


class Strategy(Protocol):
    """Decides who gets a task; the order in which candidates are given must not matter."""

    def __call__(self, need: Need, candidates: Sequence[Candidate], chance: Random) -> Award:
        """Decide; ``chance`` is the only source of randomness."""
        ...


def drawn(task_id: UUID, candidate_id: str) -> bytes:
    """Breaks ties: another order for each task, the same for everybody who reckons it again."""
    return sha256(f"{task_id}:{candidate_id}".encode()).digest()
