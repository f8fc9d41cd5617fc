"""How long to wait before a server is started again."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Restarts:
    """How long to wait before a server is started again, in seconds: doubling, with jitter, up to a limit."""

    first_seconds: float = 0.5
    most_seconds: float = 60.0
    steady_seconds: float = 30.0
    """A server that ran this long starts over at the first wait."""

    def wait(self, failures: int, rng: random.Random) -> float:
        """The wait after ``failures`` failures in a row, between half of it and all of it."""
        whole = min(self.most_seconds, self.first_seconds * 2.0 ** min(failures - 1, 30))
        return whole * rng.uniform(0.5, 1.0)
