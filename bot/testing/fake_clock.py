"""A clock that stands still until a test moves it."""

import asyncio
import heapq
import itertools
import math
from datetime import UTC, datetime, timedelta
from typing import override

from bot.clock import Clock
from bot.errors import TimedOut, UserError

DEFAULT_TIMEOUT = 10.0
_TURNS = 50
"""How many turns of the event loop code gets after each sleeper that woke; what only computes needs far fewer."""


def _whole_second() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class FakeClock:
    """Time for a bot and a local Discord that passes only by `advance`; it starts at ``start`` or else now.

    It governs what goes by `bot.clock.Clock`: in a local Discord all of its times (ids, timestamps, the three seconds
    and fifteen minutes of interactions, archiving); in a bot what a cog sees (``run.clock``, the date an agent is told,
    how far back history goes) and the pauses after a model's failures.

    It does not govern Postgres' time, and so neither what is compared with it: leases, heartbeats, the budget's
    ``seconds`` and the outbox' pauses stay real, as do network timeouts and ``asyncio.timeout``.
    """

    def __init__(self, start: datetime | None = None) -> None:
        if start is not None and start.tzinfo is None:
            raise UserError(
                "Give the fake clock a time with a time zone, such as datetime(2026, 1, 5, 9, tzinfo=UTC)."
            )
        self._start = start or _whole_second()
        self._passed = 0.0
        self._numbers = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._fell_asleep = asyncio.Event()

    @property
    def clock(self) -> Clock:
        """This as the clock that parts of the bot and the local Discord take."""
        return Clock(now=self.now, monotonic=self.monotonic, sleep=self.sleep)

    def now(self) -> datetime:
        """What time it is, in UTC."""
        return (self._start + timedelta(seconds=self._passed)).astimezone(UTC)

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Sleep until the test has advanced the clock by so many seconds."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + seconds, next(self._numbers), sleeper))
        self._fell_asleep.set()
        await sleeper

    async def advance(self, by: timedelta | float) -> None:
        """Let time pass (seconds or a timedelta): who sleeps wakes in order, and the loop settles after each.

        Code gets its turns as long as it only computes. For what goes over the network or to the database wait with a
        waiting helper; whoever falls asleep after that, sleeps from the new time on.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        if seconds < 0:
            raise UserError("Time cannot go back; make another FakeClock with an earlier start.")
        until = self._passed + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, sleeper = heapq.heappop(self._sleepers)
            if sleeper.done():
                continue
            self._passed = max(self._passed, due)
            sleeper.set_result(None)
            await _settle()
        self._passed = until
        await _settle()

    async def advance_to(self, moment: datetime) -> None:
        """Let time pass until ``moment``."""
        await self.advance(moment - self.now())

    async def until_asleep(
        self,
        seconds: timedelta | float,
        *,
        at_most: timedelta | float = math.inf,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        """Wait until something sleeps for at least that long from now, so that `advance` will wake it.

        ``at_most`` tells it from what sleeps longer: a thread, for one, is archived after a day of silence.

        Raises:
            TimedOut: nothing did in ``timeout`` real seconds; the sentence says what sleeps.
        """
        least, most = (
            one.total_seconds() if isinstance(one, timedelta) else one for one in (seconds, at_most)
        )
        deadline = asyncio.timeout(timeout)
        try:
            async with deadline:
                while not any(least <= left <= most for left in self.asleep()):
                    self._fell_asleep.clear()
                    await self._fell_asleep.wait()
        except TimeoutError:
            if not deadline.expired():
                raise
            wanted = f"{least:g} seconds or more" if most == math.inf else f"{least:g} to {most:g} seconds"
            sleepers = ", ".join(f"{left:g} s" for left in self.asleep()) or "nothing"
            raise TimedOut(
                f"Nothing slept for {wanted} of the fake clock; what sleeps: {sleepers}."
            ) from None

    def asleep(self) -> list[float]:
        """How many seconds each sleeper still sleeps, the next to wake first."""
        return sorted(due - self._passed for due, _, sleeper in self._sleepers if not sleeper.done())

    @override
    def __repr__(self) -> str:
        return f"<FakeClock {self.now().isoformat()}, {len(self.asleep())} asleep>"


async def _settle() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
