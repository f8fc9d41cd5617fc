"""Hands what is asked for in a queue to the agent that leads there, which splits it among others."""

from collections.abc import Sequence

from cogs.tasks import messages
from cogs.tasks.cog import ABLE, TasksSettings
from cogswarm import AgentView, Context, Given, QueueView, Task, UserError, Worker

type Ctx = Context[TasksSettings]

LEAD = "lead"


async def lead_first(
    here: Ctx, queue: QueueView, waiting: Sequence[Task], views: Sequence[AgentView]
) -> list[Task]:
    """Give the leader what is no part of anything, while it has room; what is left for others."""
    name = queue.rules.leader
    if not name:
        return list(waiting)
    wholes = [one for one in waiting if one.parent_id is None]
    view = next((one for one in views if one.name == name), None)
    if view is None or view.state not in ABLE:
        why = (
            messages.AGENT_UNKNOWN.format(who=name)
            if view is None
            else messages.AGENT_IS.format(who=view.display_name, state=view.state)
        )
        for task in wholes:
            await here.tasks.say_unrunnable(task, messages.NO_LEADER.format(who=why))
    else:
        await _give(here, wholes, view)
    return [one for one in waiting if one.parent_id is not None]


async def split(here: Ctx, task: Task, view: AgentView) -> None:
    """Give one task to an agent that is to split it. Raises `UserError`, as a claim does."""
    leader = Worker("agent", view.name, view.display_name)
    reason = messages.LEADS.format(who=view.display_name)
    await here.tasks.give(Given(task, leader, LEAD, reason, boxed=False))


async def _give(here: Ctx, wholes: Sequence[Task], view: AgentView) -> None:
    leader = Worker("agent", view.name, view.display_name)
    room = view.persona.concurrency - (await here.tasks.in_hand([leader])).get(leader.key, 0)
    for task in wholes[: max(0, room)]:
        await here.tasks.say_unrunnable(task, "")
        try:
            await split(here, task, view)
        except UserError:
            continue  # somebody was quicker, or the queue is full
