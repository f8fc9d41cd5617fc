"""Lets requests go one after the other as the limits allow, the urgent ones first."""

import asyncio
from dataclasses import dataclass

from bot.clock import Clock
from bot.discord.failures import DiscordUnavailable
from bot.discord.limits import FOREVER, Limits, RouteKey, Urgency

GRAIN = 0.001
"""Seconds added to a pause, so that a clock which wakes a hair early need not be asked twice."""


@dataclass(slots=True)
class _Waiting:
    urgency: Urgency
    number: int
    route: RouteKey
    until: float
    admitted: asyncio.Future[None]


class Turns:
    """The queue in front of `Limits`; whoever got a turn tells the outcome to ``limits`` and calls `changed`."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._number = 0
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = FOREVER

    async def take(self, route: RouteKey, urgency: Urgency, patience: float) -> None:
        """Wait for a turn and count the request as sent.

        Raises `DiscordUnavailable` at once where the turn would come later than ``patience`` seconds from now.
        """
        self._number += 1
        until = self._clock.monotonic() + patience
        mine = _Waiting(urgency, self._number, route, until, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        self._waiting.sort(key=lambda one: (one.urgency, one.number))
        self.changed()
        try:
            await mine.admitted
        except asyncio.CancelledError:
            if mine.admitted.done() and not mine.admitted.cancelled() and mine.admitted.exception() is None:
                self.limits.unanswered(route)
            self.changed()
            raise

    def changed(self) -> None:
        """Admit whoever may go now, and set the alarm for the next."""
        now = self._clock.monotonic()
        soonest = FOREVER
        left: list[_Waiting] = []
        for one in self._waiting:
            if one.admitted.done():
                continue
            pause = self.limits.wait(one.route, one.urgency)
            if pause == 0:
                self.limits.begin(one.route)
                one.admitted.set_result(None)
            elif now >= one.until or one.until < now + pause < FOREVER:
                one.admitted.set_exception(_too_long(pause if pause < FOREVER else 1.0))
            else:
                soonest = min(soonest, now + pause, one.until)
                left.append(one)
        self._waiting = left
        self._ring_at(soonest)

    def close(self) -> None:
        """Stop waking up."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring_at(self, moment: float) -> None:
        if moment == self._alarm_at and self._alarm is not None and not self._alarm.done():
            return
        if self._alarm is not None and self._alarm is not asyncio.current_task():
            self._alarm.cancel()
        self._alarm, self._alarm_at = None, moment
        if moment < FOREVER:
            self._alarm = asyncio.create_task(self._ring(moment), name="rate limits")

    async def _ring(self, moment: float) -> None:
        await self._clock.sleep(max(0.0, moment - self._clock.monotonic()) + GRAIN)
        self._alarm_at = FOREVER
        self.changed()


def _too_long(pause: float) -> DiscordUnavailable:
    return DiscordUnavailable(
        "Discord's rate limit is used up for the moment.", retry_after=pause, sent=False
    )
