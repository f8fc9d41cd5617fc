"""A clock that stands still until a test moves it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import TimedOut, UserError
from bot.local_discord.client.member import join
from bot.local_discord.server import Config, running
from cogswarm.testing import FakeClock

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@given(st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 100)), max_size=8), st.floats(0, 250))
def test_sleepers_wake_in_order_and_no_sooner(naps: list[tuple[float, float]], by: float) -> None:
    async def story() -> None:
        clock = FakeClock(START)
        woken: list[float] = []

        async def nap_twice(first: float, second: float) -> None:
            for seconds in (first, second):
                due = clock.monotonic() + seconds
                await clock.sleep(seconds)
                assert clock.monotonic() == pytest.approx(due)
                woken.append(clock.monotonic())

        async with asyncio.TaskGroup() as tasks:
            for first, second in naps:
                tasks.create_task(nap_twice(first, second))
            await clock.advance(by)
            assert woken == sorted(woken)
            expected = sum((first <= by) + (first + second <= by) for first, second in naps)
            assert len(woken) == pytest.approx(expected, abs=sum(abs(a + b - by) < 1e-6 for a, b in naps))
            assert clock.now() == START + timedelta(seconds=by)
            await clock.advance(1_000)
        assert len(woken) == 2 * len(naps)

    asyncio.run(story())


async def test_it_starts_now_and_goes_on_from_there() -> None:
    clock = FakeClock()
    assert abs(datetime.now(UTC) - clock.now()) < timedelta(minutes=1)
    begun = clock.now()
    await clock.advance(timedelta(days=1))
    await clock.advance_to(begun + timedelta(days=2))
    assert clock.now() == begun + timedelta(days=2)
    assert clock.monotonic() == 2 * 86_400


@pytest.mark.parametrize("seconds", [0, -1])
async def test_no_sleep_at_all_returns_at_once(seconds: float) -> None:
    await FakeClock(START).sleep(seconds)


async def test_what_it_refuses() -> None:
    clock = FakeClock(START)
    with pytest.raises(UserError, match="time zone"):
        FakeClock(datetime(2026, 1, 5))  # noqa: DTZ001 - that is what is refused
    with pytest.raises(UserError, match="go back"):
        await clock.advance(-1)
    sleeping = asyncio.create_task(clock.sleep(5))
    await clock.until_asleep(5)
    with pytest.raises(TimedOut, match=r"Nothing slept for 10 seconds .* what sleeps: 5 s"):
        await clock.until_asleep(10, timeout=0.01)
    sleeping.cancel()
    await asyncio.gather(sleeping, return_exceptions=True)
    assert clock.asleep() == []
    await clock.advance(10)
    with pytest.raises(TimedOut, match="nothing"):
        await clock.until_asleep(10, timeout=0.01)


async def test_one_waits_for_a_sleeper_to_come() -> None:
    clock = FakeClock(START)
    waiting = asyncio.create_task(clock.until_asleep(timedelta(hours=1)))
    short, long = (asyncio.create_task(clock.sleep(seconds)) for seconds in (1, 3600))
    await waiting
    assert clock.asleep() == [1, 3600]
    await clock.advance(3600)
    assert short.done()
    assert long.done()


async def test_a_local_discord_lives_by_it() -> None:
    clock = FakeClock(START)
    async with (
        running(Config(clock=clock.clock)) as local,
        join(local.base_url, local.key, "bo") as bo,
    ):
        place = await bo.channel("general")
        first = await bo.say(place, "nine o'clock")
        await clock.advance(timedelta(hours=1))
        second = await bo.say(place, "ten o'clock")
    assert datetime.fromisoformat(first["timestamp"]) == START
    assert datetime.fromisoformat(second["timestamp"]) == START + timedelta(hours=1)
    assert (int(second["id"]) >> 22) - (int(first["id"]) >> 22) == 3_600_000
