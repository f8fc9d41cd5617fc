"""Hears what people write: to an agent, in its thread, in a channel where it answers everything; and what they change."""

from cogs.chat import messages, on_bus
from cogs.chat.addressing import among_people, called_by_role, named_first
from cogs.chat.asks import Ask
from cogs.chat.cog import ChatSettings, chat
from cogs.chat.correcting import forget
from cogs.chat.starting import (
    Ctx,
    agent_here,
    agent_of_this_thread,
    answers_everything,
    known_agents,
    start,
    usual_agent,
)
from cogswarm import Context, Deletion, Edit, Form, Message, UserError, entry, title

MOST = 3_900


@chat.on_message
async def hear(ctx: Context[ChatSettings], message: Message) -> None:
    """Answer a message that is for an agent."""
    if on_bus.answers_here(ctx):
        return
    if await ctx.cog_of_this_thread() not in {None, "chat"}:
        return  # the cog whose work opened it answers there
    if message.hidden:
        await _hidden(ctx, message)
        return
    agent, text = await (_directly if ctx.is_direct else _addressed)(ctx, message)
    if agent is None:
        return
    if not any(character.isalnum() for character in text) and not message.attachments:
        shown = next(one.shown for one in known_agents(ctx) if one.name == agent)
        example = f"<@{ctx.bot_id}> {shown}, …"
        await ctx.say_once(f"hint:{message.id}", messages.HINT.format(example=example))
        return
    answered = message.reply_to
    ask = Ask(
        id=message.id,
        channel=ctx.channel_id,
        text=text,
        # What it answers stands in this place; where a thread is opened for it, it comes along.
        about=answered.text if answered is not None else "",
        about_author=answered.author if answered is not None else "",
    )
    by_bot = message.author.name if message.author.is_bot else ""
    try:
        await start(ctx, agent, ask, under=message.id, by_bot=by_bot)
    except UserError as error:
        await ctx.say_once(f"no:{message.id}", str(error))


async def _addressed(ctx: Ctx, message: Message) -> tuple[str | None, str]:
    """Who is meant, and what is said to them; None for nobody."""
    agents = known_agents(ctx)
    text = ctx.without_mention(message.text).strip()
    answered = _answered(message)
    if message.mentions_me:
        named, rest = named_first(text, agents)
        return named or answered or await agent_of_this_thread(ctx) or usual_agent(
            ctx
        ), rest if named else text
    if (by_role := called_by_role(message, agents)) is not None:
        for role in message.mentioned_roles:
            text = text.replace(f"<@&{role.id}>", "").strip()
        return by_role, text
    if answered is not None:
        return answered, text
    if message.author.is_bot or among_people(message):
        return None, text
    if (of_thread := await agent_of_this_thread(ctx)) is not None:
        return of_thread, text
    everything = answers_everything(ctx) and not ctx.in_thread
    return (usual_agent(ctx) if everything else None), text


async def _directly(ctx: Ctx, message: Message) -> tuple[str | None, str]:
    """In direct messages everything is for an agent: the one that is named, from then on, or answered."""
    text = ctx.without_mention(message.text).strip()
    named, rest = named_first(text, known_agents(ctx))
    if named is not None:
        await ctx.notes.put(f"with:{ctx.channel_id}", named)
        return named, rest
    return _answered(message) or await agent_here(ctx) or usual_agent(ctx), text


def _answered(message: Message) -> str | None:
    """The agent whose message it answers."""
    return message.reply_to.agent if message.reply_to is not None and message.reply_to.mine else None


# without the Message Content intent


class Written(Form):
    """What somebody wants to say to an agent."""

    text: str = entry(label=messages.QUESTION, long=True, min_length=1, max_length=MOST)


async def _hidden(ctx: Ctx, message: Message) -> None:
    """What Discord does not let the bot read is answered with a way to write, once for what it answers, or a thread."""
    answered = message.reply_to
    agent = answered.agent if answered is not None and answered.mine else None
    if answered is None and agent is None:
        agent = called_by_role(message, known_agents(ctx)) or await agent_of_this_thread(ctx)
    if agent is None or message.author.is_bot:
        return
    about = answered.id if answered is not None else 0
    button = ctx.button(messages.CONTINUE, "continue", agent)
    await ctx.say_once(f"continue:{about}", messages.HIDDEN, buttons=[button])


@chat.button("continue", opens_form=True)
async def open_form(ctx: Context[ChatSettings], agent: str) -> None:
    """Ask for what could not be read."""
    ctx.check_agent(agent)
    shown = next((one.shown for one in known_agents(ctx) if one.name == agent), agent)
    await ctx.open_form(
        "written", agent, Written, title=messages.CONTINUE_TITLE.format(agent=title(shown, 30))
    )


@chat.form("written", Written)
async def written(ctx: Context[ChatSettings], agent: str, form: Written) -> None:
    """Answer what somebody sent in a form."""
    await start(ctx, agent, Ask(id=ctx.event_id, channel=ctx.channel_id, text=form.text.strip(), said=False))


# what is changed


@chat.on_edit
async def changed(ctx: Context[ChatSettings], edit: Edit) -> None:
    """Begin an answer again whose question was changed before it was there; what was summed up of it is forgotten."""
    await forget(ctx, edit.message.id)
    await ctx.begin_again(edit.message.id)


@chat.on_delete
async def deleted(ctx: Context[ChatSettings], deletion: Deletion) -> None:
    """Stop an answer whose question is gone; what was summed up of it is forgotten."""
    await forget(ctx, deletion.message_id)
    await ctx.withdraw(deletion.message_id, messages.QUESTION_GONE)
