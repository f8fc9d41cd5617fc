"""/tasks: lists, boards, all about one task, and offering one again."""

from datetime import datetime
from typing import Annotated, Literal

from cogs.tasks import board, messages
from cogs.tasks.choosing import NAME, suggest_over, suggest_task, task_of
from cogs.tasks.cog import TasksSettings, tasks
from cogs.tasks.dealing import settle
from cogs.tasks.telling import who
from cogswarm import OVER, Channel, Context, Filter, Task, UserError, plain, title
from cogswarm import State as TaskState

type Ctx = Context[TasksSettings]

SHOWN, TEXT = 15, 400
_STATES: dict[str, TaskState] = {words: state for state, words in messages.STATES.items()}
_OPEN: tuple[TaskState, ...] = tuple(state for state in _STATES.values() if state not in OVER)

group = tasks.group("tasks", help=messages.TASKS)


@group.command("list", help=messages.LIST)
async def list_tasks(
    ctx: Ctx,
    mine: Annotated[bool, messages.LIST_MINE] = False,  # noqa: FBT002 - an option of the command
    state: Annotated[
        Literal[
            "available",
            "claimed",
            "in progress",
            "waiting for people",
            "in review",
            "blocked",
            "done",
            "failed",
        ]
        | None,
        messages.LIST_STATE,
    ] = None,
    queue: Annotated[Channel | None, messages.LIST_QUEUE] = None,
) -> None:
    """Show a line for each task, of those that are not over where nothing else is said."""
    wanted = Filter(
        states=_OPEN if state is None else (_STATES[state],),
        queue_id=None if queue is None else queue.id,
        worker=ctx.worker.key if mine else None,
        member_id=ctx.principal.member_id if mine else None,
    )
    found = await ctx.tasks.listed(wanted, limit=SHOWN + 1)
    marks = {one.channel_id: one.rules.marks for one in await ctx.tasks.queues()}
    lines = [_line(one, marks.get(one.queue_id, {})) for one in found[:SHOWN]]
    more = [messages.MORE] if len(found) > SHOWN else []
    await ctx.reply("\n".join([messages.HEAD, *lines, *more]) if lines else messages.NONE)


@group.command("board", help=messages.BOARD)
async def show_board(ctx: Ctx, queue: Annotated[Channel | None, messages.BOARD_QUEUE] = None) -> None:
    """Post the board of a queue, and keep it current from now on."""
    channel = ctx.home_id if queue is None else queue.id
    if ctx.at(channel).settings.queue:
        await ctx.tasks.open_queue(channel, ctx.at(channel).settings.rules)
    for one in await ctx.tasks.queues():
        if one.channel_id == channel:
            await ctx.tasks.show_board(channel, board.board_of(one), anew=True)
            in_forum = await ctx.tasks.is_forum(channel)
            said = messages.BOARD_IN_FORUM if in_forum else messages.BOARD_POSTED
            await ctx.reply(said.format(queue=channel))
            await board.draw(ctx.tasks, ctx.server.zone)
            return
    raise UserError(messages.NOT_A_QUEUE.format(queue=channel))


@group.command("retry", help=messages.RETRY, suggest={"task": suggest_over})
async def retry(ctx: Ctx, task: Annotated[str, messages.WHICH]) -> None:
    """Offer a task again."""
    found = await task_of(ctx, task)
    await ctx.tasks.move(found.id, "unblock" if found.state == "blocked" else "reopen", by=ctx.worker)
    await settle(ctx)
    await ctx.reply(messages.RETRIED.format(number=found.number))


@group.command("show", help=messages.SHOW, suggest={"task": suggest_task})
async def show(ctx: Ctx, task: Annotated[str, messages.WHICH]) -> None:
    """Show all about one task: its state, who has it and why, and what came of it."""
    found = await task_of(ctx, task)
    marks = {one.channel_id: one.rules.marks for one in await ctx.tasks.queues()}
    lines = [
        messages.ABOUT.format(
            number=found.number, title=title(found.title), mark=marks.get(found.queue_id, {}).get(found.state, ""),
            state=messages.STATES[found.state], when=_when(found.state_since), place=_place(found),
        ),
        messages.ABOUT_ASKED.format(who=found.member_id),
    ]  # fmt: skip
    if found.capabilities:
        lines.append(messages.ABOUT_NEEDS.format(needs=title(", ".join(found.capabilities))))
    if found.is_held:
        lines.append(messages.ABOUT_HELD.format(who=who(found)))
    if found.award:
        lines.append(messages.ABOUT_AWARD.format(why=plain(found.award)))
        lines += [
            messages.ABOUT_CONSIDERED.format(name=title(one["name"], NAME), why=plain(one["why"]))
            for one in found.considered
        ]
    if found.attempts:
        lines.append(messages.ABOUT_ATTEMPTS.format(attempts=found.attempts, most=found.most_attempts))
    others = await ctx.tasks.waits_for(found.id)
    if others:
        lines.append(messages.ABOUT_WAITS.format(others=", ".join(f"#{one}" for one in others)))
    if found.uses:
        lines.append(messages.ABOUT_USES.format(uses=plain(", ".join(found.uses))))
    parts = await ctx.tasks.plans.parts(found)
    if found.parent_id is not None:
        whole = await ctx.tasks.get(found.parent_id)
        lines += (
            []
            if whole is None
            else [messages.ABOUT_WHOLE.format(number=whole.number, title=title(whole.title))]
        )
    lines += [
        messages.ABOUT_PART.format(
            mark=marks.get(one.queue_id, {}).get(one.state, ""), number=one.number, title=title(one.title, NAME),
            place=_place(one),
        )
        for one in parts
    ]  # fmt: skip
    if found.reason:
        lines.append(messages.ABOUT_REASON.format(why=plain(found.reason)))
    for one in await ctx.tasks.results(found.id):
        kind = messages.ABOUT_RESULT[one.kind]
        name = title(one.worker_name, NAME)
        lines.append(messages.ABOUT_CAME.format(kind=kind, who=name, text=plain(one.body)[:TEXT]))
    await ctx.reply("\n".join(lines))


def _line(task: Task, marks: dict[TaskState, str]) -> str:
    line = messages.LINE.format(
        mark=marks.get(task.state, ""), number=task.number, title=title(task.title, NAME), place=_place(task),
        who=messages.HELD_BY.format(who=who(task)) if task.is_held else "", when=_when(task.state_since),
    )  # fmt: skip
    return line + (messages.STUCK.format(why=plain(task.reason)) if task.reason else "")


def _place(task: Task) -> str:
    return f"<#{task.thread_id or task.queue_id}>"


def _when(moment: datetime) -> str:
    return f"<t:{int(moment.timestamp())}:R>"
