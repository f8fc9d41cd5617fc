"""A workflow that makes every transition that a run can make, and the world in which its effects happen.

Run as a program it is a process from which others are forked, so that a test can kill hundreds of them: each line of its
standard input starts one, and each end of one is a line of its standard output.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from bot.importing import importing

with importing():
    import psycopg
    from psycopg import AsyncConnection

    from bot.clock import Clock
    from bot.discord.surface import DiscordSurface
    from bot.errors import OutsideError
    from bot.plugins.cog import Cog
    from bot.storage.database import Database
    from bot.storage.jobs import WorkerOptions, job_app, jobs_on, retry_stalled_jobs, run_worker_forever
    from bot.storage.opening import open_database
    from bot.work import runs_queue, runs_table
    from bot.work.engine import Engine
    from bot.work.principal import Principal
    from bot.work.run import Run
    from bot.work.runs_table import NewRun
    from bot.work.services import RunServices
    from bot.work.settings import EngineSettings
    from bot.work.surface import Place, Say
    from tests.bot.discord.fate import Fate, FatedDatabase

WORLD = """
CREATE TABLE effect (
    number  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id  uuid NOT NULL,
    name    text NOT NULL,
    key     text UNIQUE,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    process integer NOT NULL
);
GRANT ALL ON effect TO cogswarm_bot;
"""
ASKER = Principal(guild_id=1, channel_id=77 << 22, member_id=5, name="Ada")
POSTS = ["begun", "part", "said yes", "over"]


@dataclass(frozen=True, slots=True)
class Job:
    """What a forked process does.

    ``kind``: a ``victim`` works on one new run and dies at the point ``at`` (0: never); a ``worker`` works until it is
    told to end; an ``ordinary`` one works as people usually do it, with the work in the job itself.
    """

    kind: str
    url: str
    folder: str
    run_id: str = ""
    at: int = 0
    lease: float = 3.0


@dataclass(frozen=True, slots=True)
class World:
    """Where effects happen, beyond any transaction of ours."""

    url: str

    async def happen(self, run_id: UUID, name: str, key: str | None = None) -> str:
        """Have an effect; with a ``key`` it is had once."""
        async with self._connected() as conn:
            await conn.execute(
                "INSERT INTO effect (run_id, name, key, process) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (run_id, name, key, os.getpid()),
            )
        return name

    async def happened(self, run_id: UUID, name: str) -> str | None:
        """Look an effect up."""
        async with self._connected() as conn:
            cursor = await conn.execute(
                "SELECT name FROM effect WHERE run_id = %s AND name = %s", (run_id, name)
            )
            return None if await cursor.fetchone() is None else name

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[AsyncConnection[Any]]:
        try:
            async with await AsyncConnection.connect(self.url, autocommit=True) as conn:
                yield conn
        except psycopg.OperationalError as error:
            raise OutsideError("The world cannot be reached.") from error


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

    assert whole
    return cog


class Deadly(Fate):
    """Ends the process itself at its point, as kill -9 does."""

    def meet(self, point: str) -> None:
        self.points.append(point)
        if len(self.points) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


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
    )


def engine_on(job: Job, database: Database, fated: Any = None) -> Engine:
    """An engine for the journey."""
    flows = {("lab", name): flow for name, flow in journey(World(job.url)).workflows.items()}
    settings = EngineSettings(
        lease=job.lease,
        heartbeat=job.lease / 3,
        sweep=min(1.0, job.lease / 3),
        retry_delay=0.1,
        longest_delay=1.0,
        retries=60,
    )
    return Engine(services_on(database, fated), flows, settings)


async def begin(database: Database, run_id: UUID) -> None:
    """Start a run."""
    surface = services_on(database).surface
    async with database.transaction() as conn:
        (status, *_) = await surface.post(
            conn, f"{run_id}:status", Place(ASKER.channel_id), Say("status"), run_id=run_id
        )
        new = NewRun(run_id, "lab", "whole", {}, "A journey", ASKER)
        await runs_table.insert(conn, new, status_row=status, thread_row=None)


async def be_victim(job: Job, database: Database) -> None:
    """Do the whole journey alone, dying on the way; where it is never reached, say how many points there were."""
    fate = Deadly(job.at or None)
    engine = engine_on(job, database, cast("Any", FatedDatabase(database, fate)))
    run_id = UUID(job.run_id)
    await begin(database, run_id)
    while True:
        async with database.connection() as conn:
            row = await runs_table.get(conn, run_id)
            await runs_queue.make_ready(conn, 50)
            due = await runs_queue.turns(conn, 20, 10)
        if row is not None and row.is_over:
            break
        for one in due:
            await engine.advance(one)
        await asyncio.sleep(0.01)
    (Path(job.folder) / "points.json").write_text(json.dumps(fate.points), "utf-8")


async def be_ordinary(job: Job, database: Database) -> None:
    """The work is the job: what most bots do."""
    app, world, run_id = job_app(), World(job.url), UUID(job.run_id)

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


async def live(job: Job) -> None:
    """Be what the job says."""
    async with open_database(job.url, Path(job.folder)) as database:
        match job.kind:
            case "victim":
                await be_victim(job, database)
            case "ordinary":
                await be_ordinary(job, database)
            case _:
                work = asyncio.ensure_future(engine_on(job, database).work_forever())
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
                await asyncio.wait({work})
                if not work.cancelled():
                    work.result()


def _fork(job: Job) -> int:
    pid = os.fork()
    if pid == 0:
        os.dup2(2, 1)  # what it logs is not what its parent says
        try:
            asyncio.run(live(job))
        except BaseException as error:  # noqa: BLE001 - a forked process must never go on as its parent
            sys.stderr.write(f"{job.kind}: {error!r}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    return pid


def _say(what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def main() -> None:
    """Fork a process for each line, and tell of each end; when the input ends, end them all."""
    alive: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: _reap(alive))
    _say({})
    for line in iter(sys.stdin.readline, ""):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = _fork(Job(**json.loads(line)))
        alive.add(pid)
        _say({"started": pid})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    for pid in list(alive):
        os.kill(pid, signal.SIGKILL)


def _reap(alive: set[int]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        alive.discard(pid)
        _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


@dataclass(slots=True)
class Nursery:
    """The process from which others are forked, as a test sees it."""

    process: asyncio.subprocess.Process
    ends: dict[int, asyncio.Future[int]]
    started: asyncio.Queue[int]

    async def fork(self, job: Job) -> int:
        """Start a process; its pid."""
        assert self.process.stdin is not None
        line = {name: getattr(job, name) for name in job.__slots__}
        self.process.stdin.write(f"{json.dumps(line)}\n".encode())
        async with asyncio.timeout(30):
            return await self.started.get()

    def end_of(self, pid: int) -> asyncio.Future[int]:
        """The exit code of a process, when it has ended; negative for a signal."""
        return self.ends.setdefault(pid, asyncio.get_running_loop().create_future())

    async def listen(self) -> None:
        """Hear what becomes of the processes."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            if "started" in said:
                self.started.put_nowait(said["started"])
            elif "ended" in said:
                self.end_of(said["ended"]).set_result(said["code"])


@asynccontextmanager
async def nursery(log: Path) -> AsyncGenerator[Nursery]:
    """A process from which others can be forked until the block ends; then they all end."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.chaos.journey",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    made = Nursery(process, {}, asyncio.Queue())
    listening = asyncio.create_task(made.listen())
    try:
        yield made
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        listening.cancel()
        await asyncio.wait({listening})


def prepare(url: str) -> None:
    """Make the world in a database that only the test uses."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(WORLD)


if __name__ == "__main__":
    main()
