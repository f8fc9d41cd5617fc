"""Replies and reactions to a question as answers, where whoever asked it lets them count."""

from cogs.approvals import messages
from cogs.approvals.cog import approvals
from cogswarm import ApprovalRules, Context, Message, OutsideError, Reaction, UserError

type Ctx = Context[ApprovalRules]


@approvals.on_message
async def replied(ctx: Ctx, message: Message) -> None:
    """A reply to the message that asks, or to one that asks for a new version."""
    if message.reply_to is None or not message.reply_to.mine or message.hidden:
        return
    try:
        said = await ctx.asks.replied(message) or await _answered(ctx, message)
    except (UserError, OutsideError) as error:
        said = str(error)
    if said is not None:
        await ctx.say_once(f"replied:{message.id}", said)


async def _answered(ctx: Ctx, message: Message) -> str | None:
    """What comes of a reply as an answer; None where it is none."""
    view = None if message.reply_to is None else await ctx.asks.of_message(message.reply_to.id)
    if view is None or view.kind not in {"text", "options"} or not message.text.strip():
        return None
    return await ctx.asks.say(view.id, view.version, value=message.text.strip())


@approvals.on_reaction
async def reacted(ctx: Ctx, reaction: Reaction) -> None:
    """A thumb under the message that asks for an approval."""
    if reaction.action != "added" or reaction.emoji not in (*messages.YES, *messages.NO):
        return
    view = await ctx.asks.of_message(reaction.message_id)
    if view is None or view.kind != "approval":
        return
    try:
        await ctx.asks.say(view.id, view.version, yes=reaction.emoji in messages.YES)
    except UserError as error:
        await ctx.say_once(f"reacted:{reaction.message_id}:{reaction.author.id}", str(error))
