"""Lets things of one place happen one after the other, in the order they came; places do not wait for each other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable

MOST_WAITING = 1_000
"""How many things may wait in one place; one that is flooded faster than its cog works takes no more."""

type Work = Callable[[], Awaitable[None]]
"""What is to happen; it sees to its own errors."""


class Lanes[Place: Hashable]:
    """A queue for each place that has something to do, and nothing for the others."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._waiting: dict[Place, deque[Work]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def put(self, place: Place, work: Work) -> bool:
        """Do ``work`` after what was put there before; False where too much waits there already.

        After `close` it is taken and never begun, like what waited then.
        """
        if self._closed:
            return True
        queue = self._waiting.get(place)
        if queue is not None:
            if len(queue) >= self._most_waiting:
                return False
            queue.append(work)
            return True
        self._waiting[place] = deque([work])
        task = asyncio.create_task(self._work_off(place), name=f"lane {place}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def close(self) -> None:
        """End what is under way; what waits, or still comes, is not begun."""
        self._closed = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work_off(self, place: Place) -> None:
        queue = self._waiting[place]
        try:
            while queue:
                await queue.popleft()()
        finally:
            del self._waiting[place]
