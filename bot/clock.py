"""Time, randomness and ids are passed in, so that tests and simulations decide them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a part gets its time from; the default is the machine's own."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def sleep_unless(self, event: asyncio.Event, seconds: float) -> None:
        """Sleep for so long, or until ``event`` is set."""
        told, pause = asyncio.ensure_future(event.wait()), asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait({told, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (told, pause):
                one.cancel()
            await asyncio.wait({told, pause})
