"""People put a summary right, and take part of what it was made of away."""

from cogs.chat import messages, summary
from cogs.chat.cog import ChatSettings, chat
from cogs.chat.starting import Ctx
from cogs.chat.summary import Summary
from cogswarm import Context, Form, UserError, entry


class Corrected(Form):
    """A summary in somebody's own words."""

    text: str = entry(label=messages.IN_SHORT, long=True, min_length=1, max_length=summary.LONGEST)


@chat.button("correct", opens_form=True)
async def open_form(ctx: Context[ChatSettings], number: str) -> None:
    """Show the summary, to be changed."""
    one = await _summary(ctx, number)
    await ctx.open_form(
        "corrected",
        f"{one.number}:{one.version}",
        Corrected,
        title=messages.CORRECT_TITLE,
        values={"text": one.text},
    )


@chat.form("corrected", Corrected)
async def corrected(ctx: Context[ChatSettings], value: str, form: Corrected) -> None:
    """Let agents go by what somebody has written, which everybody can see was they."""
    number, _, version = value.partition(":")
    kept, note = await summary.kept_in(ctx.notes, ctx.channel_id)
    one = next((one for one in kept.summaries if str(one.number) == number), None)
    if one is None or str(one.version) != version:
        raise UserError(messages.SUMMARY_GONE)
    who = [*(by for by in one.corrected_by if by != ctx.principal.member_id), ctx.principal.member_id]
    changed = one.model_copy(
        update={
            "text": summary.shortened(form.text),
            "version": one.version + 1,
            "corrected_by": who[-summary.MOST_NAMED :],
        }
    )
    if not await summary.swap(ctx.notes, ctx.channel_id, note, kept.with_(changed)):
        raise UserError(messages.SUMMARY_GONE)
    await ctx.change(
        summary.said_under(changed.number),
        f"corrected:{changed.version}",
        summary.shown(changed),
        buttons=[ctx.button(messages.CORRECT, "correct", str(changed.number))],
    )
    await ctx.reply(messages.CORRECTED)


async def forget(ctx: Ctx, message_id: int) -> None:
    """Forget what was made of a message that was changed or deleted, also where people can see it."""
    for one in await summary.forget(ctx.notes, ctx.channel_id, message_id):
        await ctx.change(summary.said_under(one.number), "forgotten", messages.SUMMARY_FORGOTTEN)


async def _summary(ctx: Ctx, number: str) -> Summary:
    kept, _ = await summary.kept_in(ctx.notes, ctx.channel_id)
    one = next((one for one in kept.summaries if str(one.number) == number), None)
    if one is None:
        raise UserError(messages.SUMMARY_GONE)
    return one
