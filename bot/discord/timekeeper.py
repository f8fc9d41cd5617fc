"""Does what cogs declare by the clock: in each guild where the cog is on, through the gate, in one process.

What is due is a row that is claimed by compare-and-set under a lease longer than the job's time limit. A job whose
process dies is done again under the same event id, so that what it starts is started once.
"""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from bot.clock import Clock
from bot.discord.entrance import Entrance
from bot.discord.events import Author, Where
from bot.discord.reporting import broken
from bot.errors import CogswarmError, OutsideError
from bot.plugins import jobs_table
from bot.plugins.cog import Cog
from bot.plugins.guilds import Guilds
from bot.plugins.jobs import Job, Timing, timing_of
from bot.plugins.jobs_table import JobRow, Wanted
from bot.storage.database import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TimekeeperSettings:
    """``poll``: seconds between two looks at what is due. ``spare``: what a lease lasts beyond a job's time limit."""

    poll: float = 5.0
    spare: float = 30.0
    concurrency: int = 10


class Timekeeper:
    """Knows which jobs there should be, and runs those that are due here.

    ``clock`` says what time it is for jobs, ``machinery`` (left out: the same) paces the looks at what is due; leases go
    by Postgres' time.
    """

    def __init__(
        self,
        entrance: Entrance,
        guilds: Guilds,
        database: Database,
        clock: Clock,
        settings: TimekeeperSettings | None = None,
        *,
        machinery: Clock | None = None,
    ) -> None:
        self._machinery = machinery or clock
        self._entrance = entrance
        self._guilds = guilds
        self._database = database
        self._clock = clock
        self._settings = settings or TimekeeperSettings()
        self._running: dict[tuple[int, str, str], asyncio.Task[None]] = {}
        self._hurry = asyncio.Event()

    async def follow(self, guild_id: int, live: Iterable[Cog], of: Iterable[Cog]) -> None:
        """Make the jobs in a guild those of the cogs that are ``live``; of the cogs in ``of`` there are no others."""
        known = [cog.name for cog in of if cog.jobs]
        if not known:
            return
        now = self._clock.now()
        wanted = [
            Wanted(cog.name, job.name, timing.text, timing.next(now))
            for cog in live
            for job in cog.jobs.values()
            if (timing := self._timing(guild_id, cog, job)) is not None
        ]
        async with self._database.transaction() as conn:
            await jobs_table.make(conn, guild_id, known, wanted)

    async def leave(self, guild_id: int, cogs: Collection[str]) -> None:
        """End at once what cogs are doing by the clock in a guild where they are switched off."""
        ending = [
            task for (guild, cog, _), task in self._running.items() if guild == guild_id and cog in cogs
        ]
        for task in ending:
            task.cancel()
        if ending:
            await asyncio.wait(ending)

    async def run_forever(self, guilds: Callable[[], Collection[int]]) -> None:
        """Run what is due in ``guilds`` until cancelled, through any outage of the database."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                self._hurry.clear()
                try:
                    for row, fence in await self._taken(guilds()):
                        key = (row.guild_id, row.cog, row.name)
                        task = tasks.create_task(self._run(row, fence), name=f"job {row.cog} {row.name}")
                        self._running[key] = task
                        task.add_done_callback(partial(self._ended, key))
                except OutsideError as error:
                    log.warning("jobs_not_looked_for", reason=str(error))
                await self._machinery.sleep_unless(self._hurry, self._settings.poll)

    async def _listen(self) -> None:
        async with aclosing(self._database.listen(jobs_table.HURRY)) as wake_ups:
            async for _ in wake_ups:
                self._hurry.set()

    def _ended(self, key: tuple[int, str, str], _task: asyncio.Task[None]) -> None:
        self._running.pop(key, None)
        self._hurry.set()  # it may have been made due again meanwhile

    async def _taken(self, guilds: Collection[int]) -> Sequence[tuple[JobRow, int]]:
        """What is due and ours now, with the fence of each."""
        known = [cog.name for cog in self._entrance.cogs.values() if cog.jobs]
        free = self._settings.concurrency - len(self._running)
        if not known or not guilds or free <= 0:
            return ()
        now = self._clock.now()
        taken: list[tuple[JobRow, int]] = []
        async with self._database.connection() as conn:
            for row in await jobs_table.due(conn, guilds, known, now, free):
                job = self._entrance.cogs[row.cog].jobs.get(row.name)
                if job is None or (row.guild_id, row.cog, row.name) in self._running:
                    continue
                seconds = job.limit.total_seconds() + self._settings.spare
                fence = await jobs_table.claim(conn, row, now, seconds)
                if fence is not None:
                    taken.append((row, fence))
        return taken

    async def _run(self, row: JobRow, fence: int) -> None:
        cog = self._entrance.cogs[row.cog]
        job = cog.jobs[row.name]
        with structlog.contextvars.bound_contextvars(cog=cog.name, guild=row.guild_id, job=job.name):
            try:
                error = await self._outcome(cog, job, row)
            except asyncio.CancelledError:
                await self._give_back(row, fence)
                raise
            now = self._clock.now()
            timing = self._timing(row.guild_id, cog, job)
            due_at = row.due_at if timing is None else _next(timing, now, row.due_at)
            try:
                async with self._database.connection() as conn:
                    ours = await jobs_table.end(conn, row, fence, due_at=due_at, now=now, error=error)
            except OutsideError as trouble:
                # The lease ends by itself, and the job is done again under the same event id.
                log.warning("job_not_noted", reason=str(trouble))
                return
            log.info("job_ended", ours=ours, error=error)

    async def _give_back(self, row: JobRow, fence: int) -> None:
        """Let others do it at once, since this process ends in the middle of it."""
        try:
            async with self._database.connection() as conn:
                await jobs_table.give_back(conn, row, fence)
        except OutsideError as trouble:
            log.info("job_not_given_back", reason=str(trouble))

    async def _outcome(self, cog: Cog, job: Job, row: JobRow) -> str | None:
        """Do it; gives why it failed, as a sentence."""
        where, me = Where(row.guild_id, 0, in_thread=False), Author(self._entrance.me, "", is_bot=True)
        refused = self._entrance.knock(cog.name, where, me, "job")
        if refused is not None:
            return refused.sentence
        context = self._entrance.context(cog, event_of(row), where, me)
        try:
            async with asyncio.timeout(job.limit.total_seconds()):
                await job.handler(context)
        except CogswarmError as error:
            log.warning("job_failed", reason=str(error))
            return str(error)
        except TimeoutError:
            log.warning("job_too_slow")
            return f"It took longer than {job.limit.total_seconds():g} seconds."
        except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
            return broken(cog.name, error)
        return None

    def _timing(self, guild_id: int, cog: Cog, job: Job) -> Timing | None:
        """When a job is due; None also where the cog's own function for that fails."""
        try:
            settings = self._guilds.settings(guild_id, cog.name)
            return timing_of(job, guild_id, cog.name, self._guilds.zone(guild_id), settings)
        except Exception as error:  # noqa: BLE001 - as above
            broken(cog.name, error)
            return None


def event_of(row: JobRow) -> int:
    """The id under which what a job begins is begun once; below zero, where Discord has none."""
    told = f"{row.guild_id}:{row.cog}:{row.name}:{row.due_at.timestamp()}"
    return -int.from_bytes(hashlib.sha256(told.encode()).digest()[:7]) - 1


def _next(timing: Timing, now: datetime, due_at: datetime) -> datetime:
    return timing.next(max(now, due_at), due_at)
