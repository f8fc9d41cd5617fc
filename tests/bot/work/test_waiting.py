"""Waiting is a row: for a time, for people, for other runs; nothing is held meanwhile, and nothing is missed."""

import asyncio
import gc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from bot.clock import Clock
from bot.errors import UserError
from bot.storage.database import Database
from bot.work import waiting
from bot.work.run import Run
from bot.work.runs_table import RunRow
from bot.work.waiting import Ending
from tests.bot.work.test_engine import ADA, Bench
from tests.waiting import eventually


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


async def parked(bench: Bench, run_id: UUID) -> RunRow:
    async def waits() -> bool:
        return (await bench.row(run_id)).state == "waiting"

    async with bench.working():
        await eventually(waits)
    return await bench.row(run_id)


async def test_while_a_run_waits_nothing_of_it_is_held_anywhere(bench: Bench) -> None:
    left, steps = list[str](), list[int]()

    async def count() -> int:
        steps.append(1)
        return len(steps)

    @bench.cog.workflow
    async def patient(run: Run) -> None:
        await run.step("count", count)
        try:
            said = await run.wait_answer("ready", "Ready?", {"yes": "Yes", "no": "No"})
        finally:
            left.append("left")
            await run.post("a last word that is no part of the work")
        await run.post(f"answered {said.value if said else None} by {said.by if said else None}")

    run_id = await bench.start(patient)
    row = await parked(bench, run_id)
    assert (row.lease_until, row.due_at, left, steps) == (None, None, ["left"], [1])
    gc.collect()
    coroutines = [
        one for one in asyncio.all_tasks() if "patient" in str(one.get_coro()) or "run" in one.get_name()
    ]
    assert coroutines == []
    asked = (await bench.said())[-1]
    assert asked == "Ready?"
    assert "Waiting until it is answered" in (await bench.said("edit"))[-1]

    wait_id = await bench.wait_id(run_id, "ready")
    async with bench.database.transaction() as conn:
        assert (await waiting.answer(conn, wait_id, "yes", 7)).counts
    assert (await bench.finish(run_id)).state == "done"
    assert (await bench.said())[-2:] == ["a last word that is no part of the work", "answered yes by 7"]
    assert steps == [1]


async def test_of_many_answers_one_counts_and_no_wake_up_is_lost(bench: Bench) -> None:
    """The answer comes at any moment around the run's letting go: it must never wait for what is there already."""

    @bench.cog.workflow
    async def ask(run: Run, number: int) -> None:
        said = await run.wait_answer("it", "?", {"a": "A", "b": "B"})
        await run.post(f"{number}: {said and said.value}")

    async with bench.working(), bench.working():
        runs = [await bench.start(ask, number=number) for number in range(12)]

        async def press(run_id: UUID, value: str, by: int) -> bool:
            wait_id = await bench.wait_id(run_id, "it")
            while True:
                try:
                    async with bench.database.transaction() as conn:
                        return (await waiting.answer(conn, wait_id, value, by)).counts
                except UserError:
                    await asyncio.sleep(0.001)  # not asked yet

        counted = await asyncio.gather(
            *(press(run_id, "ab"[by % 2], by + 1) for run_id in runs for by in range(4))
        )
        assert sum(counted) == len(runs)

        async def all_over() -> bool:
            return all([(await bench.row(run_id)).is_over for run_id in runs])

        await eventually(all_over)
    assert len([text for text in await bench.said() if text.partition(": ")[2] in {"a", "b"}]) == len(runs)


async def test_a_question_that_nobody_answers_in_time_answers_itself(bench: Bench) -> None:
    @bench.cog.workflow
    async def ask(run: Run) -> None:
        said = await run.wait_answer("it", "Anybody?", {"yes": "Yes"}, within=timedelta(seconds=0.2))
        await run.post("nobody" if said is None else "somebody")

    run_id = await bench.start(ask)
    assert (await bench.finish(run_id)).state == "done"
    assert (await bench.said())[-1] == "nobody"
    assert any("Nobody answered in time" in text for text in await bench.said("edit"))
    async with bench.database.transaction() as conn:
        with pytest.raises(UserError) as late:
            await waiting.answer(conn, uuid4(), "yes", 1)
        assert "not open any more" in str(late.value)
        decision = await waiting.answer(conn, await bench.wait_id(run_id, "it"), "yes", 1)
    assert (decision.counts, decision.standing) == (False, None)


@pytest.mark.parametrize("skew", [timedelta(0), timedelta(hours=-9), timedelta(hours=9)])
async def test_a_time_is_the_databases_whatever_the_clock_of_the_process_says(
    bench: Bench, skew: timedelta
) -> None:
    """Two engines, one of which is hours off: the run sleeps for as long as it should, and goes on."""

    @bench.cog.workflow
    async def nap(run: Run) -> None:
        await run.sleep("a nap", timedelta(seconds=0.3))
        await run.sleep_until("long ago", datetime(2020, 1, 1, tzinfo=UTC))
        await run.post("awake")

    wrong = Clock(now=lambda: datetime.now(UTC) + skew)
    run_id = await bench.start(nap)
    async with bench.working(clock=wrong):
        row = await bench.finish(run_id)
    assert row.state == "done"
    assert row.finished_at is not None
    assert row.finished_at - row.created_at >= timedelta(seconds=0.3)


async def test_a_test_that_moves_peoples_clock_wakes_who_sleeps(bench: Bench) -> None:
    ahead = 0.0

    @bench.cog.workflow(within=timedelta(days=400))
    async def sleep_long(run: Run) -> None:
        await run.sleep("a year", timedelta(days=365))
        await run.post("awake")

    services = replace(bench.services(), ahead=lambda: ahead)
    engine = bench.engine(services=services)
    run_id = await bench.start(sleep_long)
    async with bench.working(engine=engine):

        async def waits() -> bool:
            return (await bench.row(run_id)).state == "waiting"

        await eventually(waits)
        ahead = timedelta(days=365, minutes=1).total_seconds()

        async def over() -> bool:
            return (await bench.row(run_id)).state == "done"

        await eventually(over)


async def test_a_run_waits_for_the_runs_that_it_starts(bench: Bench) -> None:
    endings: list[Ending] = []

    @bench.cog.workflow
    async def part(run: Run, number: int) -> int:
        if number == 2:
            raise UserError("The second cannot be done.")
        await run.post(f"part {number}")
        return number * 10

    @bench.cog.workflow
    async def whole(run: Run) -> None:
        parts = [await run.start(part, title=f"Part {number}", number=number) for number in range(3)]
        found = [await run.wait_for(one) for one in parts]
        endings[:] = found

    run_id = await bench.start(whole)
    row = await bench.finish(run_id)
    assert (row.state, row.error) == ("done", None)
    assert endings == [
        Ending("done", None, 0),
        Ending("done", None, 10),
        Ending("failed", "The second cannot be done.", None),
    ]
    assert sorted(text for text in await bench.said() if text.startswith("part")) == ["part 0", "part 1"]


async def test_branches_that_wait_and_branches_that_work_do_not_disturb_each_other(bench: Bench) -> None:
    begun = asyncio.Event()
    done: list[str] = []

    async def slow(name: str) -> str:
        begun.set()
        await asyncio.sleep(0.1)
        done.append(name)
        return name

    @bench.cog.workflow
    async def both(run: Run) -> None:
        async def branch() -> list[str]:
            return [await run.step(name, slow, name) for name in ("one", "two", "three")]

        names, said = await asyncio.gather(branch(), run.wait_answer("ok", "ok?", {"y": "Y"}))
        await run.post(f"{names} {said and said.value}")

    run_id = await bench.start(both)
    await parked(bench, run_id)
    assert done == ["one", "two", "three"]  # what was under way came to its end before the run was let go of
    async with bench.database.transaction() as conn:
        await waiting.answer(conn, await bench.wait_id(run_id, "ok"), "y", 1)
    assert (await bench.finish(run_id)).state == "done"
    assert done == ["one", "two", "three"]


async def test_two_runs_cannot_wait_for_each_other(bench: Bench) -> None:
    @bench.cog.workflow
    async def other(run: Run, run_id: str) -> None:
        await run.wait_for(UUID(run_id))

    @bench.cog.workflow
    async def narcissus(run: Run) -> None:
        await run.wait_for(run.id)

    mirrored = await bench.finish(await bench.start(narcissus))
    assert mirrored.error is not None
    assert "wait for each other" in mirrored.error
    first, second = uuid4(), uuid4()
    await bench.start(other, run_id=str(second), its_id=first)
    await bench.start(other, run_id=str(first), its_id=second)
    ended = [await bench.finish(one) for one in (first, second)]
    assert sorted(row.state for row in ended) == ["done", "failed"]
    stranger = await bench.finish(await bench.start(other, run_id=str(uuid4())))
    assert "not there any more" in (stranger.error or "")


async def test_stopping_a_run_that_waits_stops_what_it_has_started_too(bench: Bench) -> None:
    @bench.cog.workflow
    async def child(run: Run) -> None:
        await run.wait_answer("never", "Never answered", {"x": "X"})

    @bench.cog.workflow
    async def parent(run: Run) -> None:
        await run.wait_for(await run.start(child))

    run_id = await bench.start(parent)

    async def both_wait() -> bool:
        return await bench.count("run", "state = 'waiting'") == 2

    async with bench.working():
        await eventually(both_wait)
    await bench.stop(run_id)
    assert (await bench.finish(run_id)).state == "stopped"
    async with bench.working():

        async def all_stopped() -> bool:
            return await bench.count("run", "state = 'stopped'") == 2

        await eventually(all_stopped)
    async with bench.database.connection() as conn:
        cursor = await conn.execute("SELECT id FROM run_wait WHERE kind = 'answer'")
        ((wait_id,),) = await cursor.fetchall()
    async with bench.database.transaction() as conn:
        with pytest.raises(UserError, match="has ended"):
            await waiting.answer(conn, wait_id, "x", ADA.member_id)


async def test_a_run_that_takes_longer_than_it_may_ends_and_says_so(bench: Bench) -> None:
    @bench.cog.workflow
    async def waits(run: Run) -> None:
        await run.wait_answer("it", "Anybody?", {"yes": "Yes"})

    @bench.cog.workflow
    async def works(run: Run) -> None:
        await run.step("for ever", asyncio.Event().wait)

    @bench.cog.on_stop(works)
    async def so_far(run: Run) -> None:
        await run.post("half of it")

    assert so_far
    runs = [await bench.start(flow, seconds=0.3) for flow in (waits, works)]
    for run_id in runs:
        row = await bench.finish(run_id)
        assert row.state == "failed"
        assert "longer than the 0.3 seconds" in (row.error or "")
    assert "half of it" in await bench.said()
