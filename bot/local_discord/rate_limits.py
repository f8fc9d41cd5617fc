"""Refuses requests that come too fast, with the headers and body that Discord sends.

https://discord.com/developers/docs/topics/rate-limits
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.local_discord.refusals import Refusal
from bot.local_discord.settings import RateLimits

VIA = {"Via": "1.1 google"}
"""Proof that an answer came through Discord's own proxies; without it clients take a 429 for a ban."""
_MAJOR = ("channel_id", "guild_id", "webhook_id", "token")


@dataclass(slots=True)
class _Window:
    starts: float
    used: int = 0


@dataclass(slots=True)
class Limiter:
    """Counts requests in fixed windows, one for each route and major parameter of each caller, and one global."""

    limits: RateLimits
    now: Callable[[], float]
    _windows: dict[tuple[str, ...], _Window] = field(default_factory=dict[tuple[str, ...], _Window])

    def count(self, caller: str, method: str, route: str, params: Mapping[str, str]) -> dict[str, str]:
        """Count one request; gives the headers of its answer.

        Raises:
            Refusal: 429 with ``retry_after``.
        """
        limits = self.limits
        exempt = route.startswith(("/interactions", "/webhooks"))
        if not exempt:
            self._use(("global", caller), limits.global_requests, limits.global_window, everywhere=True)
        major = [params[name] for name in _MAJOR if name in params]
        bucket = hashlib.md5(f"{method} {route}".encode(), usedforsecurity=False).hexdigest()
        window = self._use(
            (caller, bucket, *major), limits.route_requests, limits.route_window, everywhere=False
        )
        return self._headers(window, bucket)

    def _use(self, key: tuple[str, ...], requests: int, seconds: float, *, everywhere: bool) -> _Window:
        now = self.now()
        window = self._windows.get(key)
        if window is None or now >= window.starts + seconds:
            if len(self._windows) > 10_000:  # noqa: PLR2004 - old windows are of no use
                self._windows.clear()
            window = self._windows[key] = _Window(now)
        if window.used >= requests:
            wait = window.starts + seconds - now
            headers = {**VIA, "Retry-After": f"{wait:.3f}", "X-RateLimit-Scope": "user"}
            if everywhere:
                headers["X-RateLimit-Global"] = "true"
            else:
                headers |= self._headers(window, key[1])
            extra = {"retry_after": round(wait, 3), "global": everywhere}
            raise Refusal(429, 0, "You are being rate limited.", headers=headers, extra=extra)
        window.used += 1
        return window

    def _headers(self, window: _Window, bucket: str) -> dict[str, str]:
        limits = self.limits
        ends = window.starts + limits.route_window
        return {
            "X-RateLimit-Limit": str(limits.route_requests),
            "X-RateLimit-Remaining": str(max(0, limits.route_requests - window.used)),
            "X-RateLimit-Reset": f"{ends:.3f}",
            "X-RateLimit-Reset-After": f"{max(0.0, ends - self.now()):.3f}",
            "X-RateLimit-Bucket": bucket,
        }
