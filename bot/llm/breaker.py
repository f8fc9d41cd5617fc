"""A circuit breaker for one outside service: after repeated failures it lets nothing through for a while.

Then it half-opens: exactly one caller is let through as a probe, the others are still refused. A probe
that succeeds closes it, one that fails opens it for longer, one that is cancelled tells nothing and
leaves its place to the next caller.
"""

import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import structlog

from bot.clock import Clock
from bot.errors import OutsideError
from bot.llm.protocol import Backend, BackendPaused, BackendUnreachable, Event, RateLimited, Request
from bot.llm.streams import closing

log = structlog.get_logger(__name__)

type BreakerState = Literal["closed", "open", "half-open"]


class BreakerOpen(OutsideError):
    """Not let through; ``retry_after`` is in seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When it opens (failures in a row) and for how long (seconds)."""

    failures: int = 5
    first_pause: float = 10.0
    longest_pause: float = 300.0

    def pause(self, opened: int, jitter: float) -> float:
        """The ``opened``-th pause in a row (from 1): doubling, and between half and all of its bound."""
        bound = min(self.longest_pause, self.first_pause * 2.0 ** min(opened - 1, 30))
        return bound * (0.5 + jitter / 2)


DEFAULT_POLICY = BreakerPolicy()


class Breaker:
    """Counts failures of what runs inside `attempt`; safe for any number of tasks of one event loop.

    ``on_change`` is called with the new state once at each change, so that people can be told; it must
    not raise. ``jitter`` gives numbers in [0, 1).
    """

    def __init__(
        self,
        name: str,
        *,
        failures: tuple[type[Exception], ...],
        policy: BreakerPolicy = DEFAULT_POLICY,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
        on_change: Callable[[BreakerState], None] = lambda _: None,
    ) -> None:
        self.name = name
        self._failures = failures
        self._policy = policy
        self._clock = clock or Clock()
        self._jitter = jitter
        self._on_change = on_change
        self._failed = 0
        self._opened = 0
        self._open_until = 0.0
        self._probing = False
        self._era = 0
        """Grows with each change between open and closed: a call's outcome counts in its own era only."""

    @property
    def state(self) -> BreakerState:
        """What the next caller meets; ``half-open`` also while the probe is under way."""
        if self._opened == 0:
            return "closed"
        return "open" if self._clock.monotonic() < self._open_until else "half-open"

    @property
    def left(self) -> float:
        """For how many seconds it stays open; 0 where it is not."""
        return max(0.0, self._open_until - self._clock.monotonic()) if self._opened else 0.0

    @asynccontextmanager
    async def attempt(self) -> AsyncGenerator[None]:
        """Run one call inside; raises `BreakerOpen` at once where it is not let through."""
        era, probe = self._enter()
        try:
            yield
        except self._failures as error:
            if era == self._era:
                self._fail(getattr(error, "retry_after", None))
            raise
        else:
            if era == self._era:
                self._succeed()
        finally:
            if probe:
                self._probing = False

    def _enter(self) -> tuple[int, bool]:
        state = self.state
        if state == "closed":
            return self._era, False
        if state == "open" or self._probing:
            sentence = f"{self.name[:1].upper()}{self.name[1:]} failed repeatedly and is left alone for now; try again in a while."
            raise BreakerOpen(sentence, retry_after=self.left)
        self._on_change("half-open")
        self._probing = True
        return self._era, True

    def _fail(self, retry_after: float | None) -> None:
        self._failed += 1
        if self._opened == 0 and self._failed < self._policy.failures:
            return
        self._opened += 1
        pause = max(self._policy.pause(self._opened, self._jitter()), retry_after or 0.0)
        self._open_until = self._clock.monotonic() + pause
        self._era += 1
        log.warning("breaker_opened", name=self.name, pause=round(pause, 1), times=self._opened)
        self._on_change("open")

    def _succeed(self) -> None:
        self._failed = 0
        if self._opened == 0:
            return
        self._opened = 0
        self._era += 1
        log.info("breaker_closed", name=self.name)
        self._on_change("closed")


BACKEND_FAILURES = (BackendUnreachable, RateLimited)
"""What counts against a backend; a refusal, a wrong key or a nonsense answer says nothing of its health."""


def guarded(backend: Backend, breaker: Breaker) -> Backend:
    """``backend`` behind ``breaker``; while it is open, calls raise `BackendPaused` and nothing is sent."""
    return _Guarded(backend, breaker)


class _Guarded:
    def __init__(self, backend: Backend, breaker: Breaker) -> None:
        self._backend = backend
        self._breaker = breaker

    @property
    def label(self) -> str:
        return self._backend.label

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        try:
            async with self._breaker.attempt(), closing(self._backend.stream(request)) as events:
                async for event in events:
                    yield event
        except BreakerOpen as error:
            raise BackendPaused(str(error), retry_after=error.retry_after) from None

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        try:
            async with self._breaker.attempt():
                return await self._backend.embed(texts, model=model)
        except BreakerOpen as error:
            raise BackendPaused(str(error), retry_after=error.retry_after) from None

    async def aclose(self) -> None:
        await self._backend.aclose()
