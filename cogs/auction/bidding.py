"""How people bid: with the button under the call, which opens a form, or with /auctions bid."""

from uuid import UUID

from cogs.auction import messages
from cogs.auction.cog import SECONDS, Ctx, auction
from cogs.auction.telling import tell
from cogswarm import Auction, BidBy, Claim, Form, UserError, Via, entry

MOST_MINUTES, MOST_DOLLARS = 525_600.0, 1_000_000.0


class BidForm(Form):
    """What a bid says."""

    minutes: float = entry(
        label=messages.FORM_MINUTES, hint=messages.FORM_MINUTES_HINT, ge=0.01, le=MOST_MINUTES
    )
    dollars: float = entry(
        0.0, label=messages.FORM_DOLLARS, hint=messages.FORM_DOLLARS_HINT, ge=0, le=MOST_DOLLARS
    )


@auction.button("bid", opens_form=True)
async def open_bid(ctx: Ctx, auction_id: str) -> None:
    """Ask what somebody bids."""
    await ctx.open_form("place", auction_id, BidForm, title=messages.FORM_TITLE)


@auction.form("place", BidForm)
async def place(ctx: Ctx, auction_id: str, form: BidForm) -> None:
    """Seal what was filled in."""
    await sealed(ctx, await the_auction(ctx, auction_id), form.minutes, form.dollars, "button")


@auction.button("back")
async def take_back(ctx: Ctx, auction_id: str) -> None:
    """Take a bid back."""
    await taken_back(ctx, await the_auction(ctx, auction_id))


async def sealed(ctx: Ctx, wanted: Auction, minutes: float, dollars: float, via: Via) -> None:
    """Seal a bid, and tell whoever made it, and nobody else, what it says."""
    try:
        placed = await ctx.auctions.bid(wanted.id, BidBy(ctx.worker, Claim(minutes * SECONDS, dollars), via))
    finally:
        await tell(ctx.auctions)
    text = messages.PLACED_AGAIN if placed.replaced else messages.PLACED
    said = text.format(
        minutes=minutes,
        cost=messages.PLACED_COST.format(dollars=dollars) if dollars else "",
        count=placed.count,
        when=int(wanted.closes_at.timestamp()),
    )
    await ctx.reply(said + messages.PLACED_SEAL.format(seal=placed.seal))


async def taken_back(ctx: Ctx, wanted: Auction) -> None:
    """Take somebody's bid back."""
    try:
        await ctx.auctions.withdraw(wanted.id, ctx.worker)
    finally:
        await tell(ctx.auctions)
    await ctx.reply(messages.BACK.format(number=wanted.number))


async def the_auction(ctx: Ctx, auction_id: str) -> Auction:
    """The auction of a button; ids could be replayed from another server."""
    try:
        found = await ctx.auctions.get(UUID(auction_id))
    except ValueError:
        found = None
    if found is None:
        raise UserError(messages.GONE)
    return found
