"""One breaker for each outside service, and one listener that is told when any of them opens or closes."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.clock import Clock
from bot.llm.breaker import DEFAULT_POLICY, Breaker, BreakerPolicy, BreakerState


@dataclass(frozen=True, slots=True)
class BreakerChange:
    """A breaker's change: of which service, to which state, and for how many seconds it stays open."""

    name: str
    state: BreakerState
    seconds: float = 0.0


class Breakers:
    """Makes breakers that share a listener; a name always gets the same breaker.

    ``listener`` must not raise nor wait; what takes time belongs into a queue.
    """

    def __init__(
        self,
        listener: Callable[[BreakerChange], None],
        *,
        clock: Clock | None = None,
        policy: BreakerPolicy = DEFAULT_POLICY,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._listener = listener
        self._clock = clock or Clock()
        self._policy = policy
        self._jitter = jitter
        self._breakers: dict[str, Breaker] = {}

    def get(self, name: str, *, failures: tuple[type[Exception], ...]) -> Breaker:
        """The breaker of the service ``name``; ``failures`` count against it, all else says nothing of its health."""
        if name not in self._breakers:
            self._breakers[name] = Breaker(
                name,
                failures=failures,
                policy=self._policy,
                clock=self._clock,
                jitter=self._jitter,
                on_change=lambda state: self._changed(name, state),
            )
        return self._breakers[name]

    def states(self) -> Mapping[str, BreakerState]:
        """What the next caller of each service meets."""
        return {name: breaker.state for name, breaker in self._breakers.items()}

    def _changed(self, name: str, state: BreakerState) -> None:
        self._listener(BreakerChange(name, state, self._breakers[name].left))
