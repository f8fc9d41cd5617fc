"""Agents in processes of their own who share a queue: each claims what is next, does it, and hands in what came of it.

Some doze: now and then they hang with a task in hand for longer than its lease lasts, and then hand in all the same. An
``unfenced`` one shows, when it hands in, whatever hold the task has by then, as somebody does who has no fence.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.work.services import unheard
from bot.work.tasks.desk import Tasks, TaskServices
from bot.work.tasks.moving import TaskLost
from bot.work.tasks.task import Task, Worker
from tests.bot.discord.fate import FatedDatabase
from tests.chaos.nursery import Deadly, Job, serve, until_told_to_end
from tests.chaos.world import World

GUILD = 1
QUEUE = 77 << 22
PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Habits:
    """How an agent is: by how many seconds its clock is wrong, and how many tasks it does between two naps (0: none)."""

    name: str
    skew: float = 0.0
    doze: int = 0


def tasks_on(database: Database, clock: Clock | None = None) -> Tasks:
    """The tasks of the one server."""
    surface = DiscordSurface(cast("Any", None), Clock())
    return Tasks(TaskServices(database, surface, unheard, uuid4, clock or Clock()), GUILD, "lab")


@dataclass(slots=True)
class Agent:
    """One process."""

    job: Job
    habits: Habits
    tasks: Tasks
    looked: float = 0.0

    @property
    def me(self) -> Worker:
        """Who hands in."""
        return Worker("agent", self.habits.name, self.habits.name)

    async def work_forever(self) -> None:
        """Do whatever there is."""
        number = 0
        while True:
            await self._look_after_the_silent()
            task = await self.tasks.claim_next(QUEUE, self.me)
            if task is None:
                await asyncio.sleep(PAUSE)
                continue
            number += 1
            try:
                await self.tasks.move(task.id, "start", by=self.me, fence=task.fence)
            except TaskLost:
                continue
            if self.habits.doze and number % self.habits.doze == 0:
                await asyncio.sleep(2 * self.job.lease)
            if await self._hand_in(task):
                await World(self.job.url).happen(task.id, "counted")

    async def _hand_in(self, task: Task) -> bool:
        result = f"#{task.number} by {self.habits.name}"
        if self.job.kind == "unfenced":
            now = await self.tasks.get(task.id) or task
            kind, _, name = (now.worker or self.me.key).partition(":")
            return await self.tasks.finish(now.hold, Worker(cast("Any", kind), name, name), result)
        return await self.tasks.finish(task.hold, self.me, result)

    async def _look_after_the_silent(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self.looked >= self.job.lease / 4:
            self.looked = now
            await self.tasks.sweep()


async def live(job: Job) -> None:
    """Be an agent until told to end, or dead."""
    habits = Habits(**json.loads(job.more))
    clock = Clock(now=lambda: datetime.now(UTC) + timedelta(seconds=habits.skew))
    async with open_database(job.url, Path(job.folder), clock=clock) as database:
        fated = cast("Any", FatedDatabase(database, Deadly(job.at or None)))
        await until_told_to_end(Agent(job, habits, tasks_on(fated, clock)).work_forever())


if __name__ == "__main__":
    serve(live)
