"""A plugin of pytest (``-p tests.slow_sockets``) that holds back now and then what has come on a socket.

The database, Discord and models answer at once on one machine, so that nearly always the same thing comes first; on a busy
one, and between machines, they do not. A test that passes only when nothing is late fails with this.
"""

import asyncio
import random
import selectors
import time
from collections.abc import Callable, Mapping

import pytest

CHANCE = 0.1
"""How often something is held back."""
LONGEST = 0.04
"""Seconds that it is held back at most."""
GRAIN = 0.001


class SlowSelector(selectors.DefaultSelector):
    """Tells of some sockets later than it could."""

    def __init__(self) -> None:
        super().__init__()
        self._random = random.Random()  # noqa: S311 - nothing is to be kept secret
        self._until: dict[int, float] = {}

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready and not held back; as always, nothing when ``timeout`` is over."""
        end = None if timeout is None else time.monotonic() + max(0.0, timeout)
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            ready = super().select(left)
            now = time.monotonic()
            told = [one for one in ready if not self._holds(one[0].fd, now)]
            if told or not ready or (end is not None and now >= end):
                return told
            time.sleep(GRAIN)

    def _holds(self, fd: int, now: float) -> bool:
        until = self._until.get(fd)
        if until is not None:
            if now < until:
                return True
            del self._until[fd]
            return False
        if self._random.random() < CHANCE:
            self._until[fd] = now + self._random.uniform(0, LONGEST)
            return True
        return False


def slow_loop() -> asyncio.AbstractEventLoop:
    """An event loop whose sockets are slow now and then."""
    return asyncio.SelectorEventLoop(SlowSelector())


@pytest.hookimpl
def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Every test on such a loop."""
    return {"slow sockets": slow_loop}
