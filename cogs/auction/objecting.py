"""How people object to a costly winner before the task is theirs."""

from functools import partial

from cogs.auction import messages
from cogs.auction.bidding import the_auction
from cogs.auction.calling import call_again
from cogs.auction.cog import Ctx, auction
from cogs.auction.telling import tell
from cogswarm import UserError


@auction.button("veto")
async def veto(ctx: Ctx, auction_id: str) -> None:
    """Object to whoever would get the task."""
    wanted = await the_auction(ctx, auction_id)
    role = ctx.settings.veto_role
    if not (ctx.may("manage_guild") or (role is not None and ctx.has_role(role))):
        who = messages.MANAGERS if role is None else messages.ROLE.format(role=role)
        raise UserError(messages.MAY_NOT_VETO.format(who=who))
    after = await ctx.auctions.veto(wanted.id, ctx.worker)
    await ctx.auctions.advance(wanted.id, partial(tell, ctx.auctions))
    then = messages.THEN_NEXT if after.is_live else messages.THEN_OVER
    if after.state == "vetoed":
        task = await ctx.tasks.get(after.task_id)
        if task is not None and await call_again(ctx, task):
            then = messages.THEN_AGAIN
    await tell(ctx.auctions)
    await ctx.reply(messages.OBJECTED.format(then=then))
