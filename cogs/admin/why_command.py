"""/why: the reason for what was refused or ignored, in a sentence."""

import re
from typing import Annotated

from cogs.admin import messages
from cogs.admin.cog import AdminSettings, admin
from cogswarm import Context, Message, UserError, plain

type Ctx = Context[AdminSettings]
_LINK = re.compile(r"(?:https?://\S+/channels/\d+/\d+/)?(\d{5,20})")


@admin.command("why", help=messages.WHY)
async def why(ctx: Ctx, message: Annotated[str | None, messages.WHICH_MESSAGE] = None) -> None:
    """Say why the last thing was refused, or why a message was ignored."""
    if message is not None:
        found = _LINK.fullmatch(message.strip())
        if found is None:
            raise UserError(messages.WHY_NO_MESSAGE)
        await ctx.reply(await _ignored(ctx, int(found[1])))
        return
    refused = await ctx.server.why()
    told = (
        messages.WHY_NOTHING
        if refused is None
        else messages.WHY_REFUSED.format(sentence=refused.refused.sentence)
    )
    await ctx.reply("\n".join([told, *await _silences(ctx)]))


@admin.message_command(messages.WHY_MENU)
async def why_no_answer(ctx: Ctx, message: Message) -> None:
    """Say why a message was ignored."""
    await ctx.reply(await _ignored(ctx, message.id))


async def _ignored(ctx: Ctx, message_id: int) -> str:
    head, turned = messages.WHY_IGNORED, await ctx.server.why_ignored(message_id)
    if not turned:
        head, turned = messages.WHY_NOT_NOW, ctx.server.why_not_now()
    entries = [
        messages.WHY_IGNORED_ENTRY.format(cog=one.cog, sentence=one.refused.sentence) for one in turned
    ]
    told = [head, *entries] if entries else [messages.WHY_NO_REASON]
    return "\n".join([*told, *await _silences(ctx)])


async def _silences(ctx: Ctx) -> list[str]:
    return [
        messages.WHY_SILENT.format(
            what=messages.DOES.get(one.what, messages.DOES_SOMETHING),
            reason=plain(one.reason),
            when=f"<t:{int(one.until.timestamp())}:R>",
        )
        for one in await ctx.server.silences()
    ]
