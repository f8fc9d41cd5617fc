"""The breaker: opens, refuses, lets exactly one through, and is not moved by what says nothing."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, cast, override

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.llm.breaker import BACKEND_FAILURES, Breaker, BreakerOpen, BreakerPolicy, BreakerState, guarded
from bot.llm.collect import ask
from bot.llm.protocol import BackendPaused, BackendUnreachable, BadAnswer, RateLimited, TextDelta
from tests.bot.llm.scripted import FakeTime, Scripted, Step, request, said

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

DOWN: list[list[Step]] = [[BackendUnreachable("down")]] * 3
POLICY = BreakerPolicy(failures=3, first_pause=10.0, longest_pause=60.0)


def breaker(time: FakeTime, *, jitter: float = 0.999, seen: list[BreakerState] | None = None) -> Breaker:
    return Breaker(
        "The model",
        failures=BACKEND_FAILURES,
        policy=POLICY,
        clock=time.clock(),
        jitter=lambda: jitter,
        on_change=seen.append if seen is not None else lambda _: None,
    )


async def fail(guard: Breaker, error: Exception | None = None) -> None:
    with pytest.raises(type(error or BackendUnreachable("down"))):
        async with guard.attempt():
            raise error or BackendUnreachable("down")


async def succeed(guard: Breaker) -> None:
    async with guard.attempt():
        pass


async def opened(guard: Breaker) -> None:
    for _ in range(POLICY.failures):
        await fail(guard)
    assert guard.state == "open"


async def test_it_opens_after_failures_in_a_row_and_refuses() -> None:
    time = FakeTime()
    guard = breaker(time)
    await fail(guard)
    await fail(guard)
    await succeed(guard)
    await fail(guard)
    await fail(guard)
    assert guard.state == "closed", "a success in between starts the count anew"
    await fail(guard)
    with pytest.raises(BreakerOpen) as raised:
        await succeed(guard)
    assert 5.0 <= raised.value.retry_after <= 10.0


async def test_fifty_callers_and_one_probe() -> None:
    time = FakeTime()
    guard = breaker(time)
    await opened(guard)
    time.time += 11
    inside = 0
    let_go = asyncio.Event()

    async def call() -> bool:
        nonlocal inside
        try:
            async with guard.attempt():
                inside += 1
                await let_go.wait()
                raise BackendUnreachable("still down")  # noqa: TRY301 # the breaker is to see it
        except BreakerOpen:
            return False
        except BackendUnreachable:
            return True

    async with asyncio.TaskGroup() as group:
        callers = [group.create_task(call()) for _ in range(50)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        let_go.set()
    assert inside == 1
    assert sum(caller.result() for caller in callers) == 1
    assert guard.state == "open"


async def test_a_probe_that_succeeds_closes_it() -> None:
    time, seen = FakeTime(), list[BreakerState]()
    guard = breaker(time, seen=seen)
    await opened(guard)
    time.time += 11
    assert guard.state == "half-open"
    await succeed(guard)
    assert guard.state == "closed"
    assert seen == ["open", "half-open", "closed"]


async def test_each_pause_is_longer_up_to_a_limit() -> None:
    time = FakeTime()
    guard = breaker(time)
    await opened(guard)
    pauses: list[float] = []
    for _ in range(6):
        with pytest.raises(BreakerOpen) as raised:
            await succeed(guard)
        pauses.append(round(raised.value.retry_after))
        time.time += raised.value.retry_after
        await fail(guard)
    assert pauses == [10, 20, 40, 60, 60, 60]


async def test_cancellation_tells_nothing_and_leaves_the_place() -> None:
    time = FakeTime()
    guard = breaker(time)
    await opened(guard)
    time.time += 11
    entered = asyncio.Event()

    async def hang() -> None:
        async with guard.attempt():
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await entered.wait()
    with pytest.raises(BreakerOpen):
        await succeed(guard)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert guard.state == "half-open"
    await succeed(guard)
    assert guard.state == "closed"


async def test_what_the_service_answered_is_no_failure_of_it() -> None:
    guard = breaker(FakeTime())
    for _ in range(10):
        await fail(guard, BadAnswer("odd"))
    assert guard.state == "closed"


async def test_a_rate_limit_sets_the_least_pause() -> None:
    time = FakeTime()
    guard = breaker(time)
    for _ in range(POLICY.failures):
        await fail(guard, RateLimited("later", retry_after=45.0))
    time.time += 44
    assert guard.state == "open"
    time.time += 2
    assert guard.state == "half-open"


async def test_outcomes_of_an_earlier_era_do_not_count() -> None:
    time = FakeTime()
    guard = breaker(time)
    late = guard.attempt()
    await late.__aenter__()
    await opened(guard)
    await late.__aexit__(None, None, None)
    assert guard.state == "open", "a call from before it opened must not close it"


def at_once[T](waits: Coroutine[object, object, T]) -> T:
    """Run what never really waits, without an event loop."""
    try:
        waits.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    raise AssertionError("it waited")


class Machine(RuleBasedStateMachine):
    """Any order of calls, outcomes and time: never two probes, and never stuck."""

    def __init__(self) -> None:
        super().__init__()
        self.time = FakeTime()
        self.guard = breaker(self.time, jitter=0.3)
        self.inside: list[tuple[AbstractAsyncContextManager[None], bool]] = []

    @rule()
    def enter(self) -> None:
        half_open = self.guard.state == "half-open"
        context = self.guard.attempt()
        try:
            at_once(context.__aenter__())
        except BreakerOpen:
            return
        self.inside.append((context, half_open))

    @precondition(lambda self: bool(self.inside))
    @rule(data=st.data(), outcome=st.sampled_from(["ok", "down", "odd", "cancelled"]))
    def leave(self, data: st.DataObject, outcome: str) -> None:
        context, _ = self.inside.pop(data.draw(st.integers(0, len(self.inside) - 1)))
        errors = {
            "down": BackendUnreachable("x"),
            "odd": BadAnswer("x"),
            "cancelled": asyncio.CancelledError(),
        }
        error = errors.get(outcome)
        assert not at_once(context.__aexit__(type(error) if error else None, error, None))

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.time.time += seconds

    @invariant()
    def at_most_one_probe(self) -> None:
        assert sum(probe for _, probe in self.inside) <= 1

    @override
    def teardown(self) -> None:
        while self.inside:
            at_once(self.inside.pop()[0].__aexit__(None, None, None))
        self.time.time += 1_000
        assert self.guard.state in {"closed", "half-open"}
        at_once(self.guard.attempt().__aenter__())


TestMachine = Machine.TestCase


@given(opened_times=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
@settings(max_examples=50)
def test_pauses_stay_in_bounds(opened_times: int, jitter: float) -> None:
    pause = POLICY.pause(opened_times, jitter)
    assert POLICY.first_pause / 2 <= pause <= POLICY.longest_pause


async def test_a_guarded_backend_is_left_alone_while_open() -> None:
    time = FakeTime()
    backend = Scripted([*DOWN, said("here")])
    wrapped = guarded(backend, breaker(time))
    for _ in range(3):
        with pytest.raises(BackendUnreachable):
            await ask(wrapped, request())
    with pytest.raises(BackendPaused) as raised:
        await ask(wrapped, request())
    with pytest.raises(BackendPaused):
        await wrapped.embed(["a"], model="m")
    assert len(backend.requests) == 3
    assert raised.value.retry_after > 0
    time.time += 11
    assert (await ask(wrapped, request())).text == "here"


async def test_a_probe_whose_reader_leaves_does_not_block_the_next() -> None:
    time = FakeTime()
    backend = Scripted([*DOWN, [TextDelta("a"), TextDelta("b")], said("here")])
    guard = breaker(time)
    wrapped = guarded(backend, guard)
    for _ in range(3):
        with pytest.raises(BackendUnreachable):
            await ask(wrapped, request())
    time.time += 11
    stream = wrapped.stream(request())
    async for _ in stream:
        break
    await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] # it is a generator
    assert (await ask(wrapped, request())).text == "here"
