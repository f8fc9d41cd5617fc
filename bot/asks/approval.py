"""What came of asking people for their approval."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Approval:
    """What people have decided about ``payload``, which is what they approved and may differ from what was asked."""

    approved: bool
    payload: Any
    reason: str = ""
    """Why not, a sentence with what people wrote."""
    version: int = 1
    by: tuple[int, ...] = ()
