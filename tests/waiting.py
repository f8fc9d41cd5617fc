"""Waiting for something that cannot tell us: a row in the database, a file, another process."""

import asyncio
from collections.abc import Awaitable, Callable

DEADLINE = 20.0
PAUSE = 0.02


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = DEADLINE) -> None:
    """Ask again and again until ``holds``; `TimeoutError` after ``seconds``."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(PAUSE)
