"""Agents of the bus beside the bot's own: they answer in their channels by themselves, and can be asked with /chat."""

from cogs.chat import messages
from cogs.chat.starting import Ctx
from cogswarm import AskBus, UserError

BRIDGE = "mumega_bridge"
_ON = frozenset({"on", "partly on"})


def is_on(ctx: Ctx) -> bool:
    """Whether there is a bus, and people here may use it."""
    try:
        return ctx.bus.is_there and ctx.server.cog(BRIDGE).state in _ON
    except UserError:
        return False


def answers_here(ctx: Ctx) -> bool:
    """Whether what is written in this channel is for an agent of the bus."""
    return not ctx.is_direct and ctx.bus.agent_for(ctx.channel_id, ctx.home_id) is not None and is_on(ctx)


def names(ctx: Ctx) -> list[str]:
    """The agents of the bus that can be asked here."""
    return list(ctx.bus.agents) if is_on(ctx) else []


def called(ctx: Ctx, name: str) -> str | None:
    """The agent of the bus that somebody named, where none of the bot's own is called so."""
    return ctx.bus.called(name) if is_on(ctx) else None


async def ask(ctx: Ctx, agent: str, text: str) -> None:
    """Say the question here, where its answer will stand, and send it."""
    who = ctx.principal
    asked = AskBus(
        agent=agent,
        channel_id=ctx.channel_id,
        # No message asks: such a number is none of Discord's.
        message_id=-ctx.event_id,
        member_id=who.member_id,
        author=who.name,
        text=text,
    )
    await ctx.bus.ask(asked)
    await ctx.say_once(
        f"bus:{ctx.event_id}", messages.ASKS_ON_BUS.format(who=f"<@{who.member_id}>", agent=agent, text=text)
    )
    await ctx.reply(messages.SENT_TO_BUS.format(agent=agent))
