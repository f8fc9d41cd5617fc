"""Tasks: channels are queues, a thread is one piece of work, and people and agents share it by the same rules."""

from cogs.tasks import (
    acting,
    clock,
    intake,
    leading,
    plan_buttons,
    repairing,
    splitting,
    tasks_command,
    using,
    working,
)
from cogs.tasks.cog import tasks
from cogswarm import Cog, hookimpl

__all__ = [
    "acting",
    "clock",
    "cogswarm_cogs",
    "intake",
    "leading",
    "plan_buttons",
    "repairing",
    "splitting",
    "tasks",
    "tasks_command",
    "using",
    "working",
]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [tasks]
