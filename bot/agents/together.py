"""Several things at the same time, of which the first failure ends all; the failure itself is raised, not a group."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any


async def together[T](work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """What each of ``work`` gives, in their order; nothing of it still runs when this returns or raises."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
