"""Retries around a backend: with growing, jittered pauses, and only while nothing was answered yet."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.clock import Clock
from bot.llm.protocol import (
    Backend,
    BackendError,
    BackendUnreachable,
    Event,
    Progress,
    RateLimited,
    Request,
    TextDelta,
)
from bot.llm.streams import closing

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently (seconds)."""

    attempts: int = 4
    first_pause: float = 0.5
    longest_pause: float = 20.0
    longest_retry_after: float = 60.0
    """A provider that asks for more than this is not waited for: its error is raised at once."""

    def pause(self, attempt: int, error: BackendError, jitter: float) -> float | None:
        """Seconds to wait after failed ``attempt`` (from 1); None where it should not be tried again.

        ``jitter`` is in [0, 1): as in AWS' "full jitter", the pause lies anywhere below the growing bound,
        so that many callers that failed together do not come back together.
        """
        if attempt >= self.attempts:
            return None
        bound = min(self.longest_pause, self.first_pause * 2 ** (attempt - 1))
        if isinstance(error, RateLimited) and error.retry_after is not None:
            if error.retry_after > self.longest_retry_after:
                return None
            return error.retry_after + jitter * self.first_pause
        return jitter * bound


DEFAULT_POLICY = RetryPolicy()


def retrying(
    backend: Backend,
    *,
    policy: RetryPolicy = DEFAULT_POLICY,
    clock: Clock | None = None,
    jitter: Callable[[], float] = random.random,
) -> Backend:
    """``backend``, tried again when it is unreachable or rate-limited.

    A stream is started again only before its first event with content: a second start after that would
    repeat or contradict what was already shown.
    """
    return _Retrying(backend, policy, clock or Clock(), jitter)


class _Retrying:
    def __init__(
        self, backend: Backend, policy: RetryPolicy, clock: Clock, jitter: Callable[[], float]
    ) -> None:
        self._backend = backend
        self._policy = policy
        self._clock = clock
        self._jitter = jitter

    @property
    def label(self) -> str:
        return self._backend.label

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        attempt = 1
        while True:
            started = False
            try:
                async with closing(self._backend.stream(request)) as events:
                    async for event in events:
                        started = started or not (isinstance(event, Progress) or event == TextDelta(""))
                        yield event
            except (BackendUnreachable, RateLimited) as error:
                if started:
                    raise
                await self._wait(attempt, error)
                attempt += 1
            else:
                return

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        attempt = 1
        while True:
            try:
                return await self._backend.embed(texts, model=model)
            except (BackendUnreachable, RateLimited) as error:
                await self._wait(attempt, error)
                attempt += 1

    async def aclose(self) -> None:
        await self._backend.aclose()

    async def _wait(self, attempt: int, error: BackendError) -> None:
        pause = self._policy.pause(attempt, error, self._jitter())
        if pause is None:
            raise error
        log.info("backend_retried", attempt=attempt, pause=round(pause, 2), reason=str(error))
        await self._clock.sleep(pause)
