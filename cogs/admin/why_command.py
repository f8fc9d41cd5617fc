"""/why: the reason for what was refused or ignored, in a sentence."""

import re
from typing import Annotated

from cogs.admin import messages
from cogs.admin.cog import AdminSettings, admin
from cogswarm import Context, Message, UserError

type Ctx = Context[AdminSettings]
_LINK = re.compile(r"(?:https?://\S+/channels/\d+/\d+/)?(\d{5,20})")


@admin.command("why", help=messages.WHY)
async def why(ctx: Ctx, message: Annotated[str | None, messages.WHICH_MESSAGE] = None) -> None:
    """Say why the last thing was refused, or why a message was ignored."""
    if message is not None:
        found = _LINK.fullmatch(message.strip())
        if found is None:
            raise UserError(messages.WHY_NO_MESSAGE)
        await ctx.reply(_ignored(ctx, int(found[1])))
        return
    refused = ctx.server.why()
    await ctx.reply(
        messages.WHY_NOTHING
        if refused is None
        else messages.WHY_REFUSED.format(sentence=refused.refused.sentence)
    )


@admin.message_command(messages.WHY_MENU)
async def why_no_answer(ctx: Ctx, message: Message) -> None:
    """Say why a message was ignored."""
    await ctx.reply(_ignored(ctx, message.id))


def _ignored(ctx: Ctx, message_id: int) -> str:
    turned = ctx.server.why_ignored(message_id)
    if not turned:
        return messages.WHY_NO_REASON
    entries = [
        messages.WHY_IGNORED_ENTRY.format(cog=one.cog, sentence=one.refused.sentence) for one in turned
    ]
    return "\n".join([messages.WHY_IGNORED, *entries])
