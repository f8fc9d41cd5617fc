"""A clock whose time of day can be stepped, as when a machine's clock is set; time that passes goes on as it was."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.clock import Clock

EARLIEST, LATEST = datetime(2015, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Ids hold no time before 2015, and the files that keep the state none that is far away."""


def _nothing() -> None:
    return


@dataclass(slots=True)
class SteppedClock:
    """``inner``'s time of day and an offset to it; ``clock`` is what others are given.

    ``stepped`` is called after each step, since nothing that waits until a time of day would notice it.
    """

    inner: Clock
    offset: timedelta = field(default_factory=timedelta)
    stepped: Callable[[], None] = _nothing

    @property
    def clock(self) -> Clock:
        """A clock that shows every step from now on."""
        return Clock(now=self.now, monotonic=self.inner.monotonic, sleep=self.inner.sleep)

    def now(self) -> datetime:
        """The time of day."""
        return self.inner.now() + self.offset

    def allows(self, seconds: float) -> bool:
        """Whether a step ends at a time that ids and files can hold."""
        try:
            return EARLIEST <= self.now() + timedelta(seconds=seconds) <= LATEST
        except OverflowError:
            return False

    def step(self, seconds: float) -> None:
        """Set the clock forward, or back for less than 0.

        Raises:
            ValueError: the step leads out of the years 2015 to 2100.
        """
        if not self.allows(seconds):
            message = f"{seconds} seconds lead out of the years {EARLIEST.year} to {LATEST.year}."
            raise ValueError(message)
        self.offset += timedelta(seconds=seconds)
        self.stepped()

    def put_back(self) -> None:
        """Show the inner clock's time again."""
        self.offset = timedelta()
        self.stepped()
