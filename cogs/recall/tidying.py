"""Forgets, hour by hour, what is older than a server keeps it."""

from datetime import timedelta

from cogs.recall.cog import RecallSettings, recall
from cogswarm import Context

MESSAGE = "message"


@recall.job(every=timedelta(hours=1))
async def forget_old(ctx: Context[RecallSettings]) -> None:
    """Messages and everything else have times of their own."""
    await ctx.memory.forget_older(ctx.settings.message_days, [MESSAGE])
    if ctx.settings.other_days:
        others = [kind for kind in await ctx.memory.kinds() if kind != MESSAGE]
        await ctx.memory.forget_older(ctx.settings.other_days, others)
