"""How auctions are told: plain functions of what happened, without Discord."""

import asyncio
from collections.abc import Sequence

from cogs.auction import messages
from cogs.auction.cog import SECONDS
from cogs.auction.picture import drawn
from cogswarm import (
    Auction,
    AuctionEvent,
    Auctions,
    Button,
    File,
    Ranking,
    Say,
    Scored,
    Told,
    member_of,
    plain,
    title,
)

NAME, LINES = 60, 10


async def tell(auctions: Auctions) -> None:
    """Tell all that was not told yet."""
    await auctions.tell(_told)


async def _told(told: Told) -> tuple[Say | None, Say]:
    event, auction = told.event, told.auction
    ranking = auction.outcome
    if event.kind == "closed" and ranking is not None and ranking.ranking:
        said = await _closed(ranking)
    else:
        said = said_of(event, auction)
    return said, call_of(told)


def call_of(told: Told) -> Say:
    """The message with the call as it stands."""
    auction = told.auction
    how, when = auction.how, int(auction.closes_at.timestamp())
    lines = [
        messages.CALL.format(
            number=auction.number,
            title=title(told.task.title, NAME),
            terms=messages.TERMS.format(dollar=how.terms.seconds_a_dollar / SECONDS),
        )
    ]
    if auction.state == "open":
        lines.append(messages.CALL_OPEN.format(when=when, count=told.count))
    elif auction.decision is None:
        lines.append(messages.CALL_CANCELLED)
    else:
        bids = bids_in_words(len(auction.decision["ranking"]))
        lines.append(messages.CALL_CLOSED.format(when=when, bids=bids, outcome=outcome_of(auction)))
    lines.append(messages.CALL_TIES.format(seed=auction.id))
    return Say("\n".join(lines), buttons=_call_buttons(auction), urgency="question")


def said_of(event: AuctionEvent, auction: Auction) -> Say | None:
    """What is said of an event in the task's thread; nothing of those that only change the call."""
    who = name_of(event.bidder, event.bidder_name)
    mentions = () if event.member is None else (event.member,)
    match event.kind:
        case "awarded":
            return Say(messages.AWARDED.format(who=who, why=why_of(event, auction)), mentions=mentions)
        case "veto_open":
            text = messages.VETO_OPEN.format(who=who, cost=event.body["cost"], when=int(event.body["until"]))
            button = Button(messages.BUTTON_VETO, f"v1:auction:veto:{auction.id}", "danger")
            return Say(text, buttons=(button,), urgency="question")
        case "settled" if "took" in event.body:
            return Say(_settled(event), urgency="progress")
        case _:
            text = _plain_text(event, who)
            return Say(text) if text else None


def why_of(event: AuctionEvent, auction: Auction) -> str:
    """Why somebody got the task, in a few words."""
    ranking = (auction.outcome or Ranking(())).ranking
    places = {one.bid.bidder: number for number, one in enumerate(ranking)}
    place = places.get(event.bidder, 0)
    if not ranking:
        return plain(str(event.body.get("why", "")))
    score = minutes(ranking[place].score)
    if len(ranking) == 1:
        return messages.WHY_ONLY.format(score=score)
    if place == 0:
        other = ranking[1]
        return messages.WHY_LOWEST.format(
            count=len(ranking),
            score=score,
            next=minutes(other.score),
            next_name=name_of(other.bid.bidder, other.bid.name),
        )
    return messages.WHY_NEXT.format(count=len(ranking), score=score)


def lines_of(ranking: Ranking, most: int = LINES) -> list[str]:
    """The bids, the lowest first, each with what it consists of."""
    lines = [_line(number, one) for number, one in enumerate(ranking.ranking[:most], 1)]
    if len(ranking.ranking) > most:
        lines.append(messages.CLOSED_MORE.format(count=len(ranking.ranking) - most))
    return lines + [
        messages.CLOSED_REFUSED.format(name=title(one.bid.name, NAME), why=one.reason)
        for one in ranking.refused[:most]
    ]


def outcome_of(auction: Auction) -> str:
    """What has come of an auction, as a sentence."""
    if auction.state == "decided" and auction.winner is None:
        return ""
    who = name_of(auction.winner or "", auction.winner_name)
    return messages.OUTCOMES[auction.state].format(who=who)


def name_of(bidder: str, name: str) -> str:
    """A bidder as people read them."""
    member = member_of(bidder)
    return f"<@{member}>" if member is not None else title(name, NAME)


def bids_in_words(count: int) -> str:
    """How many bids there were."""
    if not count:
        return messages.NO_BIDS
    return messages.ONE_BID if count == 1 else messages.BIDS.format(count=count)


def minutes(seconds: float) -> str:
    """Seconds as minutes, as exactly as matters."""
    value = seconds / SECONDS
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"  # noqa: PLR2004 - three figures


async def _closed(ranking: Ranking) -> Say:
    text = "\n".join(
        [messages.CLOSED.format(bids=bids_in_words(len(ranking.ranking)).capitalize()), *lines_of(ranking)]
    )
    picture = await asyncio.to_thread(drawn, ranking.ranking[:LINES])
    files = () if picture is None else (File(messages.PICTURE, picture, _alt(ranking.ranking[:LINES])),)
    return Say(text, files=files)


def _alt(ranking: Sequence[Scored]) -> str:
    said = ", ".join(
        messages.PICTURE_SAID.format(name=one.bid.name[:NAME], minutes=minutes(one.score)) for one in ranking
    )
    return messages.PICTURE_ALT.format(said=said)


def _call_buttons(auction: Auction) -> tuple[Button, ...]:
    if auction.state != "open":
        return ()
    return (
        Button(messages.BUTTON_BID, f"v1:auction:bid:{auction.id}", "primary"),
        Button(messages.BUTTON_BACK, f"v1:auction:back:{auction.id}"),
    )


def _plain_text(event: AuctionEvent, who: str) -> str:
    body = event.body
    match event.kind:
        case "waits":
            text = messages.WAITS.format(who=who, why=body["why"])
        case "vetoed":
            text = messages.VETOED.format(by=name_of(body["by"], body["by_name"]), who=who)
        case "lost":
            text = messages.LOST.get(body["why"], messages.LOST[""]).format(who=who)
        case "nobody":
            text = (messages.NOBODY if body["bids"] else messages.NOBODY_BID)[body["fallback"]]
        case "taken":
            text = messages.TAKEN_BY.format(who=title(body["by"], NAME)) if body["by"] else messages.TAKEN
        case "cancelled":
            by = member_of(body["by"])
            text = messages.CANCELLED if by is None else messages.CANCELLED_BY.format(by=by)
        case _:
            text = ""
    return text


def _settled(event: AuctionEvent) -> str:
    said, took, factor = event.body["said"], event.body["took"], float(event.body["factor"])
    learnt = messages.LEARNT_LOW.format(factor=factor) if f"{factor:.1f}" != "1.0" else messages.LEARNT_TRUE
    return messages.SETTLED.format(said=_amount(said), took=_amount(took), learnt=learnt)


def _amount(amount: dict[str, float | None]) -> str:
    seconds, cost = amount["seconds"] or 0.0, amount["cost"]
    shown = messages.SETTLED_TIME.format(minutes=minutes(seconds))
    return shown + (messages.SETTLED_COST.format(dollars=cost) if cost else "")


def _line(number: int, one: Scored) -> str:
    parts = [messages.PART_WAIT.format(minutes=minutes(one.wait))] if one.wait else []
    parts.append(messages.PART_WORK.format(minutes=minutes(one.work)))
    if one.money:
        parts.append(messages.PART_MONEY.format(minutes=minutes(one.money), dollars=one.bid.cost))
    if one.unfit:
        parts.append(messages.PART_UNFIT.format(minutes=minutes(one.unfit)))
    factor = one.bid.calibration.factor
    doubt = messages.PART_DOUBT.format(factor=factor) if f"{factor:.1f}" != "1.0" else ""
    name = name_of(one.bid.bidder, one.bid.name)
    return messages.CLOSED_LINE.format(
        place=number, name=name, score=minutes(one.score), parts=" + ".join(parts) + doubt
    )
