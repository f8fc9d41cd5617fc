"""How long a model may let us wait: for its first sign of life, between two, and for the whole answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass

from bot.clock import Clock
from bot.llm.protocol import Backend, BackendUnreachable, Event, Progress, Request
from bot.llm.streams import closing


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """All in seconds."""

    first: float = 120.0
    """Until the first event: a local model may have to be loaded."""
    silence: float = 60.0
    """Between two events; an empty `TextDelta` counts as one."""
    total: float = 600.0
    """All the waiting for one answer; fetching a model (`Progress`) does not count."""


def timed(backend: Backend, limits: TimeLimits, *, clock: Clock | None = None) -> Backend:
    """``backend``, given up with `BackendUnreachable` where it lets us wait longer than ``limits``."""
    return _Timed(backend, limits, clock or Clock())


class _Timed:
    def __init__(self, backend: Backend, limits: TimeLimits, clock: Clock) -> None:
        self._backend = backend
        self._limits = limits
        self._clock = clock

    @property
    def label(self) -> str:
        return self._backend.label

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        longest, left = self._limits.first, self._limits.total
        async with closing(self._backend.stream(request)) as events:
            while True:
                began = self._clock.monotonic()
                try:
                    # Around one step only: a timeout around a `yield` would strike whoever is listening.
                    event = await _within(anext(events), longest, left, self._limits.total)
                except StopAsyncIteration:
                    return
                left -= self._clock.monotonic() - began
                longest = self._limits.silence
                if isinstance(event, Progress):
                    longest, left = self._limits.first, self._limits.total
                yield event

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        total = self._limits.total
        return await _within(self._backend.embed(texts, model=model), total, total, total)

    async def aclose(self) -> None:
        await self._backend.aclose()


async def _within[T](step: Awaitable[T], longest: float, left: float, total: float) -> T:
    wait = asyncio.timeout(max(0.0, min(longest, left)))
    try:
        async with wait:
            return await step
    except TimeoutError:
        if not wait.expired():
            raise
        if left <= longest:
            sentence = f"The model did not finish within {total:g} seconds; try again or ask for less."
        else:
            sentence = f"The model sent nothing for {longest:g} seconds; try again."
        raise BackendUnreachable(sentence) from None
