"""When jobs are due, whatever clocks do; and of many that want to do one, one does."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bot.errors import ConfigError
from bot.plugins import jobs_table
from bot.plugins.cog import Cog
from bot.plugins.jobs import Job, Timing, made_job, timing_of
from bot.plugins.jobs_table import JobRow, Wanted
from bot.storage.database import Database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


async def test_of_many_that_claim_a_job_one_gets_it_and_a_dead_ones_is_taken_over(database: Database) -> None:
    async with database.transaction() as conn:
        await jobs_table.make(conn, 1, ["chimes"], [Wanted("chimes", "chime", "every 3600 s", NOW)])
    async with database.connection() as conn:
        (row,) = await jobs_table.due(conn, [1], ["chimes"], NOW, 10)

    async def claim() -> int | None:
        async with database.connection() as conn:
            return await jobs_table.claim(conn, row, NOW, 60)

    fences = [fence for fence in await asyncio.gather(*(claim() for _ in range(8))) if fence is not None]
    assert fences == [1]
    later = NOW + timedelta(hours=1)
    async with database.connection() as conn:
        assert await jobs_table.due(conn, [1], ["chimes"], NOW, 10) == [], "somebody has it"
        await conn.execute("UPDATE cog_job SET lease_until = now() - interval '1 second'")
        (again,) = await jobs_table.due(conn, [1], ["chimes"], NOW, 10)
        assert again.due_at == row.due_at, "so what it begins has the same id as before"
        assert await jobs_table.claim(conn, again, NOW, 60) == 2
        assert not await jobs_table.end(conn, row, 1, due_at=later, now=NOW, error=None), (
            "the dead one wakes up"
        )
        assert await jobs_table.end(conn, again, 2, due_at=later, now=NOW, error=None)
        assert await jobs_table.due(conn, [1], ["chimes"], NOW, 10) == []
        assert len(await jobs_table.due(conn, [1], ["chimes"], later, 10)) == 1
        assert await jobs_table.due(conn, [2], ["chimes"], later, 10) == []
        await jobs_table.make(conn, 1, ["chimes"], [])
        assert await jobs_table.of_cog(conn, 1, "chimes") == []


async def test_a_job_that_is_hurried_while_it_runs_runs_once_more_though_no_time_passes(
    database: Database,
) -> None:
    later = NOW + timedelta(hours=1)
    async with database.connection() as conn:
        await jobs_table.make(conn, 1, ["chimes"], [Wanted("chimes", "chime", "every hour", later)])

        async def due() -> list[JobRow]:
            return await jobs_table.due(conn, [1], ["chimes"], NOW, 9)

        for hurries in (1, 2, 3, 0):
            await jobs_table.hurry(conn, 1, "chimes", "chime", NOW)
            (row,) = await due()
            fence = await jobs_table.claim(conn, row, NOW, 60)
            assert fence is not None
            for _ in range(hurries):
                await jobs_table.hurry(conn, 1, "chimes", "chime", NOW)
            assert await jobs_table.end(conn, row, fence, due_at=later, now=NOW, error=None)
            again = await due()
            assert len(again) == (1 if hurries else 0), hurries


async def _nothing(_ctx: object) -> None: ...


def _daily(at: time | Callable[[object], time | None]) -> Job:
    return made_job("digest", _nothing, every=None, daily=at, limit=timedelta(seconds=1), jitter=timedelta())


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    at=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    jitter=st.timedeltas(timedelta(), timedelta(hours=12)),
)
def test_a_daily_job_is_due_once_on_each_day_of_its_zone_whatever_clocks_do(
    now: datetime, at: time, jitter: timedelta
) -> None:
    timing = Timing("daily", at=at, zone=BERLIN, offset=jitter)
    first = timing.next(now)
    second = timing.next(first)
    assert now < first <= now + timedelta(hours=25)
    assert timedelta(hours=23) <= second - first <= timedelta(hours=25)
    days = [(one - jitter).astimezone(BERLIN).date() for one in (first, second)]
    assert days[1] - days[0] == timedelta(days=1)


@given(
    late=st.timedeltas(timedelta(), timedelta(days=400)),
    every=st.timedeltas(timedelta(seconds=10), timedelta(days=9)),
)
def test_what_was_missed_is_left_out_and_the_rhythm_kept(late: timedelta, every: timedelta) -> None:
    timing = Timing("every", every=every)
    found = timing.next(NOW + late, NOW)
    assert NOW + late < found <= NOW + late + every
    assert (found - NOW) % every == timedelta()


def test_settings_say_when_and_servers_are_spread_over_the_jitter() -> None:
    off = timing_of(_daily(lambda _: None), 1, "chimes", BERLIN, None)
    assert off is None
    at_nine = timing_of(_daily(lambda _: time(9)), 1, "chimes", BERLIN, None)
    assert at_nine is not None
    assert at_nine.text == "daily at 09:00 (Europe/Berlin)"
    assert at_nine.next(NOW) == datetime(2026, 3, 2, 8, tzinfo=UTC)
    hourly = made_job(
        "hourly", _nothing, every=timedelta(hours=1), daily=None, limit=timedelta(seconds=1), jitter=None
    )
    found = [timing_of(hourly, guild, "chimes", BERLIN, None) for guild in range(200)]
    offsets = [one.offset for one in found if one is not None]
    assert {one.text for one in found if one is not None} == {"every hour"}
    assert min(offsets) < timedelta(seconds=6)
    assert timedelta(seconds=54) < max(offsets) < timedelta(seconds=60)
    assert found == [timing_of(hourly, guild, "chimes", BERLIN, None) for guild in range(200)]


@pytest.mark.parametrize(
    ("every", "daily", "limit", "jitter"),
    [
        (None, None, 1, None),
        (timedelta(hours=1), time(9), 1, None),
        (timedelta(seconds=9), None, 1, None),
        (timedelta(hours=1), None, 601, None),
        (timedelta(hours=1), None, 0, None),
        (timedelta(hours=1), None, 1, timedelta(hours=2)),
    ],
)
def test_times_that_cannot_be_kept_are_refused(
    every: timedelta | None, daily: time | None, limit: int, jitter: timedelta | None
) -> None:
    cog = Cog("chimes", summary="Says the hour")
    declare: Callable[[Callable[..., Awaitable[None]]], object] = cog.job(
        every=every, daily=daily, limit=timedelta(seconds=limit), jitter=jitter
    )
    with pytest.raises(ConfigError):
        declare(_nothing)
