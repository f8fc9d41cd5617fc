"""A family of tasks that make every transition a task can make, and the processes in which they make them.

People and silent agents do what a script says, whichever process they reach: whoever presses looks at what has happened
to the task and does what comes next, so that what a dead process did not do is pressed again. What an agent does for
a task is a run of the tasks cog, whose model is asked over loopback and asks for tools.

Its processes: a ``victim`` brings one family to its end alone and dies at its point; a ``worker`` looks after everything
until it is told to end.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

from pydantic import SecretStr

from bot.agents.permit import StandardPermit
from bot.agents.persona import Model, Persona
from bot.agents.talk_table import Talks
from bot.clock import Clock
from bot.config.agents import BetweenAgentsSection
from bot.discord.surface import DiscordSurface
from bot.errors import OutsideError, UserError
from bot.llm.factory import open_backend
from bot.mcp.results import ToolInfo, ToolResult
from bot.memory.library import Library
from bot.plugins.cog import Cog, Workflow
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.work import runs_queue, waiting
from bot.work.agency import Agency
from bot.work.budget import RunMeter
from bot.work.engine import Engine
from bot.work.principal import Principal
from bot.work.run import Run
from bot.work.services import RunServices, unheard
from bot.work.settings import EngineSettings
from bot.work.tasks import event_table, moving, task_table
from bot.work.tasks.desk import Given, Tasks, TaskServices
from bot.work.tasks.moving import Wish
from bot.work.tasks.showing import Board
from bot.work.tasks.states import Move
from bot.work.tasks.task import Hold, NewTask, QueueRules, Task, Worker
from bot.work.tasks.tasks_list import Filter
from cogs.tasks import board
from cogs.tasks import tasks as tasks_cog
from cogs.tasks.telling import tell
from tests.bot.agents.at_work import INSTRUCTIONS, People
from tests.bot.discord.fate import FatedDatabase
from tests.chaos.errand_script import (
    ASKER,
    MOST_ATTEMPTS,
    PATIENT,
    SCRIBE,
    SCRIPTS,
    SILENCE,
    STRICT,
    Deed,
    happened,
)
from tests.chaos.nursery import Deadly, Job, serve, until_told_to_end
from tests.chaos.world import World

lab = Cog("lab", summary="Asks")


@lab.workflow
async def ask(run: Run, task: str, agent: str, fence: int) -> None:
    """Ask people in the middle of a task: meanwhile it waits for them."""
    hold, me = Hold(UUID(task), fence), Worker("agent", agent, agent.capitalize())

    async def begin() -> None:
        now = await run.tasks.get(hold.task_id)
        if now is not None and now.state == "claimed":
            await run.tasks.move(hold.task_id, "start", by=me, fence=fence)

    async def body() -> None:
        await run.step("begin", begin)
        said = await run.wait_answer("agree", "Agree?", {"yes": "Yes"})
        await run.step("hand in", run.tasks.finish, hold, me, str(said and said.value))

    await run.tasks.work(hold, body())


FLOWS: dict[tuple[str, str], Workflow] = {
    ("tasks", "work_on"): tasks_cog.workflows["work_on"],
    ("tasks", "ask"): lab.workflows["ask"],
}


@dataclass(frozen=True, slots=True)
class Well:
    """The one tool: drawing from a well, which is seen in the world."""

    world: World

    def tools(self, principal: Principal | None = None) -> Sequence[ToolInfo]:
        """What there is."""
        assert principal is None or principal.guild_id == ASKER.guild_id
        return [ToolInfo("well", "draw", "Draws water", {"type": "object"}, read_only=True)]

    async def call(
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        principal: Principal,
        progress: object = None,
        people: object = None,
    ) -> ToolResult:
        """Draw."""
        assert people is not None
        assert (server, tool, principal, progress is None) == ("well", "draw", ASKER, False), (
            principal,
            progress,
        )
        await self.world.happen(UUID(arguments["task"]), f"draw {arguments['round']}")
        return ToolResult(f"{arguments['round']} m")


@dataclass(frozen=True, slots=True)
class OneAgent:
    """Every name is the same agent's."""

    persona: Persona

    def get(self, name: str) -> Persona:
        """That agent."""
        assert name == SCRIBE.id
        return self.persona


def scribe(url: str) -> OneAgent:
    """The scribe, whose model is asked over loopback."""
    backend = open_backend("openai", api_key=SecretStr("k"), base_url=url, api="chat")
    model = Model("m", backend, "m")
    return OneAgent(
        Persona(SCRIBE.id, SCRIBE.name, None, INSTRUCTIONS, (model,), lambda: "", tools=frozenset({"well"}))
    )


def tasks_on(database: Database) -> Tasks:
    """The tasks of the one server."""
    surface = DiscordSurface(cast("Any", None), Clock())
    return Tasks(TaskServices(database, surface, unheard, uuid4, Clock()), ASKER.guild_id, "tasks")


@dataclass(frozen=True, slots=True)
class Office:
    """What a process looks after tasks with."""

    job: Job
    database: Database
    """Through which things are done: a victim dies while it does them."""
    sight: Database
    """Through which is looked at what is to be done next."""

    @property
    def tasks(self) -> Tasks:
        """The tasks of the one server, to change them."""
        return tasks_on(self.database)

    @property
    def seen(self) -> Tasks:
        """The same, to look at them."""
        return tasks_on(self.sight)

    @property
    def engine(self) -> Engine:
        """An engine for what agents do."""
        people, clock, database = People(), Clock(), self.database
        services = RunServices(
            database=database,
            surface=DiscordSurface(cast("Any", None), clock),
            personas=cast("Any", scribe(self.job.more)),
            tools=Well(World(self.job.url)),
            library=Library(database, None, clock),
            clock=clock,
            meter=lambda run, principal, budget: RunMeter(database, clock, run, principal, budget),
            agency=Agency(
                permit=StandardPermit(people),
                members=people,
                holder=uuid4(),
                model=lambda _guild, _name: None,
                talks=Talks(database, BetweenAgentsSection()),
            ),
        )
        lease = self.job.lease
        settings = EngineSettings(
            lease=lease, heartbeat=lease / 5, sweep=min(1.0, lease / 3), retry_delay=0.1, longest_delay=1.0, retries=60
        )  # fmt: skip
        return Engine(services, FLOWS, settings)

    async def open(self) -> None:
        """Make the two channels queues, with a board."""
        for queue_id, seconds in ((PATIENT, 600.0), (STRICT, SILENCE)):
            rules = QueueRules(agent_seconds=seconds, most_attempts=MOST_ATTEMPTS)
            await self.tasks.open_queue(queue_id, rules)
            if queue_id not in await self.tasks.boards():
                await self.tasks.show_board(queue_id, Board("", "Board"))

    async def family(self, subject: UUID) -> dict[str, Task]:
        """The tasks of a family by their names."""
        found = await self.seen.listed(Filter(words=str(subject)))
        return {task.body: task for task in found}

    async def begin(self, subject: UUID) -> None:
        """Ask for the tasks of a family; what was asked for before is there once."""
        known = await self.family(subject)
        for number, (name, script) in enumerate(SCRIPTS.items()):
            if name not in known:
                new = NewTask(
                    script.queue_id,
                    str(subject),
                    name,
                    event_id=(subject.int + number) % 2**62,
                    needs=(known[script.needs].id,) if script.needs else (),
                )
                await self.tasks.create(new, ASKER, announcement="#{number}")
                known = await self.family(subject)

    async def go_on(self, subject: UUID) -> bool:
        """Do what comes next, for each task of a family; whether anything is left to happen."""
        due: list[Deed] = []
        for task in (await self.family(subject)).values():
            so_far = happened(await self.seen.history(task.id))
            for deed in SCRIPTS[task.body].deeds[len(so_far) :][:1]:
                due.append(deed)
                await self._do(task, deed, so_far)
        if any(deed.by is None for deed in due):
            await self.tasks.sweep()
        touched = await tell(self.tasks)
        if touched:
            await board.refresh(self.tasks, touched)
        return bool(due)

    async def _do(self, task: Task, deed: Deed, so_far: Sequence[str]) -> None:
        if so_far[-1] == "wait" and deed.by is None:
            await self._answer(task)
        if deed.by is None or deed.kind == "created":
            return
        try:
            if deed.workflow:
                await self.tasks.give(Given(task, deed.by, deed.workflow, "It is free."))
            elif deed.kind == "late":
                assert not await self.tasks.finish(Hold(task.id, 1), deed.by, "too late")
            else:
                await self._move(task, deed.kind, deed.by, deed.to, so_far)
        except UserError:
            return  # somebody else was quicker; whether it happened once is seen in the end

    async def _move(
        self, task: Task, move: Move, by: Worker, to: Worker | None, so_far: Sequence[str]
    ) -> None:
        """Press what leads on, unless somebody has done so since this one looked: `start` would be possible twice."""
        async with self.database.transaction() as conn:
            await task_table.locked(conn, task.guild_id, task.id)
            if happened(await event_table.of_task(conn, task.id, 50)) == so_far:
                wish = Wish(move, by, fence=task.fence, to=to)
                await moving.make(conn, task.guild_id, task.id, wish)

    async def _answer(self, task: Task) -> None:
        async with self.database.transaction() as conn:
            cursor = await conn.execute(
                "SELECT id FROM run_wait WHERE run_id = %s AND kind = 'answer' AND answered_at IS NULL",
                (task.run_id,),
            )
            for (wait_id,) in await cursor.fetchall():
                await waiting.answer(conn, wait_id, "yes", 5)


async def be_victim(job: Job, database: Database) -> None:
    """Bring a family to its end alone, dying on the way; where that is never reached, say how many points there were."""
    fate = Deadly(job.at or None)
    office = Office(job, cast("Any", FatedDatabase(database, fate)), database)
    engine, subject = office.engine, UUID(job.subject)
    await office.begin(subject)
    while await office.go_on(subject) or await _under_way(database):
        async with database.connection() as conn:
            await runs_queue.make_ready(conn, 50)
            due = await runs_queue.turns(conn, 20, 10)
        for run_id in due:
            await engine.advance(run_id)
        family = await office.family(subject)
        if family["silence"].lease_until is not None and family["silence"].agent_at_work:
            await asyncio.sleep(SILENCE)
    (Path(job.folder) / "points.json").write_text(json.dumps(fate.points), "utf-8")


async def _under_way(database: Database) -> bool:
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT 1 FROM run WHERE finished_at IS NULL LIMIT 1")
        return await cursor.fetchone() is not None


async def _not_over(database: Database) -> list[UUID]:
    """The families in which something is still to happen."""
    async with database.connection() as conn:
        cursor = await conn.execute(
            """
            SELECT title FROM task WHERE guild_id = %s GROUP BY title
            HAVING count(*) < %s OR bool_or(state NOT IN ('done', 'failed') OR body = 'silence' AND NOT EXISTS (
                SELECT FROM task_event WHERE task_event.task_id = task.id AND kind = 'fail'))
            """,
            (ASKER.guild_id, len(SCRIPTS)),
        )
        return [UUID(title) for (title,) in await cursor.fetchall()]


async def look_after_all(office: Office) -> None:
    """Go on with every family there is, again and again, through any trouble."""
    while True:
        try:
            for subject in await _not_over(office.database):
                await office.begin(subject)
                await office.go_on(subject)
            await board.refresh(office.tasks, await tell(office.tasks))
        except OutsideError:
            pass  # people press again
        await asyncio.sleep(0.05)


async def be_worker(job: Job, database: Database) -> None:
    """Work on runs, and look after tasks."""
    office = Office(job, database, database)
    async with asyncio.TaskGroup() as group:
        group.create_task(office.engine.work_forever())
        group.create_task(look_after_all(office))


async def live(job: Job) -> None:
    """Be what the job says."""
    async with open_database(job.url, Path(job.folder)) as database:
        if job.kind == "victim":
            await be_victim(job, database)
        else:
            await until_told_to_end(be_worker(job, database))


if __name__ == "__main__":
    scribe("http://127.0.0.1:9/v1")  # whoever is forked need not load the SDK again
    serve(live)
