"""The commands of chat: asking, beginning anew, choosing a model, and seeing what an agent was given."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cogs.chat import given, listening, messages, on_bus
from cogs.chat.asks import Ask
from cogs.chat.cog import ChatSettings, chat
from cogs.chat.given import Given
from cogs.chat.starting import (
    Ctx,
    agent_called,
    agent_here,
    agent_of_this_thread,
    answers_everything,
    known_agents,
    start,
    usual_agent,
)
from cogswarm import Cog, Context, Form, Message, UserError, entry, hookimpl, option, plain

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["listening"]

SUGGESTIONS = 25


async def suggest_agent(ctx: Ctx, typed: str) -> Sequence[str]:
    """The agents whose name holds what was typed."""
    words = typed.casefold()
    own = [one.name for one in known_agents(ctx) if words in f"{one.name} {one.shown}".casefold()]
    return own[:SUGGESTIONS]


async def suggest_anybody(ctx: Ctx, typed: str) -> Sequence[str]:
    """The same, and the agents of the bus."""
    others = [one for one in on_bus.names(ctx) if typed.casefold() in one]
    return list(dict.fromkeys([*await suggest_agent(ctx, typed), *others]))[:SUGGESTIONS]


async def suggest_model(ctx: Ctx, typed: str) -> Sequence[str]:
    """The models that the owner offers here."""
    return [one for one in [messages.USUAL, *ctx.agents.models] if typed.casefold() in one.casefold()][
        :SUGGESTIONS
    ]


@chat.command("chat", help=messages.CHAT, suggest={"agent": suggest_anybody})
async def ask(
    ctx: Context[ChatSettings],
    text: Annotated[str, option(messages.TEXT, least=1, most=listening.MOST)],
    agent: Annotated[str | None, messages.WHO] = None,
) -> None:
    """Ask an agent."""
    if not any(character.isalnum() for character in text):
        raise UserError(messages.NOTHING_SAID)
    others = on_bus.called(ctx, agent) if agent else None
    if others is not None and others not in {one.name for one in known_agents(ctx)}:
        await on_bus.ask(ctx, others, text.strip())
        return
    name = await _meant(ctx, agent)
    await start(ctx, name, Ask(id=ctx.event_id, channel=ctx.channel_id, text=text.strip(), said=False))
    in_place = ctx.in_thread or ctx.is_direct or ctx.settings.place == "in place"
    if in_place or answers_everything(ctx):
        await ctx.reply(messages.STARTED.format(agent=_shown(ctx, name)))


# beginning anew


@chat.command("new", help=messages.NEW)
async def begin_anew(ctx: Context[ChatSettings]) -> None:
    """Let history begin here, visibly, for every agent."""
    place = ctx.channel_id
    before = await _begun(ctx)
    await ctx.notes.put(f"since:{place}", {"at": ctx.event_id, "before": before})
    undo = ctx.button(messages.UNDO, "undo", f"{ctx.event_id}")
    text = messages.BEGUN_ANEW.format(who=f"<@{ctx.principal.member_id}>")
    await ctx.say_once(f"new:{ctx.event_id}", text, buttons=[undo])
    await ctx.reply(messages.ANEW_ANSWER)


@chat.button("undo")
async def undo(ctx: Context[ChatSettings], at: str) -> None:
    """Take the last beginning back."""
    kept = await ctx.notes.get(f"since:{ctx.channel_id}")
    if not isinstance(kept, dict) or str(kept.get("at")) != at:
        raise UserError(messages.NOT_LAST)
    before = kept.get("before")
    if isinstance(before, int):
        await ctx.notes.put(f"since:{ctx.channel_id}", {"at": before, "before": None})
    else:
        await ctx.notes.drop(f"since:{ctx.channel_id}")
    await ctx.say_once(f"undone:{at}", messages.UNDONE)
    await ctx.reply(messages.UNDONE)


async def _begun(ctx: Ctx) -> int | None:
    kept = await ctx.notes.get(f"since:{ctx.channel_id}")
    at = kept.get("at") if isinstance(kept, dict) else None
    return at if isinstance(at, int) else None


# models


@chat.command("model", help=messages.MODEL, suggest={"model": suggest_model, "agent": suggest_agent})
async def model(
    ctx: Context[ChatSettings],
    model: Annotated[str | None, messages.WHICH_MODEL] = None,
    agent: Annotated[str | None, messages.WHO] = None,
) -> None:
    """Show or choose the model for this place."""
    name = await _meant(ctx, agent)
    key, shown = f"model:{ctx.channel_id}:{name}", _shown(ctx, name)
    if model is None:
        await ctx.reply(await _model_here(ctx, name, await ctx.notes.get(key)))
        return
    await _check_chooser(ctx)
    if model.casefold() == messages.USUAL:
        await ctx.notes.drop(key)
        await ctx.reply(messages.MODEL_USUAL.format(agent=shown))
        return
    if model not in ctx.agents.models:
        known = ", ".join(ctx.agents.models)
        raise UserError(messages.MODEL_UNKNOWN.format(name=plain(model)[:50], known=known))
    await ctx.notes.put(key, model)
    await ctx.reply(messages.MODEL_CHOSEN.format(agent=shown, model=model))


async def _model_here(ctx: Ctx, name: str, chosen: object) -> str:
    view, _ = await ctx.agents.info(name)
    here = chosen if isinstance(chosen, str) and chosen in ctx.agents.models else None
    why = messages.BY_PLACE if here else messages.BY_SERVER if view.chosen else messages.BY_OWNER
    models = ", ".join(f"`{one}`" for one in ctx.agents.models)
    return messages.MODEL_HERE.format(
        agent=view.display_name, model=here or view.model, why=why, models=models
    )


async def _check_chooser(ctx: Ctx) -> None:
    first = await ctx.run_of_this_thread() if await agent_of_this_thread(ctx) is not None else None
    theirs = ctx.is_direct or (first is not None and first.member_id == ctx.principal.member_id)
    if not (theirs or ctx.may("manage_channels") or (ctx.in_thread and ctx.may("manage_threads"))):
        raise UserError(messages.MODEL_NOT_YOURS)


# what was given


@chat.command("context", help=messages.CONTEXT, suggest={"agent": suggest_agent})
async def context(ctx: Context[ChatSettings], agent: Annotated[str | None, messages.WHO] = None) -> None:
    """Show, to whoever asks only, what an agent was given for its last answer here."""
    name = await _meant(ctx, agent)
    persona = next(one for one in ctx.agents.all if one.name == name)
    may = ", ".join(f"`{one}`" for one in sorted(persona.tools)) or messages.NONE
    kept = await ctx.notes.get(given.key(ctx.channel_id, name))
    if kept is None:
        nothing = messages.NOTHING_YET.format(agent=persona.display_name, told_in=persona.told_in, tools=may)
        await ctx.reply(nothing)
        return
    account = Given.model_validate(kept)
    head = (
        messages.CONTEXT_HEAD
        if account.asked
        else messages.CONTEXT_HEAD.replace("[", "").replace("]({link})", "")
    )
    lines = [
        head.format(agent=persona.display_name, link=account.asked),
        messages.CONTEXT_MODEL.format(model=account.model or messages.NONE, told_in=persona.told_in),
        _messages_read(account),
        *_summed_up(account),
        *_looked_at(account),
        messages.CONTEXT_FILES.format(names=", ".join(account.files) or messages.NONE),
        messages.CONTEXT_TOOLS.format(
            may=may, used=", ".join(f"`{one}`" for one in account.used) or messages.NONE
        ),
    ]
    await ctx.reply("\n".join(lines))


def _messages_read(account: Given) -> str:
    line = (
        messages.CONTEXT_READ.format(count=account.count, first=account.first, last=account.last)
        if account.count and account.first
        else messages.CONTEXT_NONE
    )
    more: list[str] = []
    if account.since is not None:
        more.append(messages.CONTEXT_SINCE.format(at=(account.since >> 22) // 1000 + 1_420_070_400))
    if account.left_out:
        more.append(messages.CONTEXT_LEFT.format(count=account.left_out))
    if not account.reads:
        more.append(messages.CONTEXT_NOT_READ.format(name=account.agent))
    return " · ".join([line, *more])


def _summed_up(account: Given) -> list[str]:
    if not account.summary:
        return []
    who = ", ".join(f"<@{one}>" for one in account.corrected_by)
    text = account.summary.replace("\n", "\n> ")
    corrected = messages.CONTEXT_CORRECTED.format(who=who) if who else ""
    return [messages.CONTEXT_SUMMARY.format(count=account.summed_up, corrected=corrected, text=text)]


def _looked_at(account: Given) -> list[str]:
    lines: list[str] = []
    if account.memories:
        links = given.listed(account.memories)
        lines.append(messages.CONTEXT_MEMORIES.format(count=len(account.memories), links=links))
    else:
        lines.append(messages.CONTEXT_NO_MEMORIES if account.memory else messages.CONTEXT_MEMORY_OFF)
    if account.pin_count:
        pins = given.listed(account.pins)
        more = " …" if account.pin_count > len(account.pins) else ""
        lines.append(messages.CONTEXT_PINS.format(count=account.pin_count, links=pins + more))
    if account.sources:
        links = given.listed(account.sources)
        lines.append(
            messages.CONTEXT_SOURCES.format(
                tool="`feeds.search_feeds`", count=len(account.sources), links=links
            )
        )
    return lines


# the menu of messages


class About(Form):
    """A question about a message."""

    question: str = entry(label=messages.QUESTION, long=True, min_length=1, max_length=listening.MOST)
    agent: str = entry("", label=messages.WHO[:45], max_length=80)


@chat.message_command(messages.MENU, opens_form=True)
async def ask_about(ctx: Context[ChatSettings], message: Message) -> None:
    """Ask for the question about a message."""
    usual = usual_agent(ctx)
    about: dict[str, JsonValue] = {
        "id": message.id,
        "text": message.text[:4_000],
        "author": message.author.name[:80],
    }
    await ctx.notes.put(f"about:{ctx.principal.member_id}", about)
    labels = {"agent": messages.WHICH_AGENT.format(usual=_shown(ctx, usual))[:45]}
    await ctx.open_form("about", str(message.id), About, title=messages.MENU_TITLE, labels=labels)


@chat.form("about", About)
async def asked_about(ctx: Context[ChatSettings], message_id: str, form: About) -> None:
    """Answer a question about a message."""
    kept = await ctx.notes.get(f"about:{ctx.principal.member_id}")
    if not isinstance(kept, dict) or str(kept.get("id")) != message_id:
        raise UserError(messages.LOST)
    await ctx.notes.drop(f"about:{ctx.principal.member_id}")
    name = await _meant(ctx, form.agent or None)
    asked = Ask(
        id=ctx.event_id,
        channel=ctx.channel_id,
        text=form.question.strip(),
        said=False,
        about=str(kept.get("text") or ""),
        about_author=str(kept.get("author") or ""),
    )
    await start(ctx, name, asked, under=int(message_id))
    await ctx.reply(messages.STARTED.format(agent=_shown(ctx, name)))


async def _meant(ctx: Ctx, agent: str | None) -> str:
    """The agent that was named; else the one of this thread, else the usual one."""
    if agent:
        return agent_called(ctx, agent)
    return await agent_here(ctx) or usual_agent(ctx)


def _shown(ctx: Ctx, name: str) -> str:
    return next((one.shown for one in known_agents(ctx) if one.name == name), name)


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [chat]
