"""Hears what people write to agents: in their channels, by mentioning the bot, in direct messages; bots are never heard."""

from cogs.mumega_bridge import messages
from cogs.mumega_bridge.cog import Ctx, mumega_bridge
from cogswarm import AskBus, Attachment, Deletion, Message, UserError

CHAT = "chat"
LONGEST_QUOTE = 500
_KIB = 1024


@mumega_bridge.on_message
async def hear(ctx: Ctx, message: Message) -> None:
    """Send a message to the agent that it is for."""
    if message.author.is_bot:
        return
    agent = await _meant(ctx, message)
    if agent is None:
        return
    if message.hidden:
        await ctx.say_once("unreadable", messages.CANNOT_READ)
        return
    text = ctx.without_mention(message.text).strip()
    if not text and not message.attachments:
        return
    asked = AskBus(
        agent=agent,
        channel_id=ctx.channel_id,
        message_id=message.id,
        member_id=message.author.id,
        author=message.author.name,
        text=text,
        context=_context(ctx, message),
    )
    try:
        await ctx.bus.ask(asked)
    except UserError as error:
        await ctx.say_once(f"no:{message.id}", messages.NOT_ALLOWED.format(reason=error))


@mumega_bridge.on_delete
async def deleted(ctx: Ctx, deletion: Deletion) -> None:
    """What is gone before it was sent is not sent."""
    await ctx.bus.forget(deletion.message_id)


async def _meant(ctx: Ctx, message: Message) -> str | None:
    """The agent that a message is for; None for none."""
    here = None if ctx.is_direct else ctx.bus.agent_for(ctx.channel_id, ctx.home_id)
    if here is not None or _others_answer(ctx):
        return here
    if ctx.is_direct:
        return ctx.bus.agent_for(direct=True)
    mentioned = message.mentions_me and ctx.settings.mentions
    if not mentioned or await ctx.cog_of_this_thread() not in {None, mumega_bridge.name}:
        return None
    return ctx.bus.agent_for(mentioned=True)


def _others_answer(ctx: Ctx) -> bool:
    """Whether the bot's own agents answer where no channel says otherwise: then those of the bus do not as well."""
    try:
        return ctx.server.cog(CHAT).state in {"on", "partly on"}
    except UserError:
        return False  # it is not loaded


def _context(ctx: Ctx, message: Message) -> str:
    """What a message is about, for somebody who does not see Discord."""
    lines: list[str] = []
    if ctx.is_direct:
        lines.append(messages.DIRECT)
    elif ctx.home_name:
        lines.append(
            (messages.IN_THREAD if ctx.in_thread else messages.IN_CHANNEL).format(name=ctx.home_name)
        )
    answered = message.reply_to
    if answered is not None and answered.text:
        lines.append(messages.ANSWERS.format(author=answered.author, text=answered.text[:LONGEST_QUOTE]))
    lines += [_attached(one) for one in message.attachments]
    return "\n".join(lines)


def _attached(file: Attachment) -> str:
    size = f"{file.size} bytes" if file.size < _KIB else f"{file.size / _KIB:.0f} KiB"
    return messages.ATTACHED.format(name=file.filename, size=size, url=file.url)
