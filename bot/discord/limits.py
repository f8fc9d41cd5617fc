"""When a request may be sent: what Discord's answers have taught about its rate limits.

Pure bookkeeping over a monotonic clock; whoever sends asks `Limits.wait`, then `Limits.begin`, and tells the outcome
with `Limits.learn` or `Limits.unanswered`. Nothing about a route is assumed before its first answer
(https://discord.com/developers/docs/topics/rate-limits).
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from http import HTTPStatus

INVALID = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
FOREVER = float("inf")
A_DAY = 86_400.0
"""A longer pause is nonsense."""
STEPPED = 60.0
"""Seconds by which a window that ends before the last one means that a clock was set, not that the answer is old."""


class Urgency(IntEnum):
    """How much a request may be held back; the smaller goes first."""

    ANSWER = 0
    QUESTION = 1
    RESULT = 2
    PROGRESS = 3
    BACKGROUND = 4


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Seconds and counts; the official ones are 50 requests a second and 10,000 invalid ones in ten minutes.

    ``cautious_share`` of the invalid budget used up, only answers and questions go on; at ``last_share``, nothing. With
    ``behind_proxy`` somebody else keeps the limits, and only what an answer says to wait is waited.
    """

    global_requests: int = 50
    global_window: float = 1.0
    invalid_requests: int = 10_000
    invalid_window: float = 600.0
    cautious_share: float = 0.5
    last_share: float = 0.95
    ban: float = 60.0
    behind_proxy: bool = False
    most_buckets: int = 5_000


@dataclass(frozen=True, slots=True)
class RouteKey:
    """A route as limits see it: method and path template, and the ids that have limits of their own.

    ``counts_globally`` is False for interactions and webhooks by token, which the global limit leaves out.
    """

    method: str
    template: str
    major: str = ""
    counts_globally: bool = True


@dataclass(slots=True)
class _Bucket:
    limit: int = 1
    remaining: int = 1
    resets_at: float = FOREVER
    window: float = 0.0
    blocked_until: float = 0.0
    in_flight: int = 0

    def wait(self, now: float) -> float:
        if now < self.blocked_until:
            return self.blocked_until - now
        if now >= self.resets_at:
            # what is still under way may be counted in the new window
            self.remaining, self.resets_at = self.limit - self.in_flight, FOREVER
        if self.remaining > 0:
            return 0.0
        if self.resets_at < FOREVER:
            return self.resets_at - now
        # an answer under way will tell; where none is, one request may ask
        return FOREVER if self.in_flight else 0.0

    def holds(self, now: float) -> bool:
        """Whether it would keep a request back, or count one, at this moment."""
        return now < self.blocked_until or now < self.resets_at < FOREVER

    def take(self, limit: int, remaining: int, reset_after: float, window: float | None, now: float) -> None:
        """Take in the counts of an answer.

        ``window`` is the moment on Discord's own clock at which the window ends. It names the window, whereas an answer
        that took its time says a later end by ours than it has.
        """
        left = remaining - self.in_flight
        newer = self.resets_at == FOREVER if window is None else not 0 <= self.window - window < STEPPED
        if newer:
            self.limit, self.remaining, self.resets_at = limit, left, now + reset_after
            self.window = window or 0.0
        elif self.window == (window or 0.0):
            self.remaining = min(self.remaining, left)
            self.resets_at = max(self.resets_at, now + reset_after) if self.resets_at < FOREVER else FOREVER


@dataclass(slots=True)
class Limits:
    """What is known; ``now`` is a monotonic clock in seconds."""

    now: Callable[[], float]
    settings: LimitSettings = field(default_factory=LimitSettings)
    _names: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict[tuple[str, str], _Bucket])
    _sent: deque[float] = field(default_factory=deque[float])
    _invalid: deque[float] = field(default_factory=deque[float])
    _all_until: float = 0.0

    def wait(self, route: RouteKey, urgency: Urgency = Urgency.RESULT) -> float:
        """Seconds until this may be sent: 0 now, infinity when only another request's answer will tell."""
        now = self.now()
        if now < self._all_until:
            return self._all_until - now
        tired = self._until_trusted(now, urgency)
        if tired or self.settings.behind_proxy:
            return max(tired, self._bucket(route).blocked_until - now, 0.0)
        globally = self._until_global(now) if route.counts_globally else 0.0
        return max(globally, self._bucket(route).wait(now))

    def begin(self, route: RouteKey) -> None:
        """Count a request that is sent now."""
        bucket = self._bucket(route)
        bucket.remaining -= 1
        bucket.in_flight += 1
        if route.counts_globally:
            self._sent.append(self.now())

    def learn(self, route: RouteKey, status: int, headers: Mapping[str, str]) -> float | None:
        """Take in an answer; for a 429 the answer is how long to stay away, in seconds."""
        now = self.now()
        bucket = self._named(route, headers.get("X-RateLimit-Bucket"))
        bucket.in_flight = max(0, bucket.in_flight - 1)
        self._take_counts(bucket, headers, now)
        shared = headers.get("X-RateLimit-Scope") == "shared"
        if status in INVALID and not shared:
            self._invalid.append(now)
        if status != HTTPStatus.TOO_MANY_REQUESTS:
            return None
        pause = _seconds(headers, "Retry-After") or _seconds(headers, "X-RateLimit-Reset-After") or 1.0
        if "Via" not in headers:
            # not Discord but the edge in front of it: a ban, for everything
            pause = max(pause, self.settings.ban)
            self._all_until = max(self._all_until, now + pause)
        elif headers.get("X-RateLimit-Global") or headers.get("X-RateLimit-Scope") == "global":
            self._all_until = max(self._all_until, now + pause)
        else:
            bucket.blocked_until = max(bucket.blocked_until, now + pause)
        return pause

    def unanswered(self, route: RouteKey) -> None:
        """Take in that no answer came; the request may have been counted, or not."""
        bucket = self._bucket(route)
        bucket.in_flight = max(0, bucket.in_flight - 1)
        if bucket.remaining <= 0 and bucket.resets_at == FOREVER:
            # nobody else will tell: the next request may ask, after the shortest window that is known
            bucket.resets_at = self.now() + self.settings.global_window

    def _bucket(self, route: RouteKey) -> _Bucket:
        unnamed = f"{route.method} {route.template}"
        name = self._names.get((route.method, route.template), unnamed)
        found = self._buckets.get((name, route.major))
        if found is None:
            if len(self._buckets) >= self.settings.most_buckets:
                self._forget()
            # What is under way was counted before another channel's answer gave the route its name.
            found = self._buckets.pop((unnamed, route.major), None) or _Bucket()
            self._buckets[name, route.major] = found
        return found

    def _forget(self) -> None:
        """Let go of what says nothing any more: each interaction, for one, has a bucket of its own."""
        now = self.now()
        self._buckets = {
            place: bucket for place, bucket in self._buckets.items() if bucket.in_flight or bucket.holds(now)
        }

    def _named(self, route: RouteKey, name: str | None) -> _Bucket:
        """The bucket that an answer belongs to, which moves where the answer gives it its name."""
        before = self._bucket(route)
        if name is None:
            return before
        self._names[route.method, route.template] = name
        bucket = self._bucket(route)
        if bucket is not before:
            bucket.in_flight += before.in_flight
            before.in_flight = 0
        return bucket

    @staticmethod
    def _take_counts(bucket: _Bucket, headers: Mapping[str, str], now: float) -> None:
        limit, remaining = headers.get("X-RateLimit-Limit", ""), headers.get("X-RateLimit-Remaining", "")
        reset_after = _seconds(headers, "X-RateLimit-Reset-After")
        if not limit.isdigit() or not remaining.isdigit() or reset_after is None:
            if bucket.resets_at == FOREVER:
                # a route without limits, or an answer that does not say
                bucket.remaining = max(1, bucket.remaining)
            return
        window = _seconds(headers, "X-RateLimit-Reset", most=FOREVER)
        bucket.take(max(1, int(limit)), int(remaining), reset_after, window, now)

    def _until_global(self, now: float) -> float:
        settings = self.settings
        while self._sent and self._sent[0] <= now - settings.global_window:
            self._sent.popleft()
        if len(self._sent) < settings.global_requests:
            return 0.0
        return self._sent[0] + settings.global_window - now

    def _until_trusted(self, now: float, urgency: Urgency) -> float:
        """How long the budget of invalid requests holds a request of this urgency back."""
        settings = self.settings
        while self._invalid and self._invalid[0] <= now - settings.invalid_window:
            self._invalid.popleft()
        share = settings.cautious_share if urgency > Urgency.QUESTION else settings.last_share
        allowed = int(settings.invalid_requests * share)
        if len(self._invalid) < allowed:
            return 0.0
        return self._invalid[len(self._invalid) - allowed] + settings.invalid_window - now


def _seconds(headers: Mapping[str, str], name: str, most: float = A_DAY) -> float | None:
    try:
        value = float(headers[name])
    except (KeyError, ValueError):
        return None
    return value if 0 <= value < most else None
