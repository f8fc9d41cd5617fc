"""Starts an answer: who answers, where it stands, and whose turn it is."""

from cogs.chat import messages
from cogs.chat.addressing import Called
from cogs.chat.asks import LONGEST, Ask
from cogs.chat.cog import ChatSettings
from cogs.chat.wish import Wish
from cogs.chat.workflow import answer
from cogswarm import Context, UserError

type Ctx = Context[ChatSettings]

TITLE = 90


def known_agents(ctx: Ctx) -> list[Called]:
    """Every agent as people may call it."""
    return [Called(one.name, one.display_name, one.roles) for one in ctx.agents.all]


def usual_agent(ctx: Ctx) -> str:
    """Who answers here where nobody is named. Raises `UserError` where there is none."""
    agents = known_agents(ctx)
    chosen = ctx.settings.agent.strip()
    if chosen:
        return agent_called(ctx, chosen)
    if not agents:
        raise UserError(messages.NO_AGENTS)
    return agents[0].name


def agent_called(ctx: Ctx, name: str) -> str:
    """The agent of a name in the config, or the one that people see. Raises `UserError`."""
    wanted = name.strip().removeprefix("@").casefold()
    for one in known_agents(ctx):
        if wanted in {one.name.casefold(), one.shown.casefold()}:
            return one.name
    known = ", ".join(one.name for one in known_agents(ctx))
    raise UserError(messages.NO_AGENT.format(name=name[:50], known=known))


def answers_everything(ctx: Ctx) -> bool:
    """Whether whatever is written in this channel is for the agent."""
    own = {one.removeprefix("#") for one in ctx.settings.channels}
    return ctx.settings.answers == "everything" or bool(own & {ctx.home_name, str(ctx.home_id)})


async def agent_of_this_thread(ctx: Ctx) -> str | None:
    """Whose thread this is, where chat opened it."""
    if await ctx.cog_of_this_thread() != "chat":
        return None
    first = await ctx.run_of_this_thread()
    return None if first is None else Wish.model_validate(first.args["wish"]).agent


async def agent_here(ctx: Ctx) -> str | None:
    """Who goes on here where nobody is named: whose thread it is, or in direct messages the one named last."""
    if not ctx.is_direct:
        return await agent_of_this_thread(ctx)
    kept = await ctx.notes.get(f"with:{ctx.channel_id}")
    return next((one.name for one in known_agents(ctx) if one.name == kept), None)


async def start(ctx: Ctx, agent: str, ask: Ask, *, under: int | None = None, by_bot: str = "") -> None:
    """Let an agent answer, in a thread ``under`` a message where that is wished here. Raises `UserError`."""
    ctx.check_agent(agent)
    in_thread = ctx.settings.place == "thread" and not ctx.in_thread and not ctx.is_direct
    # Whoever listens to a whole channel talks there, as people do.
    in_thread = in_thread and not answers_everything(ctx)
    wish = Wish(
        agent=agent,
        ask=ask.model_copy(update={"text": ask.text[:LONGEST], "about": ask.about[:LONGEST]}),
        bot_id=ctx.bot_id,
        home=ctx.home_id,
        history=ctx.settings.history,
        memory=ctx.settings.memory,
        reads=ctx.agent_reads_here(agent),
        opens=in_thread,
        # Where there is a status message, its title says it.
        quotes=not ask.said and (not in_thread or under is not None or len(ask.text) > TITLE),
        header=not in_thread and not ctx.in_thread and not ctx.is_direct and ask.said,
        locale=ctx.locale,
        by_bot=by_bot,
    )
    await ctx.start(
        answer,
        title=" ".join(ask.text.split())[:TITLE] or messages.MENU,
        quiet=not in_thread,
        under=under if in_thread else None,
        lane=agent,
        wish=wish.model_dump(mode="json"),
    )
