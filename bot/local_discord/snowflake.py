"""Ids as Discord makes them: milliseconds since 2015 in the upper bits, so that they sort by time."""

from datetime import UTC, datetime, timedelta

from bot.clock import Clock

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
LARGEST = (1 << 63) - 1


class Snowflakes:
    """Hands out ids that only ever grow, also when the clock steps back or the program starts again."""

    def __init__(self, clock: Clock, *, last: int = 0) -> None:
        self._clock = clock
        self.last = last

    def take(self) -> int:
        """A new id, larger than every id before it."""
        milliseconds = (self._clock.now() - EPOCH) // timedelta(milliseconds=1)
        self.last = max(milliseconds << 22, self.last + 1)
        return self.last

    def at_least(self, used: int) -> None:
        """Never hand out ``used`` or anything below it again."""
        self.last = max(self.last, used)


def moment(snowflake: int) -> datetime:
    """When an id was made."""
    return EPOCH + timedelta(milliseconds=snowflake >> 22)
