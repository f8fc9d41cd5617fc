"""Retries: only what may pass, only before anything was said, and with pauses that spread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.collect import ask
from bot.llm.protocol import AuthFailed, BackendError, BackendUnreachable, RateLimited, TextDelta
from bot.llm.retry import RetryPolicy, retrying
from tests.bot.llm.scripted import DONE, FakeTime, Scripted, Step, request, said

DOWN = BackendUnreachable("down")


async def test_it_is_tried_again_until_it_works() -> None:
    backend, time = Scripted([[DOWN], [DOWN], said("here")]), FakeTime()
    answer = await ask(retrying(backend, clock=time.clock(), jitter=lambda: 0.5), request())
    assert answer.text == "here"
    assert time.slept == [0.25, 0.5]


async def test_it_is_given_up_at_last() -> None:
    backend, time = Scripted([[DOWN]]), FakeTime()
    with pytest.raises(BackendUnreachable):
        await ask(retrying(backend, policy=RetryPolicy(attempts=3), clock=time.clock()), request())
    assert len(backend.requests) == 3


@pytest.mark.parametrize("error", [AuthFailed("no"), RateLimited("later", retry_after=3_600)])
async def test_what_waiting_does_not_help_is_raised_at_once(error: BackendError) -> None:
    backend, time = Scripted([[error]]), FakeTime()
    with pytest.raises(type(error)):
        await ask(retrying(backend, clock=time.clock()), request())
    assert len(backend.requests) == 1
    assert time.slept == []


async def test_the_provider_says_how_long_to_wait() -> None:
    backend, time = Scripted([[RateLimited("later", retry_after=7.0)], said("here")]), FakeTime()
    await ask(retrying(backend, clock=time.clock(), jitter=lambda: 0.0), request())
    assert time.slept == [7.0]


@pytest.mark.parametrize(("before", "calls"), [([TextDelta("")], 2), ([TextDelta("half")], 1)])
async def test_never_after_the_first_words(before: list[Step], calls: int) -> None:
    backend, time = Scripted([[*before, DOWN], said("here")]), FakeTime()
    wrapped = retrying(backend, clock=time.clock())
    texts: list[str] = []
    try:
        async for event in wrapped.stream(request()):
            texts.append(event.text if isinstance(event, TextDelta) else "")  # noqa: PERF401 # kept on error
    except BackendUnreachable:
        assert calls == 1
    assert len(backend.requests) == calls
    assert "".join(texts) == ("half" if calls == 1 else "here")


async def test_embeddings_are_retried_too() -> None:
    backend, time = Scripted([[DOWN], [DONE]]), FakeTime()
    assert await retrying(backend, clock=time.clock()).embed(["abc"], model="m") == [[3.0]]
    assert len(time.slept) == 1


async def test_leaving_early_closes_what_is_inside() -> None:
    backend = Scripted([said("here")])
    stream = retrying(backend).stream(request())
    async for _ in stream:
        break
    await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] # it is a generator
    assert backend.closed_streams == 1


@given(
    attempt=st.integers(1, 50), jitter=st.floats(0, 1, exclude_max=True), wait=st.none() | st.floats(0, 1e6)
)
def test_pauses_stay_in_bounds(attempt: int, jitter: float, wait: float | None) -> None:
    policy = RetryPolicy()
    error = RateLimited("later", retry_after=wait)
    pause = policy.pause(attempt, error, jitter)
    if attempt >= policy.attempts or (wait or 0) > policy.longest_retry_after:
        assert pause is None
    else:
        assert pause is not None
        assert (wait or 0) <= pause <= max(policy.longest_pause, (wait or 0) + policy.first_pause)


async def test_the_label_is_kept() -> None:
    assert retrying(Scripted([])).label == "scripted"
