"""Shows what is being done right now as the last line of a status message, with the time it has taken so far.

Nothing of it is kept: the line is gone with the next stage. It changes at a steady pace at most, and while nothing new
is said only every few seconds, so that long work shows that it lives without filling the outbox.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.clock import Clock
from bot.errors import OutsideError

log = structlog.get_logger(__name__)

HEARTBEAT = 15.0
"""Seconds between two signs of life while nothing new is said."""


@dataclass(slots=True)
class _Line:
    text: str = ""
    since: float = 0.0


class Ticker:
    """Implements `bot.agents.surroundings.Board` with ``show``, which puts a line before people."""

    def __init__(
        self,
        show: Callable[[str], Awaitable[None]],
        clock: Clock,
        *,
        pace: float,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._show = show
        self._clock = clock
        self._pace = pace
        self._heartbeat = heartbeat

    @asynccontextmanager
    async def showing(self) -> AsyncGenerator[Callable[[str], None]]:
        """Within the block, what is said is shown."""
        line, news = _Line(), asyncio.Event()

        def say(text: str) -> None:
            if text != line.text:
                line.text, line.since = text, self._clock.monotonic()
                news.set()

        ticking = asyncio.create_task(self._tick(line, news))
        try:
            yield say
        finally:
            ticking.cancel()
            await asyncio.wait({ticking})

    async def _tick(self, line: _Line, news: asyncio.Event) -> None:
        await news.wait()
        while True:
            news.clear()
            took = self._clock.monotonic() - line.since
            try:
                await self._show(line.text if took < self._heartbeat else f"{line.text} ({_elapsed(took)})")
            except OutsideError as error:
                log.warning("progress_not_shown", reason=str(error))
            await self._clock.sleep(self._pace)
            await self._clock.sleep_unless(news, self._heartbeat)


def _elapsed(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
