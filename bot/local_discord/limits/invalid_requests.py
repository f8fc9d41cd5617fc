"""Counts the requests that Discord calls invalid, and shuts out for a time who makes too many.

https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.local_discord.limits.limit_rules import RateLimits

INVALID = frozenset({401, 403, 429})


@dataclass(slots=True)
class _Record:
    starts: float
    count: int = 0
    banned_until: float | None = None


@dataclass(slots=True)
class InvalidRequests:
    """Who made how many invalid requests; ``now`` only ever grows."""

    limits: RateLimits
    now: Callable[[], float]
    _records: dict[str, _Record] = field(default_factory=dict[str, _Record])

    def note(self, caller: str, status: int, *, shared: bool) -> None:
        """Count an answer if it is an invalid one; a 429 of a shared limit is nobody's fault."""
        if status not in INVALID or shared:
            return
        now = self.now()
        record = self._records.get(caller)
        if record is None or now >= record.starts + self.limits.invalid_window:
            record = self._records[caller] = _Record(now)
        record.count += 1
        if record.count >= self.limits.invalid_requests:
            record.banned_until = now + self.limits.ban

    def banned_for(self, caller: str) -> float:
        """Seconds until the caller is let in again, 0 for one who is not shut out."""
        record = self._records.get(caller)
        if record is None or record.banned_until is None:
            return 0.0
        left = record.banned_until - self.now()
        if left <= 0:
            del self._records[caller]
        return max(0.0, left)

    def counts(self) -> dict[str, tuple[int, float]]:
        """By caller: the invalid requests in the window, and the seconds that are left of a ban."""
        callers = list(self._records)
        left = {caller: self.banned_for(caller) for caller in callers}
        return {caller: (record.count, left[caller]) for caller, record in self._records.items()}

    def forget(self) -> None:
        """Start over; bans are lifted."""
        self._records.clear()
