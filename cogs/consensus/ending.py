"""What becomes of a vote whose thread or message goes, also while the bot was away."""

from uuid import UUID

from cogs.consensus import messages
from cogs.consensus.cog import Ctx, consensus
from cogs.consensus.voting import found_again
from cogswarm import Deletion, FoundAgain, ThreadChange, UserError, Vote


@consensus.on_thread
async def thread_changed(ctx: Ctx, change: ThreadChange) -> None:
    """Call off what is held in a thread that is gone."""
    if change.action == "deleted":
        for vote in await ctx.votes.in_thread(change.where.channel_id):
            await _call_off(ctx, vote, messages.THREAD_GONE)


@consensus.on_delete
async def deleted(ctx: Ctx, deletion: Deletion) -> None:
    """Call a vote off whose message is gone: nobody could vote any more."""
    vote = await ctx.votes.find(message_id=deletion.message_id, place_id=deletion.where.channel_id)
    if vote is not None and not vote.is_over:
        await _call_off(ctx, vote, _gone(vote, deletion.message_id))


@consensus.on_watched
async def found(ctx: Ctx, again: FoundAgain) -> None:
    """The same for what happened while the bot was away; and reactions that were put meanwhile."""
    vote = await ctx.votes.get(UUID(again.note.split()[1]))
    if vote is None or vote.is_over:
        return
    if again.gone:
        await _call_off(ctx, vote, _gone(vote, again.message_id))
    else:
        await found_again(ctx, again, vote)


def _gone(vote: Vote, message_id: int) -> str:
    return messages.POLL_GONE if message_id == vote.poll_id else messages.MESSAGE_GONE


async def _call_off(ctx: Ctx, vote: Vote, why: str) -> None:
    after = await ctx.votes.cancel(vote.id, why)
    if after.wake is None or after.state != "cancelled":
        return
    try:
        await ctx.answer(after.wake, messages.CALLED_OFF)
    except UserError:
        return  # it does not wait any more, and finds out by itself
