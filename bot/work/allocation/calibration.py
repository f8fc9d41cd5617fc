"""How far somebody's estimates are to be believed, learnt from what their tasks then took."""

import math
from dataclasses import dataclass

WEIGHT = 0.2
"""How much the newest task counts against all before it."""
DOUBT = 2.0
"""So many tasks' worth of "believed at first" stand against what was observed."""
TOLERANCE = math.log(1.15)
"""Estimates that are low by up to this (of the logarithm) are luck."""
LARGEST = math.log(20.0)
"""One task that took forever does not ruin a name."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known of somebody's estimates: ``low`` is the mean logarithm of taken / estimated, over ``tasks``."""

    low: float = 0.0
    tasks: int = 0

    @property
    def factor(self) -> float:
        """What their next estimate is multiplied with, at least 1.

        It makes up for how low they estimate, and as much again: bidding low must not pay. Bidding high is not made
        up for, since it only loses them tasks.
        """
        believed = self.low * self.tasks / (self.tasks + DOUBT)
        return math.exp(2 * max(0.0, believed - TOLERANCE))

    def after(self, estimated: float, taken: float) -> "Calibration":
        """With one more task that was estimated to take (or cost) ``estimated`` and took ``taken``."""
        if not (estimated > 0 and taken > 0 and math.isfinite(estimated) and math.isfinite(taken)):
            return self
        ratio = max(-LARGEST, min(LARGEST, math.log(taken) - math.log(estimated)))
        weight = max(WEIGHT, 1 / (self.tasks + 1))
        return Calibration(self.low + weight * (ratio - self.low), self.tasks + 1)


UNKNOWN = Calibration()
"""Of whom nothing is known yet: believed."""
