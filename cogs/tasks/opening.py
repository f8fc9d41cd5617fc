"""Opens and closes queues, and gives them their rules, as people have set it in `/cogs config`."""

from cogs.tasks.cog import TasksSettings
from cogswarm import Context, UserError

type Ctx = Context[TasksSettings]


async def follow_settings(ctx: Ctx) -> None:
    """Let the queues of this server be those that are set, with the rules that are set."""
    queues = await ctx.tasks.queues()
    for queue in queues:
        try:
            settings = ctx.at(queue.channel_id).settings
        except UserError:
            continue  # switched off there: what is under way goes on, and nothing is handed out
        if not settings.queue:
            await ctx.tasks.close_queue(queue.channel_id)
        elif settings.rules != queue.rules:
            await ctx.tasks.open_queue(queue.channel_id, settings.rules)
    for channel_id in set(ctx.server.channels_with_settings("tasks")) - {one.channel_id for one in queues}:
        try:
            settings = ctx.at(channel_id).settings
        except UserError:
            continue  # switched off there
        # What the owner's file names may be a channel of another server.
        if settings.queue and await ctx.tasks.is_here(channel_id):
            await ctx.tasks.open_queue(channel_id, settings.rules)
