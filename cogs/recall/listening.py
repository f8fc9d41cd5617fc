"""Messages where a channel lets them be remembered; what is changed or deleted on Discord is changed or deleted here."""

from cogs.recall.cog import RecallSettings, recall
from cogswarm import Context, Deletion, Edit, Message

type Ctx = Context[RecallSettings]


@recall.on_message
async def said(ctx: Ctx, message: Message) -> None:
    """Remember what a person said, where an admin switched that on."""
    if ctx.settings.keep_messages and not (message.hidden or message.author.is_bot or ctx.is_direct):
        await ctx.memory.remember_message(message)


@recall.on_edit
async def changed(ctx: Ctx, edit: Edit) -> None:
    """Remember what it says now; what it said before is forgotten, also where nothing is remembered any more."""
    if ctx.is_direct or not await ctx.memory.holds_message(edit.message.id):
        return
    await ctx.memory.forget_message(edit.message.id)
    await said(ctx, edit.message)


@recall.on_delete
async def deleted(ctx: Ctx, deletion: Deletion) -> None:
    """Forget what is not there any more."""
    if not ctx.is_direct:
        await ctx.memory.forget_message(deletion.message_id)
