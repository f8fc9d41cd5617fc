"""/auctions: lists, all about one, bidding, reckoning one again, and ending one."""

from collections.abc import Sequence
from typing import Annotated

from cogs.auction import messages
from cogs.auction.bidding import MOST_DOLLARS, MOST_MINUTES, sealed, taken_back
from cogs.auction.cog import Ctx, auction
from cogs.auction.telling import bids_in_words, lines_of, name_of, said_of, tell, why_of
from cogswarm import LIVE, Auction, AuctionBid, Task, UserError, option, plain, title

SHOWN, NAME, SUGGESTIONS, BIDS = 15, 60, 25, 40

group = auction.group("auctions", help=messages.AUCTIONS)


async def suggest(ctx: Ctx, typed: str) -> Sequence[str]:
    """Auctions of tasks whose title holds what was typed, each with its number."""
    return [await _named(ctx, one) for one in await _matching(ctx, typed)]


async def suggest_live(ctx: Ctx, typed: str) -> Sequence[str]:
    """As above, those that go on."""
    return [await _named(ctx, one) for one in await _matching(ctx, typed) if one.state in LIVE]


async def suggest_open(ctx: Ctx, typed: str) -> Sequence[str]:
    """As above, those that take bids."""
    return [await _named(ctx, one) for one in await _matching(ctx, typed) if one.state == "open"]


@group.command("list", help=messages.LIST)
async def list_auctions(ctx: Ctx) -> None:
    """Show a line for each auction, those that go on first."""
    found = await ctx.auctions.listed(limit=SHOWN + 1)
    lines = [await _line(ctx, one) for one in found[:SHOWN]]
    more = [messages.MORE] if len(found) > SHOWN else []
    await ctx.reply("\n".join([messages.HEAD, *lines, *more]) if lines else messages.NONE)


@group.command("show", help=messages.SHOW, suggest={"auction": suggest})
async def show(ctx: Ctx, auction: Annotated[str, messages.WHICH]) -> None:
    """Show all about one auction: its bids as far as they are open, who got the task and why, and what it took."""
    found = await _auction(ctx, auction)
    task = await ctx.tasks.get(found.task_id)
    lines = [_about(found, task)]
    if found.state == "open":
        count, when = len(await ctx.auctions.bidders(found.id)), int(found.closes_at.timestamp())
        lines.append(messages.ABOUT_OPEN.format(when=when, count=count))
    elif found.outcome is not None:
        lines += await _reasons(ctx, found)
        lines += [messages.ABOUT_BIDS, *lines_of(found.outcome, BIDS)]
        lines += _seals(found, await ctx.auctions.bids(found.id))
    await ctx.reply("\n".join(lines))


@group.command("replay", help=messages.REPLAY, suggest={"auction": suggest})
async def replay(ctx: Ctx, auction: Annotated[str, messages.WHICH]) -> None:
    """Reckon an auction again, and say whether it is what was awarded."""
    found = await _auction(ctx, auction)
    again = await ctx.auctions.replay(found.id)
    ranking = again.decision
    if again.same:
        winners = ", ".join(title(one, NAME) for one in again.winners) or messages.REPLAY_NOBODY
        bids = bids_in_words(len(ranking.ranking))
        head = messages.REPLAY_SAME.format(number=found.number, bids=bids, winners=winners)
        await ctx.reply("\n".join([head, *lines_of(ranking)]))
        return
    lines = [messages.REPLAY_LINE.format(what=plain(one)) for one in again.differences]
    await ctx.reply("\n".join([messages.REPLAY_OTHER.format(number=found.number), *lines]))


@group.command("bid", help=messages.BID, suggest={"auction": suggest_open})
async def bid(
    ctx: Ctx,
    auction: Annotated[str, messages.WHICH],
    minutes: Annotated[float, option(messages.BID_MINUTES, least=0.01, most=MOST_MINUTES)],
    dollars: Annotated[float, option(messages.BID_DOLLARS, least=0, most=MOST_DOLLARS)] = 0.0,
) -> None:
    """Bid, as with the button."""
    await sealed(ctx, await _auction(ctx, auction), minutes, dollars, "command")


@group.command("withdraw", help=messages.TAKE_BACK, suggest={"auction": suggest_open})
async def withdraw(ctx: Ctx, auction: Annotated[str, messages.WHICH]) -> None:
    """Take a bid back, as with the button."""
    await taken_back(ctx, await _auction(ctx, auction))


@group.command("cancel", help=messages.CANCEL, suggest={"auction": suggest_live})
async def cancel(ctx: Ctx, auction: Annotated[str, messages.WHICH]) -> None:
    """End an auction before anybody has the task."""
    found = await _auction(ctx, auction)
    if ctx.principal.member_id != found.asked_by and not ctx.may("manage_guild"):
        raise UserError(messages.MAY_NOT_CANCEL.format(who=found.asked_by))
    await ctx.auctions.cancel(found.id, ctx.worker)
    await tell(ctx.auctions)
    await ctx.reply(messages.CANCELLED_THAT.format(number=found.number))


async def _matching(ctx: Ctx, typed: str) -> list[Auction]:
    words = typed.partition(messages.BETWEEN)[0].strip()
    return await ctx.auctions.listed(words, limit=SUGGESTIONS)


async def _auction(ctx: Ctx, typed: str) -> Auction:
    """The auction that somebody chose from the suggestions, or typed the number of."""
    number = typed.partition(messages.BETWEEN)[0].strip().removeprefix("#")
    found = await ctx.auctions.find(number=int(number)) if number.isdecimal() and len(number) < 10 else None  # noqa: PLR2004 - no number is longer
    if found is None:
        raise UserError(messages.CHOOSE)
    return found


async def _named(ctx: Ctx, auction: Auction) -> str:
    """At most 100 characters, as Discord takes them; the number is what is read back."""
    return f"{auction.number}{messages.BETWEEN}{_title(await ctx.tasks.get(auction.task_id))}"


async def _line(ctx: Ctx, auction: Auction) -> str:
    return messages.LINE.format(
        mark=messages.MARKS[auction.state],
        number=auction.number,
        title=_title(await ctx.tasks.get(auction.task_id)),
        outcome=_state(auction),
        when=int((auction.ended_at or auction.closes_at).timestamp()),
    )


def _about(auction: Auction, task: Task | None) -> str:
    return messages.ABOUT.format(
        number=auction.number,
        title=_title(task),
        mark=messages.MARKS[auction.state],
        outcome=_state(auction),
        task=0 if task is None else task.number,
        place=0 if task is None else task.thread_id or task.queue_id,
        who=auction.asked_by,
    )


async def _reasons(ctx: Ctx, auction: Auction) -> list[str]:
    """Why whoever had the task had it, and what came of it, in order."""
    lines: list[str] = []
    for event in await ctx.auctions.log(auction.id):
        if event.kind == "awarded":
            who = name_of(event.bidder, event.bidder_name)
            lines.append(messages.AWARDED.format(who=who, why=why_of(event, auction)))
        elif event.kind in {"vetoed", "lost", "settled", "nobody", "taken"}:
            said = said_of(event, auction)
            lines += [] if said is None else [said.text]
        elif event.kind == "late":
            lines.append(messages.ABOUT_LATE.format(name=title(event.bidder_name, NAME)))
    return lines


def _seals(auction: Auction, bids: Sequence[AuctionBid]) -> list[str]:
    lines = [
        messages.ABOUT_BACK.format(name=title(one.bidder_name, NAME))
        if one.taken_back
        else messages.ABOUT_SEAL.format(
            name=title(one.bidder_name, NAME), seal=one.seal, salt=(one.salt or b"").hex(), claim=one.sealed
        )
        for one in bids[:BIDS]
    ]
    bidders = ", ".join(sorted({f"`{one.bidder}`" for one in bids})) or messages.REPLAY_NOBODY
    return [*lines, messages.ABOUT_HOW.format(seed=auction.id, bidders=bidders)]


def _state(auction: Auction) -> str:
    if auction.state == "decided" and auction.winner is None:
        return messages.STATE_DECIDING
    who = name_of(auction.winner or "", auction.winner_name)
    return messages.STATES[auction.state].format(who=who)


def _title(task: Task | None) -> str:
    return "" if task is None else title(task.title, NAME)
