"""What the bridge works with: where things are kept and said, how patient it is, and whom it lets do what."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.storage.database import Connection, Database
from bot.work.surface import Surface

COG = "mumega_bridge"
"""The cog whose buttons stand under what the bridge says."""


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """How patient it is, in seconds; the defaults are right outside tests."""

    fast: float = 2.0
    """Between two looks while something is under way."""
    rest: float = 15.0
    """Between two looks at rest."""
    claim: float = 60.0
    """How long sending one message may take before it is anybody's again."""
    first_pause: float = 1.0
    longest_pause: float = 60.0
    give_up: float = 6 * 3600.0
    """After how long without a bus a message counts as failed."""
    urgent: float = 30.0
    usual: float = 60.0
    """How long an answer is waited for before it is asked for again."""
    open_for: float = 3600.0
    """How long a request counts as the one that an answer without a name may be meant for."""
    alarm_after: int = 3
    """Failures in a row before people are told."""
    keep_days: int = 30


@dataclass(frozen=True, slots=True)
class OfficeRules:
    """Who we are on the bus, and what its agents may do."""

    line: str
    """Which bus, as which name: what letters are kept under."""
    name: str
    key: bytes = field(repr=False)
    review_channel: int | None = None
    may_write: Mapping[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    replies: bool = True


type IsOn = Callable[[Connection, int | None, int], Awaitable[bool]]
"""Whether the bridge is on in a channel (the last), of a server where that is known."""


@dataclass(frozen=True, slots=True)
class OfficeParts:
    """Everything that the pieces of the bridge share."""

    database: Database
    surface: Surface
    clock: Clock
    settings: OfficeSettings
    rules: OfficeRules
    is_on: IsOn
