"""How long and how much one fetch may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Limits of one fetch, redirects included; times in seconds, sizes in bytes."""

    total_seconds: float = 30.0
    connect_seconds: float = 10.0
    read_seconds: float = 15.0
    """The longest silence in the middle of an answer."""
    wire_bytes: int = 10_000_000
    """The answer's body as it is sent."""
    body_bytes: int = 20_000_000
    """The answer's body once decompressed."""
    ratio: int = 100
    """How many times larger than sent a body may become, once it is larger than `ratio_from_bytes`."""
    ratio_from_bytes: int = 1_000_000
    """Below this size any ratio is harmless, and short repetitive documents do exceed 100."""
    redirects: int = 5
