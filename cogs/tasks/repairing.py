"""Puts right what somebody changed by hand and what shows a task's state: its mark, its thread's name, a board."""

from uuid import UUID

from cogs.tasks import board, messages
from cogs.tasks.cog import TasksSettings, tasks
from cogs.tasks.telling import look_of, marks_of, tag_of
from cogswarm import Context, Deletion, FoundAgain, ThreadChange

type Ctx = Context[TasksSettings]

LONGEST_NAME = 100


@tasks.on_thread
async def changed(ctx: Ctx, change: ThreadChange) -> None:
    """Put the name, or the tag, of a thread right that hides the state; people may call their open tasks what they like."""
    if change.action == "deleted":
        await _board_gone(ctx, change.where.channel_id)  # in a forum it is a post, with its message's id
        return
    task = None if change.action != "changed" else await ctx.tasks.find(thread_id=change.where.channel_id)
    if task is None or change.archived:
        return
    marks = await marks_of(ctx.tasks, task)
    if change.tags is not None:
        if set(messages.STATES.values()).intersection(change.tags) != {messages.STATES[task.state]}:
            await ctx.tasks.tag(task, tag_of(task.state, marks))
        return
    wanted = look_of(task, marks)
    lies = change.name.startswith(tuple(marks.values())) and wanted.name is not None
    hides = wanted.mark == marks[task.state] and task.state in {"done", "failed", "blocked"}
    if wanted.name is not None and (lies or hides) and change.name != wanted.name[:LONGEST_NAME]:
        await ctx.tasks.show(task, wanted, anew=True)


@tasks.on_delete
async def deleted(ctx: Ctx, deletion: Deletion) -> None:
    """Say a board again that somebody deleted."""
    await _board_gone(ctx, deletion.message_id)


async def _board_gone(ctx: Ctx, message_id: int) -> None:
    queue_id = await ctx.tasks.board_shown_in(message_id)
    if queue_id is None:
        return
    await ctx.tasks.drop_board(queue_id)
    for queue in await ctx.tasks.queues():
        if queue.channel_id == queue_id:
            await ctx.tasks.show_board(queue_id, board.board_of(queue))


@tasks.on_watched
async def found(ctx: Ctx, again: FoundAgain) -> None:
    """Put a mark back that is missing after the bot was away."""
    task = await ctx.tasks.get(UUID(again.note.removeprefix("task:")))
    if task is None or again.gone:
        return
    look = look_of(task, await marks_of(ctx.tasks, task))
    if look.mark not in {one.emoji for one in again.reactions}:
        await ctx.tasks.show(task, look, anew=True)
