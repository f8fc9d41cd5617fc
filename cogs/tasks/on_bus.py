"""Agents of a bus at work on tasks: they are sent what is asked for, and what they answer ends the task while it is theirs.

The run that a task was given with asks, and holds the task; the answers are heard by a job, which a run that has ended, or
died, does not keep from hearing. Both do everything under the fence of the task, so it does not matter who is quicker.
"""

import re
from collections.abc import Collection, Sequence
from typing import Literal
from uuid import UUID, uuid5

from cogs.tasks import messages
from cogs.tasks.cog import LOOK, TasksSettings
from cogswarm import (
    HELD,
    ON_BUS,
    AgentSays,
    AskAgent,
    Candidate,
    Context,
    Hold,
    Passage,
    QueueView,
    Run,
    Say,
    Speaker,
    Task,
    UserError,
    Worker,
)

type Ctx = Context[TasksSettings]
type Meaning = Literal["receipt", "progress", "refusal", "result"]

_PROGRESS = re.compile(r"\W{0,3}(?:progress|working)\W{0,3}:", re.IGNORECASE)
LONGEST_KNOWN = 1_000
USUAL_SECONDS = 1_800.0


def name_of(name: str) -> str:
    """What such an agent is called on the bus."""
    return name.removeprefix(ON_BUS)


def candidates_on_bus(ctx: Ctx, queue: QueueView, names: Collection[str]) -> list[Candidate]:
    """Those of ``names`` that are agents of the bus and may work in a queue."""
    return [
        Candidate(one.id, one.name, one.capabilities, concurrency=one.concurrency)
        for one in ctx.bus_work.agents(queue.channel_id)
        if one.id in names
    ]


async def ask(run: Run, hold: Hold, agent: str, task: Task, material: Sequence[Passage]) -> None:
    """Send a task to an agent of the bus, with what is known of it; once, however often this is done for one hold.

    Raises `UserError` where it may not work here any more.
    """
    rules = [one.rules for one in await run.tasks.queues() if one.channel_id == task.queue_id]
    seconds = rules[0].box_seconds if rules else USUAL_SECONDS
    await run.bus_work.ask(asked(task, hold, agent, material, seconds))


def asked(task: Task, hold: Hold, agent: str, material: Sequence[Passage], seconds: float) -> AskAgent:
    """What an agent of the bus is sent for a task."""
    form = messages.BUS_FORM.format(minutes=seconds / 60)
    return AskAgent(
        id=request_of(hold),
        agent=agent,
        channel_id=task.queue_id,
        member_id=task.member_id,
        author=task.member_name,
        text=messages.BUS_PROMPT.format(number=task.number, text=task.wording),
        context="\n".join([form, *(_known(one) for one in material)]),
        job=LOOK,
        note=f"{hold.task_id}:{hold.fence}",
        seconds=seconds,
    )


def request_of(hold: Hold) -> UUID:
    """The id of the question that somebody who holds a task is asked."""
    return uuid5(hold.task_id, f"bus {hold.fence}")


async def wait_for_answer(run: Run, hold: Hold, agent: str) -> str:
    """Wait until the task is over, or somebody else's (empty), or nothing can be hoped for: why, as a sentence."""

    async def is_over() -> bool:
        task = await run.tasks.get(hold.task_id)
        return task is None or task.fence != hold.fence or task.state not in HELD

    standing = await run.bus_work.end_of(request_of(hold), is_over)
    if standing is None:
        return ""
    if standing.state == "failed":
        return messages.BUS_NOT_SENT.format(who=name_of(agent), why=standing.reason)
    return (messages.BUS_SILENT if standing.silent else messages.BUS_GONE).format(who=name_of(agent))


async def call_off(run: Run, hold: Hold) -> None:
    """Let the question not be sent any more, and not be asked again; an answer that comes all the same is heard."""
    await run.bus_work.call_off(request_of(hold))


async def hear(ctx: Ctx) -> None:
    """Do what agents of the bus have answered: each answer once, also where a crash lets it be heard again."""
    for said in await ctx.bus_work.unheard():
        await _take(ctx, said)
        await ctx.bus_work.heard(said)


def meaning(said: AgentSays) -> Meaning:
    """What an answer says of the task."""
    text = said.text.strip()
    if said.ok is False:
        return "refusal"
    if _PROGRESS.match(text):
        return "progress"
    return "receipt" if said.is_receipt else "result"


async def _take(ctx: Ctx, said: AgentSays) -> None:
    what, hold = meaning(said), _hold_of(said.note)
    task = await ctx.tasks.get(hold.task_id)
    if task is None or what == "receipt":
        return
    me, key = said.worker, f"bus:{said.number}"
    if what != "result" and await ctx.tasks.was_said(task, key):
        return  # a crash came between what it led to and the note that it was heard
    holds = task.fence == hold.fence and task.worker == me.key
    if what == "result" or not holds:
        # Where the task is somebody else's by now it is kept, and told, as too late.
        if await ctx.tasks.finish(hold, me, said.text):
            await _say(ctx, task, key, said)
        return
    if what == "progress":
        await ctx.tasks.keep_checkpoint(hold, me, said.text)
        await _say(ctx, task, key, said)
        return
    await _say(ctx, task, key, said)
    await _let_go(ctx, hold, me, said.text)


async def _say(ctx: Ctx, task: Task, key: str, said: AgentSays) -> None:
    if said.text:
        await ctx.tasks.say(task, key, Say(said.text, speaker=Speaker(said.agent)))


async def _let_go(ctx: Ctx, hold: Hold, me: Worker, why: str) -> None:
    body = messages.BUS_REFUSED if why else messages.BUS_REFUSED_SILENTLY
    try:
        await ctx.tasks.move(hold.task_id, "release", by=me, fence=hold.fence, body=body)
    except UserError:
        return  # it was lost this very moment


def _hold_of(note: str) -> Hold:
    task, _, fence = note.partition(":")
    return Hold(UUID(task), int(fence))


def _known(passage: Passage) -> str:
    author = f", {passage.author}" if passage.author else ""
    text = " ".join(passage.text.split())[:LONGEST_KNOWN]
    return messages.BUS_KNOWN.format(title=passage.title or messages.IN_THREAD, author=author, text=text)
