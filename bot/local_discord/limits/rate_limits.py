"""Refuses requests that come too fast, with the headers and body that Discord sends.

https://discord.com/developers/docs/topics/rate-limits
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.local_discord.limits.invalid_requests import InvalidRequests
from bot.local_discord.limits.limit_rules import LimitRule, RateLimits
from bot.local_discord.refusals import Refusal

VIA = {"Via": "1.1 google"}
"""Proof that an answer came through Discord's own proxies; without it clients take a 429 for a ban."""
LIMITED, SHARED_LIMITED = "You are being rate limited.", "The resource is being rate limited."
_MAJOR = ("channel_id", "guild_id", "webhook_id", "interaction_id", "token")
_SLACK = 1e-6
"""Less than the rounding of a sum of seconds; a caller that waited as told must not fail by it."""
_SWEEP = 1_000


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, as the limits look at it.

    ``caller`` is the application's id, or the address of somebody who gave no token. ``channel_id`` is the channel that
    is written to, also where the path names a webhook. ``age`` is that of the message in the path, None for one that
    does not exist. ``interaction``: it answers an interaction, which the global limit does not count.
    """

    caller: str
    method: str
    route: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    fields: frozenset[str] = frozenset()
    age: float | None = None
    channel_id: int | None = None
    interaction: bool = False

    @property
    def major(self) -> tuple[str, ...]:
        """The channel, guild, or webhook with its token in the path, which has buckets of its own.

        Also where it does not come first, as the guild of a command: that is how libraries tell buckets apart.
        """
        first = [name for name in _MAJOR if f"{{{name}}}" in self.route][:1]
        token = ["token"] if self.route.startswith(("/webhooks/", "/interactions/")) else []
        return tuple(self.params[name] for name in (*first, *token) if name in self.params)


@dataclass(slots=True)
class _Window:
    starts: float
    seconds: float
    used: int = 0

    @property
    def ends(self) -> float:
        return self.starts + self.seconds


@dataclass(slots=True)
class Limiter:
    """Counts requests in windows; ``now`` only ever grows, ``wall`` is the time of day in seconds since 1970."""

    limits: RateLimits
    now: Callable[[], float]
    wall: Callable[[], float]
    invalid: InvalidRequests = field(init=False)
    _windows: dict[tuple[str, ...], _Window] = field(default_factory=dict[tuple[str, ...], _Window])
    _sweep_at: int = _SWEEP

    def __post_init__(self) -> None:
        self.invalid = InvalidRequests(self.limits, self.now)

    def reads_body(self, method: str, route: str) -> bool:
        """Whether a rule for this route depends on what is in the body."""
        return any(rule.fields and rule.fits(method, route) for rule in self.limits.rules)

    def count(self, ask: Ask) -> dict[str, str]:
        """Count one request; gives the headers of its answer.

        Raises:
            Refusal: 429 with ``retry_after``.
        """
        limits = self.limits
        if not ask.interaction:
            window = self._window(("global", ask.caller), limits.global_window)
            if window.used >= limits.global_requests:
                headers = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
                raise self._refusal(LIMITED, window, headers, everywhere=True)
            window.used += 1
        headers = self._count_route(ask)
        for rule in self._rules(ask, shared=True):
            window = self._window((rule.name, f"channel {ask.channel_id}"), rule.seconds)
            if window.used >= rule.requests:
                headers["X-RateLimit-Scope"] = "shared"
                raise self._refusal(SHARED_LIMITED, window, headers)
            window.used += 1
        return headers

    def forget(self) -> None:
        """Start over: no request has been made yet, and nobody is shut out."""
        self._windows.clear()
        self.invalid.forget()

    def _count_route(self, ask: Ask) -> dict[str, str]:
        limits = self.limits
        rule = next(self._rules(ask, shared=False), None)
        if rule is None:
            name = f"{ask.method} {ask.route}"
            rule = LimitRule(name, (), limits.route_requests, limits.route_window)
        bucket = hashlib.md5(rule.name.encode(), usedforsecurity=False).hexdigest()
        window = self._window((rule.name, ask.caller, *ask.major), rule.seconds)
        if window.used >= rule.requests:
            headers = {**self._headers(rule, window, bucket), "X-RateLimit-Scope": "user"}
            raise self._refusal(LIMITED, window, headers)
        window.used += 1
        return self._headers(rule, window, bucket)

    def _rules(self, ask: Ask, *, shared: bool) -> Iterator[LimitRule]:
        for rule in self.limits.rules:
            if rule.shared is not shared or not rule.fits(ask.method, ask.route):
                continue
            if rule.shared and ask.channel_id is None:
                continue
            if rule.fields and not ask.fields & set(rule.fields):
                continue
            if rule.age is not None and not rule.age[0] <= (ask.age or 0.0) < rule.age[1]:
                continue
            yield rule

    def _window(self, key: tuple[str, ...], seconds: float) -> _Window:
        now = self.now()
        window = self._windows.get(key)
        if window is None or now >= window.ends - _SLACK:
            if len(self._windows) >= self._sweep_at:
                self._windows = {k: w for k, w in self._windows.items() if now < w.ends}
                self._sweep_at = max(_SWEEP, 2 * len(self._windows))
            window = self._windows[key] = _Window(now, seconds)
        return window

    def _headers(self, rule: LimitRule, window: _Window, bucket: str) -> dict[str, str]:
        left = max(0.0, window.ends - self.now())
        return {
            "X-RateLimit-Limit": str(rule.requests),
            "X-RateLimit-Remaining": str(max(0, rule.requests - window.used)),
            "X-RateLimit-Reset": f"{_milliseconds(self.wall() + left):.3f}",
            "X-RateLimit-Reset-After": f"{_milliseconds(left):.3f}",
            "X-RateLimit-Bucket": bucket,
        }

    def _refusal(
        self, message: str, window: _Window, headers: dict[str, str], *, everywhere: bool = False
    ) -> Refusal:
        wait = max(0.001, window.ends - self.now())
        headers = {**VIA, "Retry-After": str(math.ceil(wait - _SLACK)), **headers}
        extra = {"retry_after": _milliseconds(wait), "global": everywhere}
        return Refusal(429, 0, message, headers=headers, extra=extra)


def _milliseconds(seconds: float) -> float:
    """Rounded up, so that nobody who waits as told comes too early."""
    return math.ceil((seconds - _SLACK / 10) * 1000) / 1000
