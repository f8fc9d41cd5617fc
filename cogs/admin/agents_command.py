"""/agents: what each agent does, what it has used, and pausing, resuming and giving it another model."""

from collections.abc import Sequence
from typing import Annotated

from cogs.admin import messages
from cogs.admin.cog import AdminSettings, admin
from cogswarm import AgentView, AtWork, Choice, Context, plain

type Ctx = Context[AdminSettings]
SUGGESTIONS = 25
NAMED = 3
LABEL = 100

agents = admin.group("agents", help=messages.AGENTS)


async def suggest_agent(ctx: Ctx, typed: str) -> Sequence[str]:
    """Agents whose name holds what was typed."""
    return [name for name in ctx.agents.names if typed.casefold() in name][:SUGGESTIONS]


async def suggest_model(ctx: Ctx, typed: str) -> Sequence[str]:
    """Models that the owner offers here."""
    return [name for name in ctx.agents.models if typed.casefold() in name][:SUGGESTIONS]


@agents.command("list", help=messages.AGENTS_LIST)
async def list_agents(ctx: Ctx) -> None:
    """Show every agent with its state."""
    views = await ctx.agents.views()
    if not views:
        await ctx.reply(messages.AGENTS_NONE)
        return
    lines = [
        messages.AGENTS_ENTRY.format(
            state=messages.AGENT_STATES[view.state],
            shown=plain(view.display_name),
            name=view.name,
            model=view.model,
            doing=_doing(view),
            reason=_reason(view),
        )
        for view in views
    ]
    await ctx.reply("\n".join([messages.AGENTS_HEAD, *lines, messages.AGENTS_FOOT]))


@agents.command("info", help=messages.AGENTS_INFO, suggest={"agent": suggest_agent})
async def info(ctx: Ctx, agent: Annotated[str, messages.WHICH_AGENT]) -> None:
    """Show everything about one agent."""
    view, changes = await ctx.agents.info(agent)
    told = ", ".join(
        messages.AGENT_CHANGE.format(
            action=messages.AGENT_ACTIONS[one.action],
            member=one.member_id,
            at=int(one.changed_at.timestamp()),
        )
        for one in changes
    )
    lines = [*_about(view), *([messages.AGENT_CHANGES.format(changes=told)] if told else [])]
    await ctx.reply("\n".join(lines))


@agents.command("pause", help=messages.AGENTS_PAUSE, suggest={"agent": suggest_agent})
async def pause(ctx: Ctx, agent: Annotated[str, messages.WHICH_AGENT]) -> None:
    """Let an agent do nothing more here."""
    await ctx.agents.pause(agent)
    view, _ = await ctx.agents.info(agent)
    text = messages.AGENT_PAUSED.format(shown=plain(view.display_name))
    await ctx.reply(text, [ctx.button(messages.RESUME, "agent-resume", agent)])


@agents.command("resume", help=messages.AGENTS_RESUME, suggest={"agent": suggest_agent})
async def resume(ctx: Ctx, agent: Annotated[str, messages.WHICH_AGENT]) -> None:
    """Let a paused agent work again."""
    await _resume(ctx, agent)


@admin.button("agent-resume", updates=True)
async def resume_again(ctx: Ctx, agent: str) -> None:
    """Take a pause back."""
    await _resume(ctx, agent)


@agents.command("model", help=messages.AGENTS_MODEL, suggest={"agent": suggest_agent, "model": suggest_model})
async def model(
    ctx: Ctx,
    agent: Annotated[str, messages.WHICH_AGENT],
    model: Annotated[str | None, messages.WHICH_MODEL] = None,
) -> None:
    """Give an agent another model here."""
    await ctx.agents.set_model(agent, model)
    view, _ = await ctx.agents.info(agent)
    await ctx.reply(messages.AGENT_HAS_MODEL.format(shown=plain(view.display_name), model=view.model))


@agents.command("lessons", help=messages.AGENTS_LESSONS, suggest={"agent": suggest_agent})
async def lessons(ctx: Ctx, agent: Annotated[str, messages.WHICH_AGENT]) -> None:
    """Show what an agent is told besides on this server, and offer to take it back."""
    await _lessons(ctx, agent)


@admin.select("agent-unlearn", updates=True)
async def unlearn(ctx: Ctx, agent: str, chosen: list[str]) -> None:
    """Tell an agent something no more."""
    for one in chosen:
        await ctx.agents.undo_lesson(int(one))
    await _lessons(ctx, agent)


async def _lessons(ctx: Ctx, agent: str) -> None:
    view, _ = await ctx.agents.info(agent)
    known = await ctx.agents.lessons(agent)
    shown = plain(view.display_name)
    if not known:
        await ctx.reply(messages.NO_LESSONS.format(shown=shown))
        return
    lines = [
        messages.LESSON.format(
            text=plain(one.text), member=one.accepted_by, at=int(one.accepted_at.timestamp())
        )
        for one in known
    ]
    choices = [Choice(" ".join(one.text.split())[:LABEL], str(one.id)) for one in known]
    undo = ctx.select(
        "agent-unlearn", agent, placeholder=messages.UNLEARN, choices=choices, most=len(choices)
    )
    text = "\n".join([messages.LESSONS_HEAD.format(shown=shown), *lines])
    await ctx.reply(text, [undo] if ctx.agents.sees_all else [])


async def _resume(ctx: Ctx, agent: str) -> None:
    await ctx.agents.resume(agent)
    view, _ = await ctx.agents.info(agent)
    await ctx.reply(messages.AGENT_RESUMED.format(shown=plain(view.display_name)))


def _about(view: AgentView) -> list[str]:
    persona = view.persona
    fallbacks = messages.AGENT_FALLBACKS.format(names=", ".join(view.fallbacks)) if view.fallbacks else ""
    roles = " ".join(f"<@&{role}>" for role in sorted(persona.roles))
    channels = " ".join(f"<#{one}>" if one.isdigit() else f"#{one}" for one in sorted(persona.channels))
    spend = messages.AGENT_NO_SPEND
    if view.calls:
        spend = messages.AGENT_SPEND.format(
            calls=view.calls, success=f"{view.success:.0%}", tokens=view.tokens, cost=money(view.cost)
        )
    said = [
        messages.AGENT_HEAD.format(shown=plain(view.display_name), name=view.name),
        messages.AGENT_STATE.format(state=messages.AGENT_STATES[view.state], reason=_reason(view)),
        messages.AGENT_MODEL.format(
            model=view.model, chosen=messages.AGENT_CHOSEN if view.chosen else "", fallbacks=fallbacks
        ),
        messages.AGENT_LOAD.format(load=view.load, most=persona.concurrency),
        *(_on(one) for one in view.doing[:NAMED]),
        spend,
    ]
    for text, value in (
        (messages.AGENT_GOOD_AT.format(what=", ".join(persona.capabilities)), persona.capabilities),
        (messages.AGENT_FOR.format(roles=roles), roles),
        (messages.AGENT_TOOLS.format(tools=", ".join(sorted(persona.tools))), persona.tools),
        (messages.AGENT_CHANNELS.format(channels=channels), channels),
        (messages.AGENT_DELEGATES.format(names=", ".join(sorted(persona.delegates))), persona.delegates),
    ):
        said += [text] if value else []
    return said


def money(cost: float | None) -> str:
    """A cost in words."""
    return messages.NO_PRICE if cost is None else messages.MONEY.format(cost=cost)


def _doing(view: AgentView) -> str:
    if not view.load:
        return ""
    here = [_on(one) for one in view.doing[:NAMED]]
    more, elsewhere = len(view.doing) - len(here), view.load - len(view.doing)
    parts = [
        *here,
        *([messages.AGENT_MORE.format(count=more)] if more else []),
        *([messages.AGENT_ELSEWHERE.format(count=elsewhere)] if elsewhere else []),
    ]
    return messages.AGENT_DOING.format(what=", ".join(parts))


def _on(one: AtWork) -> str:
    # Its title may come from a channel that this reader cannot see; a mention of its thread shows nothing then.
    text = messages.AGENT_ON if one.thread_id else messages.AGENT_ON_SOMETHING
    return text.format(thread=one.thread_id, member=one.member_id, since=int(one.since.timestamp()))


def _reason(view: AgentView) -> str:
    return messages.AGENT_REASON.format(reason=view.reason.rstrip(".")) if view.reason else ""
