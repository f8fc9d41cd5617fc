"""How long a model may let us wait: first, between, in all; what is being fetched takes its time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import override

import pytest

from bot.llm.protocol import Backend, BackendUnreachable, Event, Progress, Request, TextDelta
from bot.llm.time_limits import TimeLimits, timed
from tests.bot.llm.scripted import DONE, HANG, FakeTime, Scripted, request, said

SHORT = TimeLimits(first=0.05, silence=0.05, total=60.0)


async def heard(limits: TimeLimits, scripted: Scripted) -> list[Event]:
    return [event async for event in timed(scripted, limits).stream(request())]


async def test_a_model_in_time_is_heard_unchanged() -> None:
    assert await heard(SHORT, Scripted([said("a")])) == [TextDelta("a"), DONE]


@pytest.mark.parametrize("before", [[], [TextDelta("a")], [Progress("Fetching")]])
async def test_silence_is_given_up_and_closed(before: list[Event]) -> None:
    scripted = Scripted([[*before, HANG]])
    with pytest.raises(BackendUnreachable, match=r"sent nothing for 0\.05 seconds"):
        await heard(SHORT, scripted)
    assert scripted.closed_streams == 1


def slowly(time: FakeTime, events: list[Event]) -> Backend:
    """A model that takes ten seconds for each event, by a clock that nobody waits for."""

    class Slow(Scripted):
        @override
        async def stream(self, request: Request) -> AsyncIterator[Event]:
            for event in events:
                time.time += 10.0
                await asyncio.sleep(0)
                yield event

    return Slow([])


async def test_the_whole_answer_has_a_limit() -> None:
    time = FakeTime()
    limits = TimeLimits(first=15.0, silence=15.0, total=35.0)
    drip: list[Event] = [TextDelta("a")] * 6
    came: list[Event] = []
    backend = timed(slowly(time, [*drip, DONE]), limits, clock=time.clock())
    with pytest.raises(BackendUnreachable, match="did not finish within 35 seconds"):
        await into(came, backend)
    assert came == drip[:4], "what came in time was heard"


async def test_fetching_a_model_may_take_longer_than_an_answer() -> None:
    time = FakeTime()
    limits = TimeLimits(first=15.0, silence=15.0, total=35.0)
    fetching: list[Event] = [Progress(str(number)) for number in range(100)]
    came: list[Event] = []
    await into(came, timed(slowly(time, [*fetching, TextDelta("a"), DONE]), limits, clock=time.clock()))
    assert came[-2:] == [TextDelta("a"), DONE]


async def into(came: list[Event], backend: Backend) -> None:
    """Into a list that is still there when the stream raises."""
    async for event in backend.stream(request()):
        came.append(event)  # noqa: PERF401 # see above


async def test_embeddings_have_the_limit_of_the_whole() -> None:
    class Stuck(Scripted):
        @override
        async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
            await asyncio.Event().wait()
            return []

    backend = timed(Stuck([]), TimeLimits(total=0.05))
    with pytest.raises(BackendUnreachable, match=r"within 0\.05 seconds"):
        await backend.embed(["a"], model="m")
    assert await timed(Scripted([said("a")]), SHORT).embed(["abc"], model="m") == [[3.0]]


async def test_a_timeout_of_somebody_else_stays_theirs() -> None:
    backend = timed(Scripted([[TextDelta("a"), HANG]]), TimeLimits())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await into([], backend)
