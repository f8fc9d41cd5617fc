"""A model of agents with queues: tasks arrive by chance, a strategy says whose they are, durations are log-normal."""

import heapq
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import mean, quantiles
from uuid import UUID

from bot.work.allocation.candidates import Candidate, Need

type Choose = Callable[[Need, Sequence[Candidate], Random], str]


def lot(seed: int) -> Random:
    """Chance that can be had again."""
    return Random(seed)  # noqa: S311 - nothing depends on guessing it


@dataclass(slots=True)
class Desk:
    """An agent that does one task after another."""

    name: str
    waiting: deque[tuple[float, float]] = field(default_factory=deque[tuple[float, float]])
    busy: bool = False
    done: int = 0
    worked: float = 0.0
    area: float = 0.0
    """Tasks in hand, summed over time."""

    @property
    def in_hand(self) -> int:
        return len(self.waiting) + self.busy

    def as_candidate(self) -> Candidate:
        return Candidate(
            self.name, self.name, running=int(self.busy), waiting=len(self.waiting), seconds_each=1.0
        )


@dataclass(frozen=True, slots=True)
class Day:
    """How it went."""

    waits: list[float]
    worked: list[float]
    queues: list[float]

    @property
    def fairness(self) -> float:
        """Jain's index of the work done: 1 where all did the same."""
        return sum(self.worked) ** 2 / (len(self.worked) * sum(one * one for one in self.worked))

    @property
    def p95(self) -> float:
        return quantiles(self.waits, n=20)[-1]

    @property
    def worst_queue(self) -> float:
        """The longest queue (in the mean over time) over that of all."""
        return max(self.queues) / mean(self.queues)


def day(choose: Choose, *, tasks: int, agents: int, utilisation: float, seed: int) -> Day:
    """Let ``tasks`` arrive at such a rate that the agents are busy for ``utilisation`` of the time."""
    chance = lot(seed)
    sigma = 1.0
    mu = -sigma * sigma / 2  # so that a task takes 1 in the mean
    desks = [Desk(f"agent {number}") for number in range(agents)]
    by_name = {desk.name: desk for desk in desks}
    ends: list[tuple[float, str]] = []
    waits: list[float] = []
    now = 0.0

    def pass_until(moment: float) -> None:
        nonlocal now
        for desk in desks:
            desk.area += desk.in_hand * (moment - now)
        now = moment

    def begin(desk: Desk) -> None:
        came, takes = desk.waiting.popleft()
        desk.busy = True
        desk.worked += takes
        waits.append(now - came)
        heapq.heappush(ends, (now + takes, desk.name))

    def end_until(moment: float) -> None:
        while ends and ends[0][0] <= moment:
            at, name = heapq.heappop(ends)
            pass_until(at)
            desk = by_name[name]
            desk.busy = False
            desk.done += 1
            if desk.waiting:
                begin(desk)

    for number in range(tasks):
        arrives = now + chance.expovariate(agents * utilisation)
        end_until(arrives)
        pass_until(arrives)
        need = Need(UUID(int=number))
        chosen = by_name[choose(need, [desk.as_candidate() for desk in desks], chance)]
        chosen.waiting.append((now, math.exp(chance.gauss(mu, sigma))))
        if not chosen.busy:
            begin(chosen)
    end_until(math.inf)
    return Day(waits, [desk.worked for desk in desks], [desk.area for desk in desks])
