"""Many agents at one queue while some are killed, some hang and all clocks are wrong: each task has one result."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from bot.storage.opening import open_database
from bot.work.principal import Principal
from bot.work.tasks.desk import Tasks
from bot.work.tasks.task import NewTask, QueueRules
from tests.chaos.crew import GUILD, QUEUE, Habits, tasks_on
from tests.chaos.workplace import LEASE, Workplace, workplace
from tests.sizes import size
from tests.waiting import eventually

TASKS = size("AC-A1 tasks", small=40, stated=10_000)
AGENTS = size("AC-A1 agents", small=3, stated=8)
KILLS = size("AC-A1 kills", small=2, stated=50)
SKEW = 5.0
NAP = size("AC-A1 tasks between two naps of every other agent", small=6, stated=50)
POINTS_OF_A_TASK = 25
SEED = 7
DOUBLE = "SELECT count(*) FROM effect GROUP BY run_id HAVING count(*) > 1"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + TASKS // 2)]


@dataclass(slots=True)
class Killing:
    """Agents of whom so many die, each at a point drawn by lot; whoever dies is replaced."""

    place: Workplace
    kills: int
    chance: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - the same points each time
    taken_over: list[float] = field(default_factory=list[float])
    alive: dict[int, Habits] = field(default_factory=dict[int, Habits])

    async def start(self, habits: Habits, kind: str = "agent") -> None:
        """Start an agent, who is to die if there are kills left."""
        at = 0
        if self.kills:
            self.kills -= 1
            at = self.chance.randrange(1, POINTS_OF_A_TASK * TASKS // (KILLS + AGENTS))
        job = replace(self.place.job(kind, at=at), more=json.dumps(asdict(habits)))
        self.alive[await self.place.nursery.fork(job)] = habits

    async def replace_the_dead(self) -> None:
        """Until cancelled: put a new agent in the place of each that dies, and see how soon others have its tasks."""
        async with asyncio.TaskGroup() as watching:
            while True:
                ends = {self.place.nursery.end_of(pid): pid for pid in self.alive}
                done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for end in done:
                    assert end.result() == -signal.SIGKILL
                    habits = self.alive.pop(ends[end])
                    watching.create_task(self._watch(habits))
                    await self.start(habits)

    async def _watch(self, habits: Habits) -> None:
        held = await self.place.rows(
            "SELECT id, fence FROM task WHERE worker = %s AND state IN ('claimed', 'working')",
            f"agent:{habits.name}",
        )
        begun = asyncio.get_running_loop().time()
        for task_id, fence in held:
            await eventually(self._has_another(task_id, fence), 60)
            self.taken_over.append(asyncio.get_running_loop().time() - begun)

    def _has_another(self, task_id: UUID, fence: int) -> Callable[[], Awaitable[bool]]:
        async def known() -> bool:
            rows = await self.place.rows(
                "SELECT 1 FROM task WHERE id = %s AND (state IN ('done', 'failed') OR worker IS NOT NULL AND fence > %s)",
                task_id,
                fence,
            )
            return bool(rows)

        return known


async def _ask_twice(tasks: Tasks, numbers: range) -> None:
    """Each message comes twice, as Discord may tell it."""
    asker = Principal(GUILD, QUEUE, 5, "Ada")
    for number in numbers:
        new = NewTask(QUEUE, f"Task {number}", "Do it", message_id=(number + 1) << 22)
        made = await asyncio.gather(tasks.create(new, asker), tasks.create(new, asker))
        assert [task is not None for task in made].count(True) == 1


async def _work_off(
    place: Workplace, crew: Killing, shown: Callable[[], Awaitable[bool]], kind: str = "agent"
) -> None:
    """Ask for all tasks while agents work, and wait until all are done and what those who nap do late is ``shown``."""
    for number in range(AGENTS):
        skew = SKEW if number % 2 else -SKEW
        # The others stay awake and take over.
        await crew.start(Habits(f"agent{number}", skew, 0 if number % 2 else NAP), kind)
    replacing = asyncio.create_task(crew.replace_the_dead())
    try:
        async with open_database(place.url, place.folder) as database:
            tasks, half = tasks_on(database), TASKS // 2
            await asyncio.gather(_ask_twice(tasks, range(half)), _ask_twice(tasks, range(half, TASKS)))

        async def all_done() -> bool:
            ((left,),) = await place.rows("SELECT count(*) FROM task WHERE state NOT IN ('done', 'failed')")
            return not left

        await eventually(all_done, 60 + TASKS // 4)
        await eventually(shown, 60)
    finally:
        replacing.cancel()
        await asyncio.wait({replacing})
    assert replacing.cancelled()
    assert set(await place.end(list(crew.alive))) == {0}


async def _open(place: Workplace) -> None:
    async with open_database(place.url, place.folder) as database:
        await tasks_on(database).open_queue(QUEUE, QueueRules(agent_seconds=LEASE, most_attempts=1_000))


async def test_ac_a1_each_task_has_one_result_and_none_with_a_stale_fence(
    database_url: str, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    async with workplace("tests.chaos.crew", database_url, tmp_path, measured=measured) as place:
        await _open(place)
        crew = Killing(place, KILLS)

        async def somebody_was_late() -> bool:
            return bool(await place.rows("SELECT 1 FROM task_result WHERE kind = 'late' LIMIT 1"))

        await _work_off(place, crew, somebody_was_late)
        assert await place.rows("SELECT state, count(*) FROM task GROUP BY state") == [("done", TASKS)]
        results = await place.rows(
            "SELECT count(*), count(DISTINCT task_id) FROM task_result WHERE kind = 'result'"
        )
        assert results == [(TASKS, TASKS)]
        # Its fence is the last that was given out: whoever had the task before is not heard any more.
        stale = await place.rows(
            "SELECT 1 FROM task_result JOIN task ON task.id = task_id WHERE kind = 'result' AND task_result.fence <> task.fence"
        )
        assert stale == []
        assert await place.rows(DOUBLE) == []
        late = await place.rows("SELECT count(*) FROM task_result WHERE kind = 'late'")
        await _lost_once_and_given_out_again(place)
        measured(
            f"{TASKS} tasks, {AGENTS} agents, {KILLS} kills: {late[0][0]} late results refused; what a dead agent had, "
            f"another had {max(crew.taken_over, default=0.0):.1f} s later at the most (lease and sign of life: {LEASE * 1.25:.1f} s)"
        )


async def _lost_once_and_given_out_again(place: Workplace) -> None:
    """Between two holders of a task lies exactly one loss, and the last holder's end is the only one."""
    rows = await place.rows("SELECT task_id, kind FROM task_event WHERE kind <> 'late' ORDER BY task_id, id")
    stories: dict[UUID, list[str]] = {}
    for task_id, kind in rows:
        stories.setdefault(task_id, []).append(kind)
    for kinds in stories.values():
        assert (kinds[0], kinds[-1], Counter(kinds)["finish"]) == ("created", "finish", 1)
        holders = [kind for kind in kinds if kind in {"claim", "expire", "finish"}]
        assert holders == ["claim", "expire"] * (len(holders) // 2 - 1) + ["claim", "finish"]


async def test_control_without_a_fence_results_of_those_who_were_away_count_too(
    database_url: str, tmp_path: Path
) -> None:
    async with workplace("tests.chaos.crew", database_url, tmp_path) as place:
        await _open(place)

        async def one_counted_twice() -> bool:
            return bool(await place.rows(DOUBLE))

        await _work_off(place, Killing(place, 0), one_counted_twice, "unfenced")
