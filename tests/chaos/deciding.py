"""A decision from the question to the record, and the processes in which it is made.

People do what comes next, whichever process they reach: they vote, and close the vote when all have. What agents say comes
from a model in the process, which notes in the world what it was asked.

Its processes: a ``victim`` brings one decision to its end alone and dies at its point; a ``worker`` looks after everything
until it is told to end.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

from bot.importing import importing

with importing():
    from bot.agents.permit import StandardPermit
    from bot.agents.persona import Model, Persona
    from bot.agents.talk_table import Talks
    from bot.clock import Clock
    from bot.config.agents import BetweenAgentsSection
    from bot.discord.surface import DiscordSurface
    from bot.errors import OutsideError, UserError
    from bot.llm.protocol import Event, Request
    from bot.memory.library import Library
    from bot.storage.database import Database
    from bot.storage.opening import open_database
    from bot.work import runs_table, waiting
    from bot.work.agency import Agency
    from bot.work.budget import RunMeter
    from bot.work.engine import Engine
    from bot.work.principal import Principal
    from bot.work.runs_table import NewRun
    from bot.work.services import RunServices, unheard
    from bot.work.settings import EngineSettings
    from bot.work.surface import Place, Say
    from bot.work.tasks.giving import TaskServices
    from bot.work.tasks.task import Worker
    from bot.work.votes.desk import Votes
    from bot.work.votes.vote import NewBallot
    from cogs.consensus import consensus
    from cogs.consensus.messages import BRIEFS, CLOSE_NOW
    from cogs.consensus.wanted import Slot, Wanted
    from cogswarm import charts
    from tests.bot.agents.at_work import INSTRUCTIONS, People, Tools
    from tests.bot.discord.fate import FatedDatabase
    from tests.chaos.lone import bring_to_its_end
    from tests.chaos.nursery import Deadly, Job, serve, until_told_to_end
    from tests.chaos.world import World
    from tests.cogs.consensus.thinker import Thinker

charts.paper(1.0)  # what draws is slow to import, and every forked process has it then

GUILD, CHANNEL = 1, 77 << 22
ASKER = Principal(GUILD, CHANNEL, 5, "Ada")
VOTERS = tuple(Worker("member", str(number), f"Member {number}") for number in (1, 2, 3))
DRAFTS = {BRIEFS[0]: "Buy the ferry, it carries bicycles.", BRIEFS[1]: "Buy the kayak."}
_SUBJECT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Noted:
    """A model that notes what it is asked, for which decision."""

    world: World
    label: str = ""
    thinker: Thinker = field(default_factory=lambda: Thinker(dict(DRAFTS)))

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        said = request.turns[-1].text
        found = _SUBJECT.search(said)
        assert found is not None
        kind = request.schema.name if request.schema is not None else "draft"
        name = f"{kind} {''.join(one.text[8:9] for one in request.material)}"
        brief = next((one for one in DRAFTS if one in said), "")
        await self.world.happen(UUID(found[0]), f"{name}{brief}")
        async for event in self.thinker.stream(request):
            yield event

    async def embed(self, texts: Any, *, model: str) -> list[list[float]]:
        raise AssertionError((texts, model))

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class Agents:
    """Every name is an agent of its own with the one model."""

    model: Model

    def get(self, name: str) -> Persona:
        return Persona(name, name.capitalize(), None, INSTRUCTIONS, (self.model,), lambda: "")


def votes_on(database: Database) -> Votes:
    """The votes of the one server."""
    surface = DiscordSurface(cast("Any", None), Clock())
    return Votes(TaskServices(database, surface, unheard, uuid4, Clock()), GUILD, "consensus")


def services_on(database: Database, model: Model) -> RunServices:
    """What runs work with: agents with that model."""
    people, clock = People(), Clock()
    return RunServices(
        database=database,
        surface=DiscordSurface(cast("Any", None), clock),
        personas=cast("Any", Agents(model)),
        tools=Tools(),
        library=Library(database, None, clock),
        clock=clock,
        meter=lambda run, principal, budget: RunMeter(database, clock, run, principal, budget),
        mention_after=0.0,
        agency=Agency(
            permit=StandardPermit(people),
            members=people,
            holder=uuid4(),
            model=lambda _guild, _name: None,
            talks=Talks(database, BetweenAgentsSection()),
        ),
    )


def engine_on(job: Job, database: Database) -> Engine:
    """An engine for decisions."""
    flows = {("consensus", name): flow for name, flow in consensus.workflows.items()}
    settings = EngineSettings(
        lease=job.lease, heartbeat=job.lease / 5, sweep=min(1.0, job.lease / 3), retry_delay=0.1, longest_delay=1.0, retries=60
    )  # fmt: skip
    return Engine(services_on(database, Model("m", Noted(World(job.url)), "m")), flows, settings)


async def begin(database: Database, subject: UUID) -> None:
    """Ask the question of a decision; what was asked before is there once."""
    wanted = Wanted(
        question=f"Which boat for {subject}?",
        # Elsewhere than where it is asked: nothing that was said is read.
        channel_id=78 << 22,
        slots=tuple(Slot(agent=f"agent{number}", brief=brief) for number, brief in enumerate(DRAFTS)),
        analyst="judge",
        criteria=("Cost",),
        seconds=3_600.0,
        advice=True,
    )
    surface = DiscordSurface(cast("Any", None), Clock())
    async with database.transaction() as conn:
        if await runs_table.get(conn, subject) is not None:
            return
        say, place = Say("status"), Place(CHANNEL)
        (status, *_) = await surface.post(conn, f"{subject}:status", place, say, run_id=subject)
        arguments = {"wanted": wanted.model_dump(mode="json")}
        new = NewRun(subject, "consensus", "decide", arguments, "Which boat?", ASKER)
        await runs_table.insert(conn, new, status_row=status, thread_row=None)


async def people_do(database: Database, sight: Database) -> None:
    """Vote wherever one can, and close what all have voted on."""
    async with sight.connection() as conn:
        query = "SELECT id, wake FROM vote WHERE state = 'open' AND said_row IS NOT NULL"
        found = await (await conn.execute(query)).fetchall()
    for vote_id, wake in found:
        try:
            for number, voter in enumerate(VOTERS, 1):
                choice = ("A", "B") if number == 1 else ("B",)
                await votes_on(database).cast(vote_id, NewBallot(voter, choice, number))
            async with database.transaction() as conn:
                await waiting.answer(conn, wake, CLOSE_NOW, ASKER.member_id)
        except UserError:
            continue  # somebody else was quicker


async def be_victim(job: Job, database: Database) -> None:
    """Make one decision alone, dying on the way; where it is never reached, say how many points there were."""
    fate, subject = Deadly(job.at or None), UUID(job.subject)
    fated: Any = FatedDatabase(database, fate)
    engine = engine_on(job, fated)
    await begin(fated, subject)
    await bring_to_its_end(engine, database, subject, lambda: people_do(fated, database))
    (Path(job.folder) / "points.json").write_text(json.dumps(fate.points), "utf-8")


async def be_worker(job: Job, database: Database) -> None:
    """Look after everything, for people as well."""

    async def people() -> None:
        while True:
            with suppress(OutsideError):  # the database is away for a moment
                await people_do(database, database)
            await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as group:
        group.create_task(people())
        group.create_task(engine_on(job, database).work_forever())


async def live(job: Job) -> None:
    """Be what the job says."""
    async with open_database(job.url, Path(job.folder)) as database:
        if job.kind == "victim":
            await be_victim(job, database)
        else:
            await until_told_to_end(be_worker(job, database))


if __name__ == "__main__":
    serve(live)
