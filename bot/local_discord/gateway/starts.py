"""How often an application may identify: a number of times a day, and so many shards at a time.

https://discord.com/developers/docs/events/gateway#session-start-limit-object
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bot.local_discord.model import Json
from bot.local_discord.settings import SessionStarts

type Verdict = Literal["fine", "too fast", "used up"]


@dataclass(slots=True)
class _Day:
    began: float
    used: int = 0


@dataclass(slots=True)
class Starts:
    """Counts every IDENTIFY; a RESUME costs nothing."""

    limits: SessionStarts
    monotonic: Callable[[], float]
    _days: dict[int, _Day] = field(default_factory=dict[int, _Day])
    _last: dict[tuple[int, int], float] = field(default_factory=dict[tuple[int, int], float])

    def take(self, application_id: int, shard: int) -> Verdict:
        """Count one; whether it may go on. Where the limits are not enforced it always may."""
        limits, now = self.limits, self.monotonic()
        key = (application_id, shard % limits.max_concurrency)
        last = self._last.get(key)
        if limits.enforced and last is not None and now - last < limits.concurrency_window:
            return "too fast"
        self._last[key] = now
        day = self._day(application_id)
        day.used += 1
        return "used up" if limits.enforced and day.used > limits.total else "fine"

    def as_json(self, application_id: int) -> Json:
        """``session_start_limit`` as GET /gateway/bot gives it."""
        limits, day = self.limits, self._day(application_id)
        left = max(0.0, day.began + limits.window - self.monotonic()) if day.used else limits.window
        return {
            "total": limits.total,
            "remaining": max(0, limits.total - day.used),
            "reset_after": round(left * 1000),
            "max_concurrency": limits.max_concurrency,
        }

    def _day(self, application_id: int) -> _Day:
        now = self.monotonic()
        day = self._days.get(application_id)
        if day is None or not day.used or now - day.began >= self.limits.window:
            day = self._days[application_id] = _Day(now)
        return day
