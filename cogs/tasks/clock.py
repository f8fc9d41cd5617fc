"""What is done by the clock: silent holders lose their tasks, what a crash left untold is told, settings are followed."""

from datetime import timedelta

from cogs.tasks import board
from cogs.tasks.circling import look
from cogs.tasks.cog import TasksSettings, tasks
from cogs.tasks.dealing import settle
from cogswarm import Context, OutsideError, UserError

type Ctx = Context[TasksSettings]


@tasks.on_enabled
async def begin(ctx: Ctx) -> None:
    """Go on at once with what waited while the bot was away."""
    try:
        await look_after(ctx)
    except OutsideError:
        return  # the job looks again in a moment; a queue need not stay off for that


@tasks.job(every=timedelta(seconds=10), jitter=timedelta())
async def look_after(ctx: Ctx) -> None:
    """Look after every queue of this server."""
    for queue in await ctx.tasks.queues():
        try:
            settings = ctx.at(queue.channel_id).settings
        except UserError:
            continue  # switched off there: what is under way goes on, and nothing is handed out
        if not settings.queue:
            await ctx.tasks.close_queue(queue.channel_id)
        elif settings.rules != queue.rules:
            await ctx.tasks.open_queue(queue.channel_id, settings.rules)
    await _open_all(ctx)
    await ctx.tasks.sweep()
    await look(ctx)
    await settle(ctx, every=True)


@tasks.job(every=timedelta(minutes=1))
async def draw(ctx: Ctx) -> None:
    """Bring the pictures on the boards up to date."""
    await board.draw(ctx.tasks, ctx.server.zone)


async def _open_all(ctx: Ctx) -> None:
    """Open the queues that were set and in which nobody has asked for anything yet."""
    known = {one.channel_id for one in await ctx.tasks.queues()}
    for channel_id in set(ctx.server.channels_with_settings("tasks")) - known:
        try:
            settings = ctx.at(channel_id).settings
        except UserError:
            continue  # switched off there
        # What the owner's file names may be a channel of another server.
        if settings.queue and await ctx.tasks.is_here(channel_id):
            await ctx.tasks.open_queue(channel_id, settings.rules)
