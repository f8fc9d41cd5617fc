"""A workflow that makes every transition that a run can make, and the world in which its effects happen.

Its processes: a ``victim`` works on one new run and dies at its point, a ``worker`` works until it is told to end, and
an ``ordinary`` and an ``unfenced`` one work as people usually do it: with the work in the job itself, or with a lock.
"""

import asyncio
import json
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from bot.importing import importing

with importing():
    from bot.clock import Clock
    from bot.discord.surface import DiscordSurface
    from bot.plugins.cog import Cog
    from bot.storage.database import Database
    from bot.storage.jobs import WorkerOptions, job_app, jobs_on, retry_stalled_jobs, run_worker_forever
    from bot.storage.opening import open_database
    from bot.work import runs_table
    from bot.work.engine import Engine
    from bot.work.principal import Principal
    from bot.work.run import Run
    from bot.work.runs_table import NewRun
    from bot.work.services import RunServices
    from bot.work.settings import EngineSettings
    from bot.work.surface import Place, Say
    from tests.bot.discord.fate import FatedDatabase
    from tests.chaos.lone import bring_to_its_end
    from tests.chaos.nursery import Deadly, Job, serve, until_told_to_end
    from tests.chaos.world import World

ASKER = Principal(guild_id=1, channel_id=77 << 22, member_id=5, name="Ada")
POSTS = ["begun", "part", "said yes", "over"]


def journey(world: World) -> Cog:
    """The cog whose workflow goes everywhere."""
    cog = Cog("lab", summary="Goes everywhere")

    async def keyed(key: str, run_id: UUID) -> str:
        return await world.happen(run_id, "keyed", key)

    @cog.workflow
    async def part(run: Run) -> str:
        await run.step("plain", world.happen, run.id, "part")
        await run.post("part")
        return "a part"

    @cog.workflow
    async def whole(run: Run) -> None:
        await run.stage("Beginning")
        await run.post("begun")
        await run.step("plain", world.happen, run.id, "plain")
        await run.keyed("keyed", keyed, run.id)
        await run.reconciled("found", lambda: world.happened(run.id, "found"), world.happen, run.id, "found")
        await run.once("once", world.happen, run.id, "once")
        ending = await run.wait_for(await run.start(part))
        assert ending.result == "a part"
        await run.sleep("a moment", timedelta(seconds=0.05))
        said = await run.wait_answer("agree", "Agree?", {"yes": "Yes"})
        await run.post(f"said {said.value if said else None}")
        await run.post("over")

    @cog.workflow
    async def gated(run: Run) -> None:
        who = await run.step("gate", world.pass_the_gate, run.id)
        await run.post(f"through: {who}")

    assert whole
    assert gated
    return cog


def services_on(database: Database, fated: Any = None) -> RunServices:
    """What runs work with, for workflows that ask no agent and use no tool."""
    nothing: Any = None
    return RunServices(
        database=fated or database,
        surface=DiscordSurface(nothing, Clock()),
        personas=nothing,
        tools=nothing,
        library=nothing,
        clock=Clock(),
        meter=nothing,
        mention_after=0.0,
    )


def engine_on(job: Job, database: Database, fated: Any = None) -> Engine:
    """An engine for the journey."""
    flows = {("lab", name): flow for name, flow in journey(World(job.url)).workflows.items()}
    settings = EngineSettings(
        lease=job.lease,
        heartbeat=job.lease / 5,
        sweep=min(1.0, job.lease / 3),
        retry_delay=0.1,
        longest_delay=1.0,
        retries=60,
    )
    return Engine(services_on(database, fated), flows, settings)


async def begin(database: Database, run_id: UUID, workflow: str = "whole") -> None:
    """Start a run."""
    surface = services_on(database).surface
    async with database.transaction() as conn:
        (status, *_) = await surface.post(
            conn, f"{run_id}:status", Place(ASKER.channel_id), Say("status"), run_id=run_id
        )
        new = NewRun(run_id, "lab", workflow, {}, "A journey", ASKER)
        await runs_table.insert(conn, new, status_row=status, thread_row=None)


async def be_victim(job: Job, database: Database) -> None:
    """Do the whole journey alone, dying on the way; where it is never reached, say how many points there were."""
    fate = Deadly(job.at or None)
    engine = engine_on(job, database, cast("Any", FatedDatabase(database, fate)))
    run_id = UUID(job.subject)
    await begin(database, run_id)
    await bring_to_its_end(engine, database, run_id)
    (Path(job.folder) / "points.json").write_text(json.dumps(fate.points), "utf-8")


async def be_ordinary(job: Job, database: Database) -> None:
    """The work is the job: what most bots do."""
    app, world, run_id = job_app(), World(job.url), UUID(job.subject)

    @app.task(name="ordinary", retry=3)
    async def ordinary(number: int) -> None:
        for step in range(3):
            await world.happen(run_id, f"step {step}")
            if job.at and step == 1:
                os.kill(os.getpid(), signal.SIGKILL)
        assert number

    async with jobs_on(app, database):
        if job.at:
            await ordinary.defer_async(number=1)
        options = WorkerOptions(heartbeat=0.1, stalled=0.3, sweep=0.1, poll=0.1)
        working = asyncio.create_task(run_worker_forever(app, options))
        while await world.happened(run_id, "step 2") is None:
            await retry_stalled_jobs(app, stalled=0.3)
            await asyncio.sleep(0.05)
        working.cancel()
        await asyncio.wait({working})


async def be_unfenced(job: Job) -> None:
    """Hold the work for a time, and say what came of it: what most people call a lock."""
    world, run_id = World(job.url), UUID(job.subject)
    await world.take(run_id, job.lease)
    await world.pass_the_gate(run_id)
    await world.happen(run_id, "result")


async def live(job: Job) -> None:
    """Be what the job says."""
    async with open_database(job.url, Path(job.folder)) as database:
        match job.kind:
            case "victim":
                await be_victim(job, database)
            case "ordinary":
                await be_ordinary(job, database)
            case "unfenced":
                await be_unfenced(job)
            case _:
                await until_told_to_end(engine_on(job, database).work_forever())


if __name__ == "__main__":
    serve(live)
