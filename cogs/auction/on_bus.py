"""Agents of a bus bid: they are sent the call, once, and what they answer is sealed like everybody's bids."""

from uuid import UUID, uuid5

from cogs.auction import messages
from cogs.auction.bid_text import read
from cogs.auction.cog import HEAR, Ctx
from cogs.auction.telling import tell
from cogswarm import (
    AgentSays,
    AskAgent,
    Auction,
    BidBy,
    BusAgent,
    Claim,
    Say,
    Task,
    UserError,
)

MOST = 50


async def invite_all(ctx: Ctx) -> None:
    """Call for bids in every open auction whose agents were not asked yet, such as after a crash."""
    if not any(ctx.bus_work.agents(one.channel_id) for one in await ctx.tasks.queues()):
        return
    for auction in await ctx.auctions.listed(limit=MOST):
        if auction.state == "open":
            await invite(ctx, auction)


async def invite(ctx: Ctx, auction: Auction) -> None:
    """Send the call to the agents of the bus that the queue names and that can do the task; each is asked once."""
    task = await ctx.tasks.get(auction.task_id)
    seconds = (auction.closes_at - ctx.now).total_seconds()
    if task is None or seconds <= 0:
        return
    for agent in await _able(ctx, task):
        await ctx.bus_work.ask(_call(auction, task, agent, seconds))


async def hear(ctx: Ctx) -> None:
    """Seal the bids that came, and say of what is none, or came too late, that it does not count."""
    heard = await ctx.bus_work.unheard()
    for said in heard:
        await _take(ctx, said)
        await ctx.bus_work.heard(said)
    if heard:
        await tell(ctx.auctions)


async def _able(ctx: Ctx, task: Task) -> list[BusAgent]:
    agents = ctx.bus_work.agents(task.queue_id)
    queue = next((one for one in await ctx.tasks.queues() if one.channel_id == task.queue_id), None)
    if queue is None or not agents:
        return []
    needed = frozenset([*task.capabilities, *queue.rules.capabilities])
    return [one for one in agents if one.id in queue.rules.agents and needed <= one.capabilities]


def _call(auction: Auction, task: Task, agent: BusAgent, seconds: float) -> AskAgent:
    text = messages.BUS_CALL.format(
        number=auction.number,
        until=auction.closes_at.isoformat(timespec="seconds"),
        task=task.number,
        text=task.wording,
    )
    needs = [messages.BUS_NEEDS.format(needs=", ".join(task.capabilities))] if task.capabilities else []
    return AskAgent(
        id=uuid5(auction.id, agent.id),
        agent=agent.id,
        channel_id=task.queue_id,
        member_id=task.member_id,
        author=task.member_name,
        text=text,
        context="\n".join([messages.BUS_FORM, *needs]),
        job=HEAR,
        note=str(auction.id),
        seconds=seconds,
    )


async def _take(ctx: Ctx, said: AgentSays) -> None:
    auction = await ctx.auctions.get(UUID(said.note))
    task = None if auction is None else await ctx.tasks.get(auction.task_id)
    if auction is None or task is None:
        return
    text = await _taken(ctx, auction, task, said)
    if text:
        await ctx.tasks.say(task, f"bid:{said.number}", Say(text, urgency="progress"))


async def _taken(ctx: Ctx, auction: Auction, task: Task, said: AgentSays) -> str:
    """Seal what was bid; what is to be said of it, where it does not count."""
    agent = next((one for one in await _able(ctx, task) if one.name == said.agent), None)
    repeats = any(one in said.whole for one in messages.BUS_ASKED)
    claim = "none" if said.ok is False else None if repeats else read(said.text) or read(said.whole)
    if claim == "none":
        return messages.BUS_DECLINED.format(agent=said.agent)
    if not isinstance(claim, Claim):
        # That it was received is no bid, and no nonsense either.
        return "" if said.is_receipt else messages.BUS_NONSENSE.format(agent=said.agent)
    if agent is None:
        return messages.BUS_LATE.format(agent=said.agent, why=messages.BUS_NOT_HERE)
    bid = BidBy(said.worker, claim, "bus", concurrency=agent.concurrency)
    try:
        await ctx.auctions.bid(auction.id, bid)
    except UserError as refused:
        return messages.BUS_LATE.format(agent=said.agent, why=refused)
    return ""
