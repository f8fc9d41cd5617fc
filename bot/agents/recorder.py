"""Where what an agent did is recorded, so that after a crash it goes on and repeats nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol


class Recorder(Protocol):
    """Records results by key; `bot.work.run.Run` is one, and the durable one."""

    async def step[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What was recorded under ``key``; else what ``do`` gives, which is recorded first."""
        ...


@dataclass(frozen=True, slots=True)
class Under:
    """A recorder whose keys stand under a name, so that two conversations do not meet."""

    recorder: Recorder
    name: str

    async def step[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `Recorder.step`, under this name."""
        return await self.recorder.step(f"{self.name}:{key}", do, *args, **kwargs)


def path(recorder: Recorder, key: str) -> str:
    """What a key is called in the recorder that stands below all others."""
    while isinstance(recorder, Under):
        recorder, key = recorder.recorder, f"{recorder.name}:{key}"
    return key


@dataclass(slots=True)
class InMemory:
    """Forgets everything with the process: for what need not survive it."""

    recorded: dict[str, Any] = field(default_factory=dict[str, Any])

    async def step[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `Recorder.step`."""
        if key not in self.recorded:
            self.recorded[key] = await do(*args, **kwargs)
        return self.recorded[key]
