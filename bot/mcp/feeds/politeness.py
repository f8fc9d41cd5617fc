"""Not asking one host for more than it allows."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping

import httpx2

from bot.clock import Clock

PUBLISHED_TERMS: Mapping[str, float] = {"arxiv.org": 3.0, "export.arxiv.org": 3.0}
"""Seconds between requests to hosts that say so: one connection, one request in three seconds
(https://info.arxiv.org/help/api/tou.html)."""
_AT_ONCE = 4


class Turns:
    """Lets at most four requests reach a host at once; one, with a pause, where the host's terms say so."""

    def __init__(self, clock: Clock, terms: Mapping[str, float] = PUBLISHED_TERMS) -> None:
        self._clock = clock
        self._terms = terms
        self._lines: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_AT_ONCE))
        self._next: dict[str, float] = {}

    @contextlib.asynccontextmanager
    async def turn(self, url: str) -> AsyncGenerator[None]:
        """Wait until ``url``'s host may be asked."""
        host = httpx2.URL(url).netloc.decode("ascii")
        pause = self._terms.get(host)
        if pause is None:
            async with self._lines[host]:
                yield
            return
        if host not in self._lines:
            self._lines[host] = asyncio.Semaphore(1)
        async with self._lines[host]:
            await self._clock.sleep(max(0.0, self._next.get(host, 0.0) - self._clock.monotonic()))
            try:
                yield
            finally:
                self._next[host] = self._clock.monotonic() + pause
