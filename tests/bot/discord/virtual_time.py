"""A clock that jumps to whatever is waited for next, so that minutes of waiting take no time."""

import asyncio
import heapq
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.clock import Clock

TURNS_OF_THE_LOOP = 30
"""How often everybody else gets a turn before time goes on; more than any chain of awaits here is long."""


@dataclass(slots=True)
class VirtualTime:
    at: float = 1_000.0
    _sleeping: list[tuple[float, int, asyncio.Future[None]]] = field(
        default_factory=list[tuple[float, int, "asyncio.Future[None]"]]
    )
    _order: "count[int]" = field(default_factory=count)

    @property
    def clock(self) -> Clock:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        return Clock(lambda: start + timedelta(seconds=self.at), lambda: self.at, self.sleep)

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self.at + max(0.0, seconds), next(self._order), woken))
        await woken

    async def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Let ``work`` and whatever it starts go on until it is done."""
        task = asyncio.create_task(work)
        while True:
            for _ in range(TURNS_OF_THE_LOOP):
                await asyncio.sleep(0)
            if task.done():
                return task.result()
            assert self._sleeping, "everybody waits and nobody sleeps"
            self.at, _, woken = heapq.heappop(self._sleeping)
            if not woken.done():
                woken.set_result(None)
