"""What is said of tasks: the rows as they are read, and what new ones are made from."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from bot.work.surface import Tag
from bot.work.tasks.states import HELD, Move, State

MARKS: dict[State, str] = {
    "available": "📥", "claimed": "👀", "working": "⚙️", "waiting": "⏳", "review": "🔍", "blocked": "🚫",
    "done": "✅", "failed": "❌",
}  # fmt: skip
"""How states are shown where a queue's rules say nothing else."""


@dataclass(frozen=True, slots=True)
class QueueRules:
    """The rules of a queue. Times are in seconds; ``limit`` 0 lets any number be under way at once."""

    strategy: str = "first_come"
    agents: tuple[str, ...] = ()
    """Which agents work here, by their names in the config."""
    capabilities: tuple[str, ...] = ()
    """What every task here needs."""
    limit: int = 0
    most_attempts: int = 3
    agent_seconds: float = 60.0
    """For how long an agent may be silent before its task goes to another."""
    member_seconds: float = 86_400.0
    """The same for people."""
    box_seconds: float = 1_800.0
    """How long an agent may work on a task at a time."""
    work: str = ""
    """Which workflow does an agent's work, as ``cog:workflow``; without one agents are only noted as holders."""
    marks: dict[State, str] = field(default_factory=lambda: dict(MARKS))
    leader: str = ""
    """The agent that splits what is asked for here among others; empty: nobody does."""
    begins_plans: bool = False
    """Whether what it plans begins by itself, without a person's word."""
    most_parts: int = 8
    lessons: bool = False
    """Whether it may propose what it has learnt."""
    alarm_depth: int = 0
    """So many waiting tasks are too many; 0: any number is fine."""
    alarm_seconds: float = 0.0
    """So long may the oldest wait; 0: for ever."""
    alarm_role: int | None = None
    """The role that is called then."""
    backup: str = ""
    """The agent that helps out then."""
    suggests: bool = False
    """Whether people whose roles are called like what a task takes are told of it."""


RULES = TypeAdapter(QueueRules)


@dataclass(frozen=True, slots=True)
class Worker:
    """Who holds a task, or does something to it."""

    kind: Literal["member", "agent", "bot"]
    id: str
    name: str
    manages: bool = False

    @property
    def key(self) -> str:
        """What tells them apart from everybody else."""
        return f"{self.kind}:{self.id}"


BOT = Worker("bot", "", "")
"""The bot itself, where nobody else did something."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What a worker shows to change the task it has; whoever has the task after it has a higher ``fence``."""

    task_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a task starts with. ``message_id`` is the message that asks for it; None lets the bot say one.

    ``in_thread`` says that the message began a thread of its own already, as a post in a forum does. ``event_id`` makes
    what has no message come once.
    """

    queue_id: int
    title: str
    body: str
    message_id: int | None = None
    message_in: int | None = None
    """The channel of the message, where that is not the queue's."""
    in_thread: bool = False
    capabilities: tuple[str, ...] = ()
    priority: int = 0
    parent_id: UUID | None = None
    needs: tuple[UUID, ...] = ()
    """Other tasks that have to be done before."""
    event_id: int = 0
    uses: tuple[str, ...] = ()
    """What one task at a time may use: whoever claims this one has it, too."""
    plan: int | None = None
    """By which version of its parent's plan it was made."""
    tag: Tag | None = None
    """What its post shows at first, where the queue is a forum."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the database has it; ``title``, ``body`` and names come from outside."""

    id: UUID
    guild_id: int
    queue_id: int
    number: int
    title: str
    body: str
    member_id: int
    member_name: str
    message_id: int | None
    message_in: int
    message_row: int | None
    thread_id: int | None
    thread_row: int | None
    state: State
    state_since: datetime
    capabilities: list[str]
    priority: int
    parent_id: UUID | None
    worker: str | None
    worker_name: str
    run_id: UUID | None
    fence: int
    lease_until: datetime | None
    attempts: int
    most_attempts: int
    reason: str
    award: str
    considered: list[dict[str, str]]
    shown_mark: str | None
    shown_name: str | None
    shown_changes: int
    created_at: datetime
    ended_at: datetime | None
    plan_row: int | None
    plan: int | None
    uses: list[str]

    @property
    def hold(self) -> Hold:
        """What its holder has to show at this moment."""
        return Hold(self.id, self.fence)

    @property
    def wording(self) -> str:
        """What is asked for: the title, and the body where it says more."""
        return self.body if self.body.startswith(self.title) else f"{self.title}\n\n{self.body}".rstrip()

    @property
    def is_held(self) -> bool:
        """Whether somebody has it."""
        return self.state in HELD

    @property
    def member_at_work(self) -> int | None:
        """The person who has it; None where an agent or nobody has."""
        kind, _, name = (self.worker or "").partition(":")
        return int(name) if kind == "member" else None

    @property
    def agent_at_work(self) -> str | None:
        """The agent that has it."""
        kind, _, name = (self.worker or "").partition(":")
        return name if kind == "agent" else None


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """Something that happened to a task: a move, or ``created``, ``late``, ``unrunnable``, ``lost``."""

    id: int
    task_id: UUID
    kind: Move | Literal["created", "late", "unrunnable"]
    state: State
    fence: int
    by: str
    by_name: str
    body: str
    at: datetime

    @property
    def by_member(self) -> int | None:
        """The person who did it; None where it was not a person."""
        kind, _, name = self.by.partition(":")
        return int(name) if kind == "member" else None


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What came of a task: a ``result``, one that came too ``late`` and does not count, or a ``checkpoint``."""

    id: int
    task_id: UUID
    fence: int
    worker: str
    worker_name: str
    kind: Literal["result", "late", "checkpoint"]
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class QueueView:
    """A queue with what is in it: how many of each state, and since when the oldest has waited."""

    channel_id: int
    rules: QueueRules
    counts: dict[State, int]
    oldest: datetime | None
    unrunnable: dict[str, int]
    """How many wait for want of somebody, by the reason."""
    alarm_since: datetime | None = None
    """Since when it is known to be too full; None: it is not."""


def rules_of(value: Any) -> QueueRules:
    """A queue's rules as they are stored."""
    return RULES.validate_python(value)
