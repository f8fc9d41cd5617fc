"""Tasks: channels are queues, a thread is one piece of work, and people and agents share it by the same rules."""

from cogs.tasks import acting, clock, intake, repairing, tasks_command, working
from cogs.tasks.cog import tasks
from cogswarm import Cog, hookimpl

__all__ = ["acting", "clock", "cogswarm_cogs", "intake", "repairing", "tasks", "tasks_command", "working"]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [tasks]
