"""What the tasks cog is called, and what is set for each queue."""

from pydantic import field_validator

from cogs.tasks import messages
from cogswarm import FIRST_COME, MARKS, STATES, Cog, QueueRules, Settings, setting

WORKFLOW = "work_on"
WORK = f"tasks:{WORKFLOW}"
"""Which workflow works on what an agent is given."""

LOOK = "look_after"
"""The job that hands out what waits, and hears what agents elsewhere answer."""

ABLE = frozenset({"idle", "working"})
"""The states of an agent that can be given something."""


class TasksSettings(Settings):
    """How a channel is a queue; set channel by channel."""

    queue: bool = setting(False, label=messages.QUEUE, help=messages.QUEUE_HELP)
    strategy: str = setting(
        FIRST_COME, label=messages.STRATEGY, help=messages.STRATEGY_HELP, picks="strategy"
    )
    agents: tuple[str, ...] = setting((), label=messages.AGENTS, help=messages.AGENTS_HELP)
    needs: tuple[str, ...] = setting((), label=messages.NEEDS, help=messages.NEEDS_HELP)
    limit: int = setting(0, ge=0, le=1_000, label=messages.LIMIT, help=messages.LIMIT_HELP)
    attempts: int = setting(3, ge=1, le=20, label=messages.ATTEMPTS, help=messages.ATTEMPTS_HELP)
    silence: float = setting(60.0, ge=1, le=3_600, label=messages.SILENCE, help=messages.SILENCE_HELP)
    hours: float = setting(24.0, ge=0.01, le=720, label=messages.HOURS, help=messages.HOURS_HELP)
    minutes: float = setting(30.0, ge=0.01, le=1_440, label=messages.MINUTES, help=messages.MINUTES_HELP)
    marks: tuple[str, ...] = setting((), label=messages.MARKS, help=messages.MARKS_HELP)
    leader: str = setting("", max_length=32, label=messages.LEADER, help=messages.LEADER_HELP)
    begins_plans: bool = setting(False, label=messages.BEGINS_PLANS, help=messages.BEGINS_PLANS_HELP)
    parts: int = setting(8, ge=2, le=20, label=messages.PARTS, help=messages.PARTS_HELP)
    lessons: bool = setting(False, label=messages.LESSONS, help=messages.LESSONS_HELP)
    alarm_tasks: int = setting(0, ge=0, le=10_000, label=messages.ALARM_TASKS, help=messages.ALARM_TASKS_HELP)
    alarm_minutes: float = setting(
        0.0, ge=0, le=100_000, label=messages.ALARM_MINUTES, help=messages.ALARM_MINUTES_HELP
    )
    alarm_role: int | None = setting(
        None, label=messages.ALARM_ROLE, help=messages.ALARM_ROLE_HELP, picks="role"
    )
    backup: str = setting("", max_length=32, label=messages.BACKUP, help=messages.BACKUP_HELP)
    suggests: bool = setting(False, label=messages.SUGGESTS, help=messages.SUGGESTS_HELP)

    @field_validator("marks")
    @classmethod
    def _are_eight(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        marks = tuple(one.strip() for one in value if one.strip())
        if marks and (len(marks) != len(STATES) or len(set(marks)) != len(STATES)):
            raise ValueError(messages.MARKS_WRONG)
        return marks

    @property
    def rules(self) -> QueueRules:
        """The same as the rules of a queue."""
        return QueueRules(
            strategy=self.strategy,
            agents=self.agents,
            capabilities=tuple(sorted(one.strip().casefold() for one in self.needs)),
            limit=self.limit,
            most_attempts=self.attempts,
            agent_seconds=self.silence,
            member_seconds=self.hours * 3_600,
            box_seconds=self.minutes * 60,
            work=WORK,
            marks=dict(zip(STATES, self.marks, strict=True)) if self.marks else dict(MARKS),
            leader=self.leader.strip(),
            begins_plans=self.begins_plans,
            most_parts=self.parts,
            lessons=self.lessons,
            alarm_depth=self.alarm_tasks,
            alarm_seconds=self.alarm_minutes * 60,
            alarm_role=self.alarm_role,
            backup=self.backup.strip(),
            suggests=self.suggests,
        )


tasks = Cog(
    "tasks",
    summary=messages.SUMMARY,
    settings=TasksSettings,
    intents={"message_content"},
    permissions={"add_reactions", "create_public_threads"},
)
