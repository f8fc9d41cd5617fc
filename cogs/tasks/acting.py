"""What people do to tasks where these are: with reactions under the message, and with the buttons in the thread."""

from collections.abc import Mapping
from uuid import UUID

from cogs.tasks import messages
from cogs.tasks.cog import TasksSettings, tasks
from cogs.tasks.dealing import settle
from cogs.tasks.telling import look_of, marks_of
from cogswarm import Context, Reaction, Say, Task, UserError, Worker, towards
from cogswarm import State as TaskState

type Ctx = Context[TasksSettings]

_VARIANT = "\ufe0f"
"""Asks for the coloured form of an emoji; Discord's clients send it or not."""


@tasks.on_reaction
async def react(ctx: Ctx, reaction: Reaction) -> None:
    """Do what somebody's reaction under a task's message says; put the bot's own back that somebody took away."""
    task = await ctx.tasks.find(message_id=reaction.message_id)
    if task is None:
        return
    marks = await marks_of(ctx.tasks, task)
    wanted = _state(reaction.emoji, marks)
    if reaction.action == "cleared":
        # Also told of what the bot takes back itself, which is never the mark of the state that the task is in.
        if not reaction.emoji or wanted == task.state:
            await ctx.tasks.show(task, look_of(task, marks), anew=True)
        return
    if wanted is None:
        return
    mine = task.worker == ctx.worker.key
    try:
        if reaction.action == "removed":
            if wanted == "claimed" and mine:
                await ctx.tasks.move(task.id, "release", by=ctx.worker)
        elif not (wanted == task.state and (mine or wanted != "claimed")):
            await ctx.tasks.move(task.id, *towards(wanted, task.state, held=mine), by=ctx.worker)
    except UserError as refused:
        said = messages.REFUSED.format(who=ctx.principal.member_id, why=refused)
        key = f"refused:{ctx.principal.member_id}:{reaction.emoji}:{task.fence}:{task.state}"
        await ctx.tasks.say(task, key, Say(said))
    await settle(ctx)


@tasks.button("claim")
async def claim(ctx: Ctx, task_id: str) -> None:
    """Claim a task."""
    await _do(ctx, task_id, "claimed")


@tasks.button("finish")
async def finish(ctx: Ctx, task_id: str) -> None:
    """Finish a task."""
    await _do(ctx, task_id, "done")


@tasks.button("release")
async def release(ctx: Ctx, task_id: str) -> None:
    """Let go of a task."""
    await _do(ctx, task_id, "available")


@tasks.button("reopen")
async def reopen(ctx: Ctx, task_id: str) -> None:
    """Open a task again that is over."""
    await _do(ctx, task_id, "available")


@tasks.button("hand")
async def hand(ctx: Ctx, task_id: str) -> None:
    """Ask who shall have a task."""
    task = await _task(ctx, task_id)
    pick = ctx.select("hand_to", str(task.id), placeholder=messages.PICK, kind="member")
    await ctx.reply(messages.HAND_TO, [pick])


@tasks.select("hand_to")
async def hand_to(ctx: Ctx, task_id: str, chosen: list[str]) -> None:
    """Hand a task over to a person."""
    task = await _task(ctx, task_id)
    member = Worker("member", chosen[0], messages.MEMBER.format(who=chosen[0]))
    await ctx.tasks.move(task.id, "hand_over", by=ctx.worker, to=member)
    await _answer(ctx, task)


async def _do(ctx: Ctx, task_id: str, wanted: TaskState) -> None:
    task = await _task(ctx, task_id)
    moves = towards(wanted, task.state, held=task.worker == ctx.worker.key)
    await ctx.tasks.move(task.id, *moves, by=ctx.worker)
    await _answer(ctx, task)


async def _answer(ctx: Ctx, before: Task) -> None:
    await settle(ctx)
    task = await ctx.tasks.get(before.id) or before
    await ctx.reply(messages.DONE_THAT.format(number=task.number, state=messages.STATES[task.state]))


async def _task(ctx: Ctx, task_id: str) -> Task:
    """The task of a button; ids could be replayed from another server."""
    try:
        task = await ctx.tasks.get(UUID(task_id))
    except ValueError:
        task = None
    if task is None:
        raise UserError(messages.GONE)
    return task


def _state(emoji: str, marks: Mapping[TaskState, str]) -> TaskState | None:
    bare = emoji.replace(_VARIANT, "")
    return next((state for state, mark in marks.items() if mark.replace(_VARIANT, "") == bare), None)
