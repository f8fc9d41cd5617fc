"""The buttons under what the bridge says: sending once more, and saying where something belongs that could not be placed."""

from uuid import UUID

from cogs.mumega_bridge import messages
from cogs.mumega_bridge.cog import Ctx, mumega_bridge
from cogswarm import Choice, UserError, plain

SHOWN = 80


@mumega_bridge.button("again")
async def again(ctx: Ctx, request: str) -> None:
    """Send a message once more."""
    agent = await ctx.bus.again(UUID(request))
    await ctx.reply(messages.SENT_AGAIN.format(agent=agent))


@mumega_bridge.button("assign")
async def assign(ctx: Ctx, number: str) -> None:
    """Ask where a letter belongs, among what was written to agents on this server."""
    check_may(ctx)
    await ctx.bus.check_decides_here()
    latest = await ctx.bus.latest()
    if not latest:
        raise UserError(messages.NOTHING_TO_ASSIGN)
    choices = [
        Choice(
            messages.CHOICE.format(agent=one.agent, text=plain(one.body) or "…")[:SHOWN],
            str(one.id),
            messages.CHOICE_HELP.format(author=plain(one.author) or "…", state=messages.STATES[one.state])[
                :SHOWN
            ],
        )
        for one in latest
    ]
    await ctx.reply(messages.WHERE, [ctx.select("place", number, placeholder=messages.PICK, choices=choices)])


@mumega_bridge.select("place", updates=True)
async def place(ctx: Ctx, number: str, chosen: list[str]) -> None:
    """Say it there."""
    check_may(ctx)
    row = await ctx.bus.assign(int(number), UUID(chosen[0]))
    await ctx.reply(messages.ASSIGNED.format(channel=row.channel_id))


@mumega_bridge.button("discard")
async def discard(ctx: Ctx, number: str) -> None:
    """Put a letter away."""
    check_may(ctx)
    await ctx.bus.discard(int(number))
    await ctx.reply(messages.DISCARDED)


def check_may(ctx: Ctx) -> None:
    """Raise `UserError` for whoever may not decide where something belongs."""
    if ctx.is_direct:
        raise UserError(messages.NOT_IN_PRIVATE)
    if not (ctx.may("manage_messages") or ctx.may("manage_guild")):
        raise UserError(messages.NOT_YOURS)
