"""Gives a task to somebody: an agent together with the run in which it works on it, both or neither."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from bot.asks.present import Present
from bot.clock import Clock
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from bot.work.services import Ring, RunServices
from bot.work.surface import Connection, Surface
from bot.work.tasks import moving
from bot.work.tasks.moving import Wish
from bot.work.tasks.task import Task, Worker


@dataclass(frozen=True, slots=True)
class TaskServices:
    """What looking after tasks needs; made once by the app."""

    database: Database
    surface: Surface
    ring: Ring
    new_id: Callable[[], UUID]
    clock: Clock
    ahead: Callable[[], float] = lambda: 0.0
    present: Present | None = None
    machinery: Clock = field(default_factory=Clock)


def task_services(services: RunServices) -> TaskServices:
    """What a run looks after tasks with."""
    return TaskServices(
        services.database,
        services.surface,
        services.ring,
        uuid4,
        services.clock,
        services.ahead,
        services.present,
        services.machinery,
    )


@dataclass(frozen=True, slots=True)
class Given:
    """What an agent is given a task with: ``workflow`` is called with ``task``, ``agent`` and ``fence``, as text."""

    task: Task
    agent: Worker
    workflow: str
    reason: str
    considered: Sequence[dict[str, str]] = ()
    boxed: bool = True
    """Whether the queue's time for a task holds; who leads others waits for them and for people."""
    reserved: bool = False
    """It was reserved for them, and whoever did that says why they get it."""


async def give(conn: Connection, services: TaskServices, guild_id: int, cog: str, given: Given) -> Task:
    """Give an agent a task, and start the run of ``cog`` in which it works. Raises `UserError` as a claim does."""
    task, run_id = given.task, services.new_id()
    wish = Wish(
        "claim", given.agent, fence=task.fence, award=given.reason, considered=given.considered,
        run_id=run_id, body="" if given.reserved else given.reason, reserved=given.reserved,
    )  # fmt: skip
    claimed = await moving.make(conn, guild_id, task.id, wish)
    rules = await moving.rules_of_task(conn, claimed)
    new = NewRun(
        id=run_id,
        cog=cog,
        workflow=given.workflow,
        args={"task": str(task.id), "agent": given.agent.id, "fence": claimed.fence},
        title=task.title,
        principal=Principal(task.guild_id, task.queue_id, task.member_id, task.member_name),
        thread_id=claimed.thread_id,
        seconds=rules.box_seconds if given.boxed else None,
    )
    # A thread that is still being opened tells the run its id when it is.
    thread_row = None if claimed.thread_id else claimed.thread_row
    await runs_table.insert(conn, new, status_row=None, thread_row=thread_row, ahead=services.ahead())
    await services.ring(conn, run_id)
    return claimed
