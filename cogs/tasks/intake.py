"""How tasks come in: a message in a queue, a post in a forum, /task, and the context menu of a message."""

from typing import Annotated
from uuid import UUID

from cogs.tasks import messages
from cogs.tasks.cog import TasksSettings, tasks
from cogs.tasks.dealing import settle
from cogs.tasks.opening import follow_settings
from cogs.tasks.telling import tag_of
from cogs.tasks.using import named
from cogswarm import Channel, Context, Message, Need, NewTask, Task, UserError, plain, queue_for, title

type Ctx = Context[TasksSettings]

TITLE = 90
TEXT = 1_500


@tasks.on_message
async def take_in(ctx: Ctx, message: Message) -> None:
    """Make a task of what somebody asks for in a queue; who speaks in the thread of their task shows life."""
    if ctx.in_thread and message.id != ctx.channel_id:
        held = await ctx.tasks.find(thread_id=ctx.channel_id)
        if held is not None and held.worker == ctx.worker.key:
            await ctx.tasks.renew(held.hold)
        return
    if not ctx.settings.queue or not message.text.strip():
        return
    # The first message of a forum's post has the post's id: that is its thread already.
    await _begin(ctx, ctx.home_id, message, in_thread=ctx.in_thread)


@tasks.command("task", help=messages.TASK)
async def ask(
    ctx: Ctx,
    text: Annotated[str, messages.TASK_TEXT],
    queue: Annotated[Channel | None, messages.TASK_QUEUE] = None,
    needs: Annotated[str, messages.TASK_NEEDS] = "",
    uses: Annotated[str, messages.TASK_USES] = "",
) -> None:
    """Make a task that the bot announces in the queue."""
    skills = tuple(sorted({one.strip().casefold() for one in needs.split(",") if one.strip()}))
    channel = await _queue(ctx, queue, skills)
    task = await _announce(ctx, channel, text, skills, named(uses))
    if task is None:
        raise UserError(messages.ALREADY)
    await ctx.reply(messages.MADE.format(number=task.number, place=messages.OF_MESSAGE.format(queue=channel)))


@tasks.message_command(messages.MAKE_TASK)
async def make_task(ctx: Ctx, message: Message) -> None:
    """Make a task of somebody's message: right there in a queue, or announced in the queue there is."""
    if not message.text.strip():
        raise UserError(messages.NOTHING_SAID)
    if ctx.settings.queue and not ctx.in_thread:
        place = messages.UNDER_MESSAGE
        task = await _begin(ctx, ctx.channel_id, message, in_thread=False)
    else:
        channel = await _queue(ctx, None)
        place = messages.OF_MESSAGE.format(queue=channel)
        task = await _announce(ctx, channel, message.text)
    if task is None:
        raise UserError(messages.ALREADY)
    await ctx.reply(messages.MADE.format(number=task.number, place=place))


async def _begin(ctx: Ctx, queue_id: int, message: Message, *, in_thread: bool) -> Task | None:
    """Make a task of a message, with a thread under it. Whoever asks by context menu answers for it."""
    await ctx.tasks.open_queue(queue_id, ctx.settings.rules)
    new = NewTask(
        queue_id=queue_id,
        title=_title((message.where.thread_name if in_thread else "") or message.text),
        body=message.text,
        message_id=message.id,
        message_in=message.where.channel_id,
        in_thread=in_thread,
    )
    task = await ctx.tasks.create(new, ctx.principal)
    if task is not None:
        await ctx.watch(f"task:{task.id}", message.id, channel_id=message.where.channel_id)
    # Also where it was made before: a crash may have come between the two.
    await settle(ctx)
    return task


async def _announce(
    ctx: Ctx, queue_id: int, text: str, needs: tuple[str, ...] = (), uses: tuple[str, ...] = ()
) -> Task | None:
    if not text.strip():
        raise UserError(messages.NOTHING_SAID)
    await ctx.tasks.open_queue(queue_id, ctx.at(queue_id).settings.rules)
    new = NewTask(
        queue_id=queue_id,
        title=_title(text),
        body=text,
        capabilities=needs,
        uses=uses,
        event_id=ctx.event_id,
        tag=tag_of("available", ctx.at(queue_id).settings.rules.marks),
    )
    # What people wrote is no template: the number is the only thing that is filled in later.
    shown = plain(text)[:TEXT].replace("{", "{{").replace("}", "}}")
    announced = messages.ANNOUNCED.format(title=shown, number="{number}", who=ctx.principal.member_id)
    task = await ctx.tasks.create(new, ctx.principal, announcement=announced)
    await settle(ctx)
    return task


async def _queue(ctx: Ctx, chosen: Channel | None, needs: tuple[str, ...] = ()) -> int:
    """The queue that somebody means: left out, the narrowest that offers all a task needs, this one, or the only one.

    Raises `UserError` where that is none, or not clear.
    """
    if chosen is not None:
        if not ctx.at(chosen.id).settings.queue:
            raise UserError(messages.NOT_A_QUEUE.format(queue=chosen.id))
        return chosen.id
    await follow_settings(ctx)  # what was set just now counts at once
    queues = await ctx.tasks.queues()
    skilled = {one.channel_id: frozenset(one.rules.capabilities) for one in queues}
    found = queue_for(Need(UUID(int=0), frozenset(needs)), skilled)
    if found is not None:
        return found
    if ctx.settings.queue:
        return ctx.home_id
    known = [one.channel_id for one in queues]
    if not known:
        raise UserError(messages.NO_QUEUES)
    if len(known) > 1:
        raise UserError(messages.WHICH_QUEUE.format(queues=", ".join(f"<#{one}>" for one in known)))
    return known[0]


def _title(text: str) -> str:
    """The first line of what is to be done, for a thread's name."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return title(first.strip(), TITLE)
