"""Hands out what waits to agents, as the queue's strategy decides, and says why nobody gets what nobody can do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from cogs.tasks import board, messages
from cogs.tasks.alarms import is_watched, watch
from cogs.tasks.cog import ABLE, WORKFLOW, TasksSettings
from cogs.tasks.leaders import lead_first
from cogs.tasks.on_bus import candidates_on_bus
from cogs.tasks.suggesting import suggest
from cogs.tasks.telling import tell
from cogs.tasks.using import that_is_free
from cogswarm import (
    FIRST_COME,
    STRATEGIES,
    AgentView,
    Award,
    Candidate,
    Context,
    Given,
    Need,
    QueueView,
    Task,
    UserError,
    Worker,
    drawn,
    in_turn,
    is_on_bus,
)

type Ctx = Context[TasksSettings]


async def settle(ctx: Ctx, *, every: bool = False) -> None:
    """Tell what happened, hand out what waits, and bring boards up to date: in queues where something happened, or all."""
    touched, fresh = set[int](), await tell(ctx.tasks)
    once = every
    # Until nothing happens any more: whoever tells what others have done has to hand it out, too.
    while fresh or once:
        touched |= fresh
        # Who is free now may be wanted in another queue than the one where they were.
        queues = await ctx.tasks.queues()
        for queue in queues:
            await _hand_out(ctx, queue)
        # What is left now is what nobody could be given; an alarm that begins brings a backup.
        left = await ctx.tasks.queues() if any(map(is_watched, queues)) else []
        called = [await watch(ctx, queue) for queue in left]
        fresh, once = await tell(ctx.tasks), any(called)
    await board.refresh(ctx.tasks, None if every else touched)


async def _hand_out(ctx: Ctx, queue: QueueView) -> None:
    waiting = await ctx.tasks.available(queue.channel_id) if _looked_after(queue) else []
    if not waiting:
        return
    try:
        here = ctx.at(queue.channel_id)
    except UserError:
        return  # the cog is switched off there
    everybody = await ctx.agents.views()
    waiting = await lead_first(here, queue, await that_is_free(here, waiting), everybody)
    names = _agents(queue)
    views = [one for one in everybody if one.name in names]
    able = [_candidate(one) for one in views if one.state in ABLE]
    able += candidates_on_bus(here, queue, names)
    if able or _others(queue):
        await _deal(here, queue, waiting, able)
        return
    for task in waiting:
        if names:
            await here.tasks.say_unrunnable(task, _nobody(queue, views))
        await suggest(here, queue, task)


def _agents(queue: QueueView) -> frozenset[str]:
    """Who works in a queue; while it needs help its backup does, too."""
    backup = [queue.rules.backup] if queue.rules.backup and queue.alarm_since is not None else []
    return frozenset([*queue.rules.agents, *backup])


def _looked_after(queue: QueueView) -> bool:
    """Whether what waits in a queue is handed out or suggested to anybody."""
    return bool(_agents(queue) or queue.rules.leader or queue.rules.suggests or _others(queue))


def _others(queue: QueueView) -> bool:
    """Whether another cog says who gets a task: that may be somebody who is no agent of this queue."""
    return queue.rules.strategy not in STRATEGIES


async def _deal(here: Ctx, queue: QueueView, waiting: Sequence[Task], able: Sequence[Candidate]) -> None:
    workers = {one.id: Worker("agent", one.id, one.name) for one in able}
    in_hand = await here.tasks.in_hand(list(workers.values()))
    by_id = {task.id: task for task in waiting}
    for need in in_turn([_need(task, queue, here.now) for task in waiting]):
        if not await here.tasks.room(queue.channel_id):
            return
        candidates = [replace(one, running=in_hand.get(workers[one.id].key, 0)) for one in able]
        task = by_id[need.task_id]
        award = await _award(here, queue, task, need, candidates)
        fits = award.winner is not None or (not _others(queue) and any(one.can(need) for one in candidates))
        await here.tasks.say_unrunnable(task, "" if fits else award.reason)
        if not fits and not _others(queue):
            await suggest(here, queue, task)
        if award.winner is None:
            continue
        agent = workers[award.winner]
        considered = [{"name": one.name, "why": one.why} for one in award.considered]
        try:
            await here.tasks.give(Given(task, agent, WORKFLOW, award.reason, considered))
        except UserError:
            continue  # somebody was quicker
        in_hand[agent.key] = in_hand.get(agent.key, 0) + 1


async def _award(
    here: Ctx, queue: QueueView, task: Task, need: Need, candidates: Sequence[Candidate]
) -> Award:
    """Who gets a task. Work that could not begin is not piled up on anybody: only who has room is asked."""
    chosen, chance = queue.rules.strategy, Random(f"{task.id}:{task.fence}")  # noqa: S311 - a lot that anybody can draw again
    if _others(queue):
        try:
            return await here.award(chosen, task, need, candidates, chance)
        except UserError as refused:
            return Award(None, str(refused))
    able = [one for one in candidates if one.can(need)]
    free = [one for one in able if one.load < 1]
    if not able:
        return STRATEGIES["by_capability"](need, candidates, chance)
    if not free:
        return Award(None, "")
    if chosen == FIRST_COME:
        first = min(free, key=lambda one: drawn(need.task_id, one.id))
        return Award(first.id, messages.FIRST.format(who=first.name))
    return await here.award(chosen, task, need, free, chance)


def _need(task: Task, queue: QueueView, now: datetime) -> Need:
    wanted = frozenset([*task.capabilities, *queue.rules.capabilities])
    return Need(task.id, wanted, task.priority, now - task.state_since)


def _candidate(view: AgentView) -> Candidate:
    return Candidate(
        view.name,
        view.display_name,
        frozenset(one.casefold() for one in view.persona.capabilities),
        concurrency=view.persona.concurrency,
    )


def _nobody(queue: QueueView, views: Sequence[AgentView]) -> str:
    known = {one.name for one in views}
    said = [messages.AGENT_IS.format(who=one.display_name, state=one.state) for one in views]
    said += [
        (messages.BUS_AGENT_AWAY if is_on_bus(name) else messages.AGENT_UNKNOWN).format(who=name)
        for name in queue.rules.agents
        if name not in known
    ]
    return messages.NO_AGENT.format(who=", ".join(said))
