"""``/bus``: how the connection stands, who is there, and what waits for people."""

from cogs.mumega_bridge import messages
from cogs.mumega_bridge.cog import Ctx, mumega_bridge
from cogs.mumega_bridge.deciding import check_may
from cogswarm import OutsideError, plain

SHOWN = 150
MOST_PEERS = 40

bus = mumega_bridge.group("bus", help=messages.BUS)


@bus.command("status", help=messages.STATUS)
async def status(ctx: Ctx) -> None:
    """Show how it stands."""
    if not ctx.bus.is_there:
        await ctx.reply(messages.NO_BUS)
        return
    counts = await ctx.bus.counts()
    told = ", ".join(f"{count} {messages.STATES[state]}" for state, count in sorted(counts.items()))
    lines = [_connection(ctx), messages.TODAY.format(counts=told) if told else messages.NOTHING_TODAY]
    here = ctx.bus.agent_for(ctx.channel_id, ctx.home_id)
    if here is not None:
        lines.append(messages.HERE.format(agent=here))
    await ctx.reply("\n".join(lines))


@bus.command("agents", help=messages.AGENTS)
async def agents(ctx: Ctx) -> None:
    """Show who can be written to, and who is there."""
    if not ctx.bus.is_there:
        await ctx.reply(messages.NO_BUS)
        return
    lines = [messages.MAY_ASK.format(agents=", ".join(f"**{one}**" for one in ctx.bus.agents))]
    if not ctx.is_direct and (workers := ctx.bus_work.agents(ctx.home_id)):
        lines.append(messages.MAY_WORK.format(agents=", ".join(f"`{one.id}`" for one in workers)))
    try:
        peers = await ctx.bus.peers()
    except OutsideError as error:
        lines.append(messages.PEERS_UNKNOWN.format(reason=error))
    else:
        named = ", ".join(plain(one.name)[:SHOWN] for one in peers[:MOST_PEERS])
        lines.append(messages.ON_BUS.format(peers=named) if named else messages.NOBODY_ON_BUS)
    await ctx.reply("\n".join(lines))


@bus.command("waiting", help=messages.WAITING)
async def waiting(ctx: Ctx) -> None:
    """Show what could not be placed."""
    if not ctx.bus.is_there:
        await ctx.reply(messages.NO_BUS)
        return
    check_may(ctx)
    letters = await ctx.bus.waiting(5)
    if not letters:
        await ctx.reply(messages.NOTHING_WAITS)
        return
    lines = [
        messages.WAITS.format(
            agent=plain(one.source)[:SHOWN] or "?",
            at=int(one.received_at.timestamp()),
            text=plain(one.body)[:SHOWN] or "…",
        )
        for one in letters
    ]
    buttons = [
        ctx.button(f"{messages.PLACE} {turn}", "assign", str(one.number))
        for turn, one in enumerate(letters, 1)
    ]
    await ctx.reply("\n".join(f"{turn}. {line}" for turn, line in enumerate(lines, 1)), buttons)


def _connection(ctx: Ctx) -> str:
    if ctx.bus.stopped:
        return messages.NOT_CONNECTED.format(reason=ctx.bus.stopped)
    try:
        return messages.CONNECTED.format(kind=messages.KINDS[ctx.bus.kind])
    except OutsideError as error:
        return messages.NOT_CONNECTED.format(reason=error)
