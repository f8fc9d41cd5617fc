"""Runs of any shape under any sequence of crashes, doubled work, stops, answers and passing time end as they should."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.storage.database import Database
from bot.work import runs_queue, waiting, waits_table
from bot.work.engine import Engine
from bot.work.run import Run
from bot.work.settings import EngineSettings
from tests.bot.discord.fate import Fate, FatedDatabase, Killed
from tests.bot.work.test_engine import Bench, services_of
from tests.sizes import size

EXAMPLES = size("sequences of mishaps", small=12, stated=500)
CALM = EngineSettings(lease=60.0, heartbeat=20.0, retry_delay=0.01, grace=0.0)
LIMIT = timedelta(hours=8)
PARTS = ("step", "keyed", "found", "once", "post", "sleep", "ask", "child")

shapes = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5)
mishaps = st.lists(
    st.one_of(
        st.tuples(st.just("crash"), st.integers(1, 60)),
        st.tuples(st.just("work"), st.just(0)),
        st.tuples(st.just("double"), st.just(0)),
        st.tuples(st.just("time"), st.integers(1, 5)),
        st.tuples(st.just("answer"), st.integers(0, 1)),
        st.tuples(st.just("stop"), st.just(0)),
    ),
    max_size=8,
)


@dataclass
class Story:
    """One run and what has been done to it."""

    bench: Bench
    run_id: UUID
    ahead: float = 0.0
    stopped: bool = False
    answers: dict[UUID, Any] = field(default_factory=dict[UUID, Any])

    def engine(self, fate: Fate | None = None) -> Engine:
        flows = {("lab", name): flow for name, flow in self.bench.cog.workflows.items()}
        database = self.bench.database
        seen = cast("Any", FatedDatabase(database, fate)) if fate is not None else database
        services = replace(services_of(database), database=seen, ahead=lambda: self.ahead)
        return Engine(services, flows, CALM)

    async def look(self, *engines: Engine) -> bool:
        """Have engines take up what is due; False where nothing is."""
        async with self.bench.database.connection() as conn:
            await runs_queue.make_ready(conn, 50, self.ahead)
            due = await runs_queue.turns(conn, 20, 20)
        for run_id in due:
            tries = [asyncio.ensure_future(engine.advance(run_id)) for engine in engines]
            for outcome in await asyncio.gather(*tries, return_exceptions=True):
                if isinstance(outcome, BaseException) and not isinstance(outcome, Killed):
                    raise outcome
        return bool(due)

    async def befall(self, what: str, number: int) -> None:
        match what:
            case "crash":
                await self.look(self.engine(Fate(number)))
                async with self.bench.database.connection() as conn:
                    # the dead one's lease runs out
                    await conn.execute(
                        "UPDATE run SET lease_until = now() - interval '1 second' WHERE state = 'running'"
                    )
            case "work":
                await self.look(self.engine())
            case "double":
                await self.look(self.engine(), self.engine())
            case "time":
                self.ahead += timedelta(hours=number).total_seconds()
            case "answer":
                await self.answer("ab"[number])
            case _:
                before = await self.bench.stop(self.run_id)
                self.stopped = self.stopped or before in {"ready", "running", "waiting"}

    async def answer(self, value: str) -> None:
        """Answer everything that was ever asked; only the first answer to each counts."""
        async with self.bench.database.connection() as conn:
            cursor = await conn.execute("SELECT id FROM run_wait WHERE kind = 'answer'")
            asked = [row[0] for row in await cursor.fetchall()]
        for wait_id in asked:
            async with self.bench.database.transaction() as conn:
                wait = await waits_table.get(conn, wait_id)
                assert wait is not None
                # what may have happened, people look up: here it never has been known to
                said = value if "a" in wait.options else "retry"
                try:
                    decision = await waiting.answer(conn, wait_id, said, 5, self.ahead)
                except UserError:
                    continue
            assert decision.standing is not None
            assert decision.counts == (wait_id not in self.answers)
            self.answers.setdefault(wait_id, decision.standing)
            assert decision.standing == self.answers[wait_id]

    async def come_to_an_end(self) -> None:
        for _ in range(100):
            while await self.look(self.engine()):
                pass
            if await self.bench.count("run", "finished_at IS NULL") == 0:
                return
            await self.answer("a")
            self.ahead += 600.0
        raise AssertionError("It never ends.")


def _workflows(bench: Bench, shape: list[str]) -> Any:
    """A workflow of that shape, whose steps complain where they are done again after they were recorded."""

    async def act(run: Run, key: str) -> str:
        async with bench.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT 1 FROM run_step WHERE run_id = %s AND key = %s AND state = 'done'", (run.id, key)
            )
            assert await cursor.fetchone() is None
        return key

    async def keyed(_key: str, run: Run, key: str) -> str:
        return await act(run, key)

    async def find() -> str | None:
        return None

    @bench.cog.workflow
    async def part(run: Run) -> str:
        return await run.step("inside", act, run, "inside")

    async def child(run: Run) -> None:
        assert (await run.wait_for(await run.start(part))).state in {"done", "stopped"}

    @bench.cog.workflow
    async def whole(run: Run) -> None:
        for number, kind in enumerate(shape):
            key = f"{kind} {number}"
            kinds: dict[str, Any] = {
                "step": lambda key=key: run.step(key, act, run, key),
                "keyed": lambda key=key: run.keyed(key, keyed, run, key),
                "found": lambda key=key: run.reconciled(key, find, act, run, key),
                "once": lambda key=key: run.once(key, act, run, key),
                "sleep": lambda key=key: run.sleep(key, timedelta(hours=2)),
                "ask": lambda key=key: run.wait_answer(key, "Well?", {"a": "A", "b": "B"}),
                "child": lambda: child(run),
            }
            if kind in kinds:
                await kinds[kind]()
            await run.post(f"after {key}")

    assert part
    return whole


@pytest.mark.slow
@pytest.mark.timeout(60 + 4 * EXAMPLES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=shapes, events=mishaps, limited=st.booleans())
async def test_whatever_happens_a_run_ends_once_and_repeats_nothing(
    database: Database, shape: list[str], events: list[tuple[str, int]], *, limited: bool
) -> None:
    async with database.connection() as conn:
        await conn.execute("DELETE FROM run")
        await conn.execute("DELETE FROM outbox")
    bench = Bench(database)
    whole = _workflows(bench, shape)
    run_id = await bench.start(whole, seconds=LIMIT.total_seconds() if limited else None)
    story = Story(bench, run_id)
    for what, number in events:
        await story.befall(what, number)
    await story.come_to_an_end()

    row = await bench.row(run_id)
    late = row.state == "failed" and "longer than" in (row.error or "")
    assert row.state == "done" or (row.state == "stopped" and story.stopped) or (late and limited), row.error
    said = [text for text in await bench.said() if text.startswith("after")]
    expected = [f"after {kind} {number}" for number, kind in enumerate(shape)]
    assert said == expected[: len(said)]
    if row.state == "done":
        assert said == expected
    # There is one last word, and the lease is nobody's.
    assert await bench.count("outbox", f"key = '{run_id}:close'") == 1
    assert await bench.count("run", "lease_until IS NOT NULL") == 0
    done = "run_id IN (SELECT id FROM run WHERE state = 'done') AND answered_at IS NULL"
    assert await bench.count("run_wait", done) == 0
