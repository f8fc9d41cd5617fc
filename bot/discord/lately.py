"""What Discord has answered lately: believed for a moment, and asked once for all who want to know it at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from bot.clock import Clock


class Lately[Key, Answer]:
    """Answers to ``ask``, each believed for so many ``seconds`` after it was asked for; at most ``most`` are kept."""

    def __init__(
        self, ask: Callable[[Key], Awaitable[Answer]], clock: Clock, *, seconds: float, most: int
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._known: OrderedDict[Key, tuple[float, Answer]] = OrderedDict()
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, key: Key) -> Answer:
        """What is known, or else what ``ask`` gives; what it raises is raised, and not remembered."""
        async with self._turns.setdefault(key, asyncio.Lock()):
            now = self._clock.monotonic()
            known = self._known.get(key)
            if known is not None and now < known[0]:
                return known[1]
            answer = await self._ask(key)
            self._known[key] = (now + self._seconds, answer)
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            return answer
