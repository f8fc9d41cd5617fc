"""What is done by the clock: silent holders lose their tasks, what a crash left untold is told, settings are followed."""

from datetime import timedelta

from cogs.tasks import board
from cogs.tasks.circling import look
from cogs.tasks.cog import TasksSettings, tasks
from cogs.tasks.dealing import settle
from cogs.tasks.on_bus import hear
from cogs.tasks.opening import follow_settings
from cogswarm import Context, OutsideError

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
    await follow_settings(ctx)
    # What has been answered counts before anybody is found to be silent.
    await hear(ctx)
    await ctx.tasks.sweep()
    await look(ctx)
    await settle(ctx, every=True)


@tasks.job(every=timedelta(minutes=1))
async def draw(ctx: Ctx) -> None:
    """Bring the pictures on the boards up to date."""
    await board.draw(ctx.tasks, ctx.server.zone)
