"""kill -9 of whoever leads a task, wherever it records something: one plan, each part once, and one result."""

import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bot.clock import Clock
from bot.demo.children import Process
from bot.discord.surface import DiscordSurface
from bot.storage.database import Database
from bot.work import runs_table, waits_table
from bot.work.services import unheard
from bot.work.tasks.desk import Given, Tasks, TaskServices
from bot.work.tasks.task import QueueRules, Task
from tests.bot.work.tasks.bench import TaskBench, agent, member
from tests.chaos.breakpoints import BOTH, Breakpoints, Point, breakpoints
from tests.chaos.leader import ANSWER
from tests.sizes import size
from tests.waiting import eventually
from tests.warm_processes import begin_module

KILLS = size("kills of a leading agent", small=2, stated=60)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90 + 20 * KILLS)]


@dataclass(frozen=True, slots=True)
class Office:
    """A queue, with a leader that works in processes of their own."""

    bench: TaskBench
    points: Breakpoints
    url: str
    folder: Path

    @property
    def tasks(self) -> Tasks:
        surface = DiscordSurface(None, Clock())  # pyright: ignore[reportArgumentType] - writing needs no API
        parts = TaskServices(self.bench.database, surface, unheard, uuid4, Clock())
        return Tasks(parts, self.bench.guild_id, "tasks")

    async def give(self) -> Task:
        task = await self.bench.add("A sign")
        return await self.tasks.give(Given(task, agent("boss"), "lead", "It leads.", boxed=False))

    @asynccontextmanager
    async def leader(self) -> AsyncGenerator[Process]:
        process = await begin_module("tests.chaos.leader", self.url, str(self.folder))
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def helped(self, whole: Task) -> bool:
        """Do what people and specialists do: agree to the plan, and do the parts; whether all of it is done."""
        plan = await self.tasks.plans.standing(whole.id)
        if plan is not None and plan.state == "proposed":
            await self._agree(plan.wait_id)
        await self.tasks.plans.follow()  # as the job of the cog does now and then
        for part in await self.tasks.plans.parts(whole.id):
            if part.state == "available":
                taken = await self.tasks.move(part.id, "claim", by=member(7))
                assert await self.tasks.finish(taken.hold, member(7), f"{part.title}: done")
        return (await self.bench.now(whole)).state == "done"

    async def _agree(self, wait_id: UUID) -> None:
        async with self.bench.database.transaction() as conn:
            wait = await waits_table.get(conn, wait_id)
            # Whoever stands at a point holds the run's row: it is locked only for what is to be said.
            if wait is not None and wait.answered_at is None:
                await runs_table.locked(conn, wait.run_id)
                await waits_table.decide(conn, wait_id, {"do": "start"}, 5)

    async def led(self, whole: Task) -> None:
        """See the task through to its end."""

        async def done() -> bool:
            return await self.helped(whole)

        await eventually(done, 30)

    async def steps(self, whole: Task) -> list[str]:
        rows = await self.points.rows(
            "SELECT key FROM run_step JOIN run ON run.id = run_id WHERE args ->> 'task' = %s ORDER BY done_at",
            str(whole.id),
        )
        return [str(key) for (key,) in rows]

    async def said(self, text: str) -> int:
        query = "SELECT count(*) FROM outbox WHERE kind = 'post' AND payload ->> 'content' LIKE %s"
        ((count,),) = await self.points.rows(query, f"%{text}%")
        return int(count)


async def test_whenever_the_leader_is_killed_its_task_is_led_once(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    bench = TaskBench(database)
    await bench.open(QueueRules(agent_seconds=60))
    async with breakpoints(database_url) as points:
        office = Office(bench, points, database_url, tmp_path)
        undisturbed = await office.give()
        async with office.leader():
            await office.led(undisturbed)

            async def over() -> bool:
                return "tell the end" in await office.steps(undisturbed)

            await eventually(over)
        events = [f"step {key}" for key in await office.steps(undisturbed)]
        places = [Point(event, moment) for event in events for moment in BOTH]
        count = min(KILLS, len(places))
        chosen = [places[turn * len(places) // count] for turn in range(count)]
        killed = 0
        for turn, point in enumerate(chosen, 1):
            await points.arm(point)
            whole = await office.give()
            async with office.leader() as victim:
                # How often it waits for a part depends on who is quicker: it may be done without coming there.
                async def there() -> bool:
                    return await points.reached() or await office.helped(whole)  # noqa: B023 - asked within its round

                await eventually(there, 30)
                killed += await points.reached()
                victim.send_signal(signal.SIGKILL)
                await victim.wait()
            await points.release()
            async with office.leader():
                await office.led(whole)

                async def told() -> bool:
                    return await office.said(ANSWER) == turn + 1  # noqa: B023 - as above

                await eventually(told)
            parts = await office.tasks.plans.parts(whole.id)
            assert [one.title for one in parts] == ["Paint", "Write"], point
            assert {one.state for one in parts} == {"done"}
            assert await office.tasks.plans.versions(whole.id) == 1
            assert [one.kind for one in await office.tasks.results(whole.id)] == ["result"]
        assert killed >= count * 2 // 3
        assert await office.said("A plan for") == count + 1
        assert await office.said("Paint is done") == count + 1
