"""Whose turn it is among guilds, what becomes of runs that fail, and that no doorbell is needed."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from bot.errors import OutsideError, UserError
from bot.storage.database import Database
from bot.work import control, runs_list, runs_queue
from bot.work.doorbell import Doorbell
from bot.work.principal import Principal
from bot.work.run import Run
from bot.work.services import unheard
from bot.work.settings import EngineSettings
from tests.bot.work.explaining import Explaining, as_autovacuum_does
from tests.bot.work.test_engine import ADA, FAST, Bench
from tests.waiting import eventually

BIG, SMALL = (Principal(guild, ADA.channel_id, 5, "Ada") for guild in (1, 2))
FEW = replace(FAST, concurrency=4, per_guild=3)


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


async def crowd(database: Database, count: int, *, guild: int = 1, state: str = "ready") -> None:
    """So many runs of one guild, of a workflow that does nothing."""
    async with database.connection() as conn:
        await conn.execute(
            """
            INSERT INTO run (id, cog, workflow, args, title, guild_id, channel_id, member_id, member_name, state,
                             finished_at, due_at)
            SELECT gen_random_uuid(), 'lab', 'nothing', '{}', 'Number ' || n, %s, %s, 5, 'Ada', %s,
                   CASE WHEN %s = 'done' THEN now() - interval '100 days' END, now() - interval '1 hour'
            FROM generate_series(1, %s) AS n
            """,
            (guild, ADA.channel_id, state, state, count),
        )


async def test_a_guild_with_a_thousand_runs_does_not_starve_another(bench: Bench) -> None:
    order: list[int] = []

    @bench.cog.workflow
    async def nothing(run: Run) -> None:
        order.append(run.principal.guild_id)

    await crowd(bench.database, 1_000)
    small = [await bench.start(nothing, principal=SMALL) for _ in range(5)]
    async with bench.working(bench.engine(FEW)):

        async def small_ones_are_done() -> bool:
            return all([(await bench.row(run_id)).is_over for run_id in small])

        await eventually(small_ones_are_done)
    assert Counter(order)[1] < 60
    assert order.index(2) < 4


async def test_a_guild_has_no_more_under_way_than_it_may_in_all_processes_together(bench: Bench) -> None:
    inside = Counter[int]()
    most = Counter[int]()

    async def busy(guild: int) -> None:
        inside[guild] += 1
        most[guild] = max(most[guild], inside[guild])
        await asyncio.sleep(0.02)
        inside[guild] -= 1

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.step("busy", busy, run.principal.guild_id)

    runs = [await bench.start(work, principal=one) for one in (BIG, SMALL) for _ in range(10)]
    async with bench.working(bench.engine(FEW)), bench.working(bench.engine(FEW)):

        async def all_done() -> bool:
            return await bench.count("run", "state = 'done'") == len(runs)

        await eventually(all_done)
    assert most[1] <= 3
    assert most[2] <= 3
    assert max(most.values()) > 1


async def test_within_a_guild_the_urgent_go_first_and_what_is_being_stopped_before_all(bench: Bench) -> None:
    order: list[str] = []

    @bench.cog.workflow
    async def named(run: Run, name: str) -> None:
        assert run.id
        order.append(name)

    for priority in (3, 2, 1):
        await bench.start(named, priority=priority, name=str(priority))
    stopped = await bench.start(named, priority=3, name="stopped")
    await bench.stop(stopped)
    one = replace(FAST, concurrency=1, per_guild=1)
    async with bench.working(bench.engine(one)):

        async def all_over() -> bool:
            return await bench.count("run", "state IN ('done', 'stopped')") == 4

        await eventually(all_over)
    assert order == ["1", "2", "3"]
    rows = await bench.order_of_ends()
    assert rows[0] == stopped


class Flaky:
    """Fails so often, and then no more."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.left = failures
        self.calls = 0
        self.error = error

    async def __call__(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error
        return "at last"


class _Hopeless(OutsideError):
    """Trying again will not help."""

    may_pass = False


@pytest.mark.parametrize(
    ("failures", "error", "state", "calls"),
    [
        (4, OutsideError("The library is closed."), "done", 5),
        (9, OutsideError("The library is closed."), "failed", 5),
        (1, UserError("There is no such book."), "failed", 1),
        (1, _Hopeless("The key is wrong."), "failed", 1),
        (1, ValueError("secret"), "failed", 1),
    ],
)
async def test_what_failed_outside_is_tried_again_a_few_times_and_then_people_can(
    bench: Bench, failures: int, error: Exception, state: str, calls: int
) -> None:
    flaky = Flaky(failures, error)

    async def before() -> None:
        return None

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.step("before", before)
        await run.post(await run.step("flaky", flaky.__call__))

    run_id = await bench.start(work)
    quick = bench.engine(replace(FAST, retry_delay=0.01))
    row = await bench.finish(run_id, quick)
    # The first attempt got on (it recorded a step before), so its failure is the first of four that are tried again.
    assert (row.state, flaky.calls) == (state, calls)
    if state == "done":
        assert await bench.count("outbox", "payload->>'content' LIKE '%closed. Trying again <t:%'") == 4
        return
    shown = (await bench.said("edit"))[-1]
    assert "secret" not in shown
    assert await bench.buttons_of_last_edit() == [f"v1:runs:retry:{run_id}"]

    # What people are offered then: it goes on from where it was, once however many press.
    flaky.left = 0
    retries = await asyncio.gather(*(_retry(bench, run_id) for _ in range(5)))
    assert sorted(retries) == [False] * 4 + [True]
    row = await bench.finish(run_id, quick)
    assert (row.state, row.round, row.error) == ("done", 1, None)
    assert (await bench.said("edit"))[-1].endswith("✓ Done")
    assert (await bench.said())[-1] == "at last"
    assert not await _retry(bench, run_id)


async def _retry(bench: Bench, run_id: UUID) -> bool:
    async with bench.database.transaction() as conn:
        return await control.retry(conn, run_id, unheard)


async def test_rings_may_be_lost_or_doubled_and_collapse(bench: Bench) -> None:
    done: list[int] = []

    @bench.cog.workflow
    async def work(run: Run, number: int) -> None:
        assert run.id
        done.append(number)

    async with Doorbell.opened(bench.database) as doorbell:
        runs = [await bench.start(work, number=number) for number in range(6)]
        for run_id in runs[:3]:
            for _ in range(3):
                async with bench.database.transaction() as conn:
                    await conn.execute("SELECT 1 FROM run WHERE id = %s FOR UPDATE", (run_id,))
                    await doorbell.ring(conn, run_id)
        assert await bench.count("procrastinate_jobs", "status = 'todo'") == 3
        assert await bench.count("procrastinate_jobs", "lock IS NOT NULL") == 0
        # An engine that looks by itself only once an hour hears those; the others are found by one that looks.
        deaf_to_time = bench.engine(replace(FAST, sweep=3_600.0))
        answering = asyncio.create_task(doorbell.answer_forever(lambda _run_id: deaf_to_time.ring()))
        try:
            async with bench.working(deaf_to_time):

                async def all_done() -> bool:
                    return len(done) == len(runs)

                await eventually(all_done)
        finally:
            answering.cancel()
            await asyncio.wait({answering})
    assert sorted(done) == list(range(6))


async def test_old_runs_are_forgotten_a_few_at_a_time(bench: Bench) -> None:
    @bench.cog.workflow
    async def nothing(run: Run) -> None:
        await run.post("kept")

    await crowd(bench.database, 25, state="done")
    await bench.finish(await bench.start(nothing))
    engine = bench.engine(replace(FAST, tidy_batch=10))
    assert [await engine.tidy() for _ in range(4)] == [10, 10, 5, 0]
    assert await bench.count("run", "true") == 1
    assert await bench.engine(replace(FAST, keep_days=0)).tidy() == 0


async def test_lists_find_runs_by_guild_member_thread_and_words(bench: Bench) -> None:
    await crowd(bench.database, 3, guild=1)
    await crowd(bench.database, 3, guild=2)
    async with bench.database.connection() as conn:
        found = await runs_list.listed(conn, states=["ready"], guild_id=2, words="number 2")
        assert [(one.guild_id, one.title) for one in found] == [(2, "Number 2")]
        assert await runs_list.listed(conn, states=["ready"], member_id=404) == []
        assert len(await runs_list.listed(conn, states=["ready"], limit=4)) == 4
        (one,) = await runs_list.found(conn, str(found[0].id)[:13])
        assert one == found[0]


async def test_the_hot_queries_read_indexes_however_many_runs_there_are(bench: Bench) -> None:
    """What every process asks all the time must not grow with what lies finished, or waits in one guild."""
    await crowd(bench.database, 20_000, state="done")
    await crowd(bench.database, 3_000, guild=1)
    await crowd(bench.database, 10, guild=2)
    async with bench.database.transaction() as conn:
        await conn.execute(
            "UPDATE run SET state = 'waiting', due_at = now() + interval '1 day' WHERE guild_id = 2"
        )
    async with bench.database.connection() as conn:
        await as_autovacuum_does(conn, "run")
        recorder = Explaining(conn)
        await runs_queue.make_ready(recorder, 50)  # pyright: ignore[reportArgumentType] - it has what is used
        await runs_queue.turns(recorder, 20, 10)  # pyright: ignore[reportArgumentType] - as above
        await runs_queue.forget_old(recorder, 90, 500)  # pyright: ignore[reportArgumentType] - as above
    for plan in recorder.plans:
        assert "Seq Scan on run" not in plan, plan
    assert "run_turn" in recorder.plans[1]


def test_with_the_usual_patience_a_dead_process_is_noticed_within_five_seconds() -> None:
    usual = EngineSettings()
    assert usual.heartbeat * 3 <= usual.lease
    assert timedelta(seconds=usual.lease + usual.sweep) < timedelta(seconds=5)
