"""Runs against the real database: steps are never repeated, one holder at a time, stop, failure, resumption."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from psycopg import sql

from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.errors import ConfigError, DatabaseAway, UserError
from bot.memory.library import Library
from bot.plugins.cog import Cog
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.engine import Engine
from bot.work.principal import Principal
from bot.work.run import Run
from bot.work.runs_table import NewRun, RunRow
from bot.work.services import RunServices
from bot.work.settings import EngineSettings
from bot.work.surface import Place, Say
from tests.waiting import eventually

FAST = EngineSettings(lease=0.4, heartbeat=0.05, sweep=0.05, retry_delay=0.05)
ADA = Principal(guild_id=1, channel_id=77 << 22, member_id=5, name="Ada")


def services_of(database: Database) -> RunServices:
    nothing: object = None
    return RunServices(
        database=database,
        surface=DiscordSurface(nothing, Clock()),  # pyright: ignore[reportArgumentType] - writing needs no API
        personas=nothing,  # pyright: ignore[reportArgumentType] - these workflows ask no agent
        tools=nothing,  # pyright: ignore[reportArgumentType] - and use no tool
        library=Library(database, None, Clock()),
        clock=Clock(),
        meter=nothing,  # pyright: ignore[reportArgumentType] - as above
    )


@dataclass
class Bench:
    """A database with a cog under test and engines that share its runs."""

    database: Database
    cog: Cog = field(default_factory=lambda: Cog("lab", summary="Test cog"))

    def services(self) -> RunServices:
        return services_of(self.database)

    def engine(
        self,
        settings: EngineSettings = FAST,
        *,
        services: RunServices | None = None,
        clock: Clock | None = None,
    ) -> Engine:
        flows = {("lab", name): flow for name, flow in self.cog.workflows.items()}
        return Engine(services or self.services(), flows, settings, clock)

    def dying_engine(self) -> Engine:
        """One that, when it is cancelled, lets nothing come to its end."""
        return self.engine(replace(FAST, grace=0.0))

    @asynccontextmanager
    async def working(
        self, engine: Engine | None = None, *, clock: Clock | None = None
    ) -> AsyncGenerator[Engine]:
        """An engine at work, as another process would be."""
        engine = engine or self.engine(clock=clock)
        task = asyncio.create_task(engine.work_forever())
        try:
            yield engine
        finally:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.result()

    async def start(
        self,
        workflow: Callable[..., Awaitable[object]],
        *,
        its_id: UUID | None = None,
        principal: Principal | None = None,
        priority: int = 2,
        seconds: float | None = None,
        **args: object,
    ) -> UUID:
        run_id = its_id or uuid4()
        who = principal or ADA
        services = services_of(self.database)
        name = getattr(workflow, "__name__", "")
        known = self.cog.workflows.get(name)
        if seconds is None and known is not None and known.within is not None:
            seconds = known.within.total_seconds()
        async with self.database.transaction() as conn:
            (status, *_) = await services.surface.post(
                conn, f"{run_id}:status", Place(who.channel_id), Say("…")
            )
            new = NewRun(run_id, "lab", name, args, "A title", who, priority=priority, seconds=seconds)
            await runs_table.insert(conn, new, status_row=status, thread_row=None)
        return run_id

    async def stop(self, run_id: UUID, by: int = 9) -> str | None:
        async with self.database.transaction() as conn:
            return await runs_table.ask_to_stop(conn, run_id, by)

    async def wait_id(self, run_id: UUID, key: str) -> UUID:
        return uuid5(run_id, f"wait {key}")

    async def order_of_ends(self) -> list[UUID]:
        async with self.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT id FROM run WHERE finished_at IS NOT NULL ORDER BY finished_at"
            )
            return [row[0] for row in await cursor.fetchall()]

    async def buttons_of_last_edit(self) -> list[str]:
        async with self.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT payload FROM outbox WHERE kind = 'edit' ORDER BY id DESC LIMIT 1"
            )
            row = await cursor.fetchone()
        assert row is not None
        return [button["custom_id"] for rows in row[0]["components"] for button in rows["components"]]

    async def count(self, table: str, condition: str) -> int:
        async with self.database.connection() as conn:
            where = sql.SQL(condition)  # pyright: ignore[reportArgumentType] - a literal of a test
            query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(table), where)
            row = await (await conn.execute(query)).fetchone()
        assert row is not None
        return int(row[0])

    async def row(self, run_id: UUID) -> RunRow:
        async with self.database.connection() as conn:
            row = await runs_table.get(conn, run_id)
        assert row is not None
        return row

    async def said(self, kind: str = "post") -> list[str]:
        async with self.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT payload->>'content' FROM outbox WHERE kind = %s AND state <> 'superseded' ORDER BY id",
                (kind,),
            )
            return [str(row[0]) for row in await cursor.fetchall()]

    async def finish(self, run_id: UUID, engine: Engine | None = None) -> RunRow:
        async def is_over() -> bool:
            return (await self.row(run_id)).is_over

        async with self.working(engine):
            await eventually(is_over)
        return await self.row(run_id)


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


async def test_a_run_is_done_and_its_status_says_so(bench: Bench) -> None:
    @bench.cog.workflow
    async def greet(run: Run, name: str) -> None:
        await run.stage("Thinking")
        await run.post(f"Hello {name}")

    row = await bench.finish(await bench.start(greet, name="Bo"))
    assert (row.state, row.error) == ("done", None)
    assert (await bench.said())[1:] == ["Hello Bo"]
    assert (await bench.said("edit"))[-1].endswith("✓ Done")


@pytest.mark.parametrize("killed_before", range(7))
async def test_killed_at_any_step_it_goes_on_and_repeats_none(bench: Bench, killed_before: int) -> None:
    calls: list[int] = []
    reached = asyncio.Event()
    killed = False

    async def work(number: int) -> int:
        nonlocal killed
        if number == killed_before and not killed:
            killed = True
            reached.set()
            await asyncio.Event().wait()
        calls.append(number)
        return number * 10

    @bench.cog.workflow
    async def count(run: Run) -> None:
        for number in range(6):
            assert await run.step(f"step {number}", work, number) == number * 10
            await run.stage(f"After {number}")
            await run.post(f"said {number}")

    run_id = await bench.start(count)
    first = asyncio.create_task(bench.engine().advance(run_id))
    waiting = asyncio.create_task(reached.wait())
    await asyncio.wait({first, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    first.cancel()
    await asyncio.wait({first})
    row = await bench.finish(run_id)
    assert row.state == "done"
    assert calls == list(range(6))
    assert (await bench.said())[1:] == [f"said {number}" for number in range(6)]


async def test_two_engines_never_work_on_a_run_at_once(bench: Bench) -> None:
    inside = 0
    most = 0

    async def busy() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.05)
        inside -= 1

    @bench.cog.workflow
    async def contended(run: Run) -> None:
        for number in range(5):
            await run.step(f"{number}", busy)

    run_id = await bench.start(contended)
    # A lease that a busy machine does not outlast: how one is lost is asked elsewhere.
    engines = [bench.engine(replace(FAST, lease=30.0)) for _ in range(5)]
    await asyncio.gather(*(engine.advance(run_id) for engine in engines for _ in range(2)))
    assert (await bench.row(run_id)).state == "done"
    assert most == 1


async def test_a_holder_that_was_cut_off_commits_nothing_any_more(bench: Bench) -> None:
    gate, entered = asyncio.Event(), asyncio.Event()
    starts = 0

    async def first_hangs() -> str:
        nonlocal starts
        starts += 1
        if starts == 1:
            entered.set()
            await gate.wait()
            return "old"
        return "new"

    @bench.cog.workflow
    async def slow(run: Run) -> None:
        await run.post(await run.step("answer", first_hangs))

    run_id = await bench.start(slow)
    # A heartbeat that never comes: what a hung event loop looks like from outside.
    cut_off = asyncio.create_task(bench.engine(EngineSettings(lease=0.2, heartbeat=60)).advance(run_id))
    await entered.wait()
    assert (await bench.finish(run_id)).state == "done"
    gate.set()
    await cut_off
    assert (await bench.said())[1:] == ["new"]
    assert (await bench.row(run_id)).state == "done"


async def test_stopping_says_what_was_done_so_far(bench: Bench) -> None:
    entered = asyncio.Event()

    async def forever() -> None:
        entered.set()
        await asyncio.Event().wait()

    @bench.cog.workflow
    async def long(run: Run) -> None:
        await run.stage("Planning")
        await run.stage("Reading", done="Planned 3 searches")
        await run.step("read", forever)

    @bench.cog.on_stop(long)
    async def report(run: Run) -> None:
        await run.post("Two of five were read.")

    assert report
    run_id = await bench.start(long)
    finishing = asyncio.create_task(bench.finish(run_id))
    await entered.wait()
    async with bench.database.transaction() as conn:
        assert await runs_table.ask_to_stop(conn, run_id, 9) == "running"
    row = await finishing
    assert row.state == "stopped"
    assert (await bench.said())[-1] == "Two of five were read."
    last = (await bench.said("edit"))[-1]
    assert "Planned 3 searches" in last
    assert last.endswith("Stopped by <@9>.")
    assert "Reading" not in last


async def test_a_run_that_nobody_holds_is_stopped_without_being_worked_on(bench: Bench) -> None:
    @bench.cog.workflow
    async def never(run: Run) -> None:
        await run.post("This must not be said")

    run_id = await bench.start(never)
    async with bench.database.transaction() as conn:
        await runs_table.ask_to_stop(conn, run_id, 9)
    assert (await bench.finish(run_id)).state == "stopped"
    assert "This must not be said" not in await bench.said()


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (UserError("Please say what."), "Please say what."),
        (ValueError("secret detail"), "Something broke here"),
    ],
)
async def test_a_failure_is_said_in_a_sentence(bench: Bench, error: Exception, shown: str) -> None:
    @bench.cog.workflow
    async def fails(run: Run) -> None:
        await run.stage("Trying")
        raise error

    row = await bench.finish(await bench.start(fails))
    assert row.state == "failed"
    last = (await bench.said("edit"))[-1]
    assert shown in last
    assert "secret detail" not in last


async def test_a_run_is_given_back_while_the_database_is_away(bench: Bench) -> None:
    tries = 0

    @bench.cog.workflow
    async def unlucky(run: Run) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise DatabaseAway("gone")
        await run.post("at last")

    row = await bench.finish(await bench.start(unlucky))
    assert (row.state, tries) == ("done", 3)


async def test_a_step_name_used_twice_is_refused(bench: Bench) -> None:
    async def nothing() -> None:
        return None

    @bench.cog.workflow
    async def twice(run: Run) -> None:
        await run.step("same", nothing)
        await run.step("same", nothing)

    row = await bench.finish(await bench.start(twice))
    assert row.error is not None
    assert "'same' twice" in row.error


async def test_a_run_that_keeps_killing_its_process_is_given_up(bench: Bench) -> None:
    @bench.cog.workflow
    async def poison(run: Run) -> None:
        await run.post("never")

    run_id = await bench.start(poison)
    async with bench.database.connection() as conn:
        await conn.execute("UPDATE run SET attempts = 50 WHERE id = %s", (run_id,))
    row = await bench.finish(run_id)
    assert row.state == "failed"


@pytest.mark.parametrize(("longest", "ends"), [(FAST.longest_lease, True), (FAST.lease, False)])
async def test_machines_that_are_too_busy_to_show_life_in_time_do_not_take_a_run_from_each_other_for_ever(
    bench: Bench, longest: float, *, ends: bool
) -> None:
    """With a lease that does not grow, which is the control, each is just about done when another begins anew."""
    busy = 2 * FAST.lease
    begun: list[int] = []

    async def slow() -> None:
        begun.append(1)
        await asyncio.sleep(busy)

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.step("slow", slow)

    async def late(seconds: float) -> None:
        await asyncio.sleep(seconds + (busy if seconds == FAST.heartbeat else 0))

    settings = replace(FAST, longest_lease=longest, sweep=0.04)
    run_id = await bench.start(work)
    slow_clock = Clock(sleep=late)
    async with (
        bench.working(bench.engine(settings, clock=slow_clock)),
        bench.working(bench.engine(settings, clock=slow_clock)),
    ):

        async def known() -> bool:
            return len(begun) > 6 or (await bench.row(run_id)).is_over

        await eventually(known)
    assert (await bench.row(run_id)).is_over == ends


async def test_who_gets_on_between_interruptions_is_never_given_up(bench: Bench) -> None:
    async def part() -> None:
        return None

    @bench.cog.workflow
    async def long(run: Run) -> None:
        await run.step("one", part)
        await run.step("two", part)
        raise asyncio.CancelledError

    run_id = await bench.start(long)
    async with bench.database.connection() as conn:
        await conn.execute("UPDATE run SET attempts = 49 WHERE id = %s", (run_id,))
    await bench.engine().advance(run_id)
    assert (await bench.row(run_id)).attempts == 1


async def test_a_cog_that_is_gone_ends_its_runs(bench: Bench) -> None:
    async def vanished(run: Run) -> None:
        raise AssertionError(run)

    row = await bench.finish(await bench.start(vanished))
    assert row.state == "failed"
    assert "not loaded" in (row.error or "")


async def test_results_keep_their_type_over_a_restart(bench: Bench) -> None:
    @dataclass(frozen=True)
    class Found:
        """A result with a type."""

        where: str
        ago: timedelta

    globals()["Found"] = Found
    seen: list[object] = []

    async def look() -> "list[Found]":
        return [Found("here", timedelta(hours=2))]

    @bench.cog.workflow
    async def typed(run: Run) -> None:
        seen.extend(await run.step("look", look))
        if len(seen) == 1:
            raise DatabaseAway("again")

    await bench.finish(await bench.start(typed))
    assert seen == [Found("here", timedelta(hours=2))] * 2


async def test_handled_events_are_handled_once(database: Database) -> None:
    async def handle() -> bool:
        async with database.transaction() as conn:
            return await runs_table.handle_once(conn, "lab", 42)

    assert sorted(await asyncio.gather(*(handle() for _ in range(8)))) == [False] * 7 + [True]


def test_a_workflow_must_be_declared_with_a_sound_cog_name() -> None:
    with pytest.raises(ConfigError):
        Cog("Not A Name", summary="x")
