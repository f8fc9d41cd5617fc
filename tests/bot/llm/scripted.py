"""A backend that does what a script says, for the tests of what stands around a backend."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.llm.protocol import BackendError, Event, Finished, Request, TextDelta, Turn, Usage

HANG = "hang"
DONE = Finished("stop", Usage(3, 5))

type Step = Event | BackendError | str


def request(text: str = "hello") -> Request:
    return Request("chat", "model", "Be kind.", (Turn("user", text),))


def said(text: str) -> list[Step]:
    return [TextDelta(text), DONE]


@dataclass
class Scripted:
    """Plays one script a call; the last one again when there are no more."""

    scripts: list[list[Step]]
    label: str = "scripted"
    requests: list[Request] = field(default_factory=list[Request])
    closed_streams: int = 0

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        self.requests.append(request)
        try:
            for step in self.scripts[min(len(self.requests), len(self.scripts)) - 1]:
                match step:
                    case str():
                        await asyncio.Event().wait()
                    case BackendError():
                        raise step
                    case _:
                        yield step
        finally:
            self.closed_streams += 1

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        self.requests.append(request(model))
        step = self.scripts[min(len(self.requests), len(self.scripts)) - 1][0]
        if isinstance(step, BackendError):
            raise step
        return [[float(len(text))] for text in texts]

    async def aclose(self) -> None: ...


@dataclass
class FakeTime:
    """A clock that only moves when somebody sleeps or says so."""

    time: float = 0.0
    slept: list[float] = field(default_factory=list[float])

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.time, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)
