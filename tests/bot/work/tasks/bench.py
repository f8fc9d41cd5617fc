"""Tasks on a real database, without Discord: what is to be shown is written to the outbox and stays there."""

from dataclasses import dataclass
from uuid import uuid4

from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.storage.database import Database
from bot.work.principal import Principal
from bot.work.services import unheard
from bot.work.tasks.desk import Tasks
from bot.work.tasks.giving import TaskServices
from bot.work.tasks.task import NewTask, QueueRules, Task, Worker


def member(number: int, *, manages: bool = False) -> Worker:
    return Worker("member", str(number), f"Member {number}", manages=manages)


def agent(name: str) -> Worker:
    return Worker("agent", name, name.capitalize())


@dataclass(frozen=True, slots=True)
class TaskBench:
    """A server with one queue."""

    database: Database
    guild_id: int = 1
    queue_id: int = 77 << 22

    @property
    def tasks(self) -> Tasks:
        surface = DiscordSurface(None, Clock())  # pyright: ignore[reportArgumentType] - writing needs no API
        services = TaskServices(self.database, surface, unheard, uuid4, Clock())
        return Tasks(services, self.guild_id, "lab")

    async def open(self, rules: QueueRules | None = None) -> None:
        await self.tasks.open_queue(self.queue_id, rules or QueueRules())

    async def add(self, title: str = "A task", **more: object) -> Task:
        asker = Principal(self.guild_id, self.queue_id, 5, "Ada")
        new = NewTask(self.queue_id, title, title, **more)  # pyright: ignore[reportArgumentType] - as NewTask has them
        task = await self.tasks.create(new, asker, announcement="#{number}")
        assert task is not None
        return task

    async def now(self, task: Task) -> Task:
        found = await self.tasks.get(task.id)
        assert found is not None
        return found

    async def run_out(self, task: Task) -> None:
        """Let the holder have been silent for too long."""
        async with self.database.connection() as conn:
            await conn.execute(
                "UPDATE task SET lease_until = now() - interval '1 second' WHERE id = %s AND lease_until IS NOT NULL",
                (task.id,),
            )
