"""What somebody says a task will take them, and how that is written to be sealed."""

import json
import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says a task will take them: ``seconds``, and ``cost`` in US dollars."""

    seconds: float
    cost: float = 0.0

    @property
    def could_be_true(self) -> bool:
        """Whether these are numbers that work could have."""
        return (
            math.isfinite(self.seconds) and math.isfinite(self.cost) and self.seconds > 0 and self.cost >= 0
        )


def written(claim: Claim) -> str:
    """A claim as it is hashed: JSON with sorted keys, without spaces."""
    return json.dumps({"cost": claim.cost, "seconds": claim.seconds}, separators=(",", ":"), sort_keys=True)


def read(text: str) -> Claim:
    """A claim as it was written."""
    found = json.loads(text)
    return Claim(float(found["seconds"]), float(found["cost"]))
