"""How auctions begin: as the strategy of a queue, and with /auction. The first bids are those of agents, from what is known."""

from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Annotated
from uuid import UUID

from cogs.auction import messages
from cogs.auction.cog import SECONDS, AuctionSettings, Ctx, auction
from cogs.auction.on_bus import invite
from cogs.auction.telling import tell
from cogswarm import (
    HELD,
    OVER,
    AgentView,
    Award,
    BidBy,
    Candidate,
    Channel,
    Claim,
    Context,
    Filter,
    Need,
    NewAuction,
    NewTask,
    Principal,
    QueueView,
    Record,
    Task,
    UserError,
    Worker,
    is_on_bus,
    option,
    plain,
    title,
)

ABLE = frozenset({"idle", "working"})
WORKFLOW = "hold"
TITLE, TEXT, NAME, SUGGESTIONS = 90, 1_500, 60, 25


@auction.strategy("auction")
async def decide(ctx: Ctx, task: Task, need: Need, candidates: Sequence[Candidate]) -> Award:
    """Call for bids; whoever wins is given the task by the auction itself."""
    last = await ctx.auctions.find(task_id=task.id)
    if last is not None and last.is_live:
        await ctx.auctions.advance(last.id, partial(tell, ctx.auctions))
    elif last is not None and last.state in {"nobody", "cancelled"}:
        fallback = last.how.fallback if last.state == "nobody" else "people"
        if fallback == "people":
            return Award(None, "")
        free = [one for one in candidates if one.load < 1]
        return await ctx.award(fallback, task, need, free, Random(f"{task.id}:{task.fence}"))  # noqa: S311 - a lot that anybody can draw again
    else:
        whose = Principal(ctx.guild_id, task.queue_id, task.member_id, task.member_name)
        try:
            called = await ctx.auctions.call(await _new(ctx, task.id, need, candidates), whose)
        except UserError:
            return Award(None, "")  # somebody else has called for bids, or has the task
        await invite(ctx, called)
    await tell(ctx.auctions)
    return Award(None, "")


async def suggest_free(ctx: Ctx, typed: str) -> Sequence[str]:
    """Tasks that nobody has."""
    words = typed.partition(messages.BETWEEN)[0].strip()
    found = await ctx.tasks.listed(Filter(states=("available",), words=words), limit=SUGGESTIONS)
    return [f"#{one.number}{messages.BETWEEN}{title(one.title, NAME)}" for one in found]


@auction.command("auction", help=messages.AUCTION, suggest={"task": suggest_free})
async def call(
    ctx: Ctx,
    text: Annotated[str, messages.AUCTION_TEXT] = "",
    task: Annotated[str, messages.AUCTION_TASK] = "",
    minutes: Annotated[float | None, option(messages.AUCTION_MINUTES, least=0.1, most=10_080)] = None,
    queue: Annotated[Channel | None, messages.AUCTION_QUEUE] = None,
) -> None:
    """Call for bids for what somebody writes, or for a task that is there."""
    if text.strip() and task.strip():
        raise UserError(messages.NOT_BOTH)
    found = await _task(ctx, task) if task.strip() else None
    if found is None and not text.strip():
        raise UserError(messages.WHAT)
    view = await _queue(ctx, queue, found)
    here = ctx.at(view.channel_id)
    asked = () if found is None else found.capabilities
    need = Need(UUID(int=0) if found is None else found.id, frozenset([*asked, *view.rules.capabilities]))
    what = found.id if found is not None else _made(view.channel_id, text, ctx.event_id)
    # What people wrote is no template: the number is the only thing that is filled in later.
    shown = plain(text)[:TEXT].replace("{", "{{").replace("}", "}}")
    announced = messages.ANNOUNCED.format(title=shown, number="{number}", who=ctx.principal.member_id)
    new = await _new(here, what, need, await _candidates(here, view), minutes=minutes, announced=announced)
    called = await here.auctions.call(new, here.principal)
    await invite(here, called)
    await tell(here.auctions)
    when = int(called.closes_at.timestamp())
    await ctx.reply(messages.CALLED.format(number=called.number, when=when, queue=view.channel_id))


async def call_again(ctx: Ctx, task: Task) -> bool:
    """Call for bids once more for a task; False where it is not free any more."""
    queues = {one.channel_id: one for one in await ctx.tasks.queues()}
    view = queues.get(task.queue_id)
    if view is None or task.state in {*HELD, *OVER}:
        return False
    here = ctx.at(view.channel_id)
    need = Need(task.id, frozenset([*task.capabilities, *view.rules.capabilities]))
    whose = Principal(ctx.guild_id, task.queue_id, task.member_id, task.member_name)
    try:
        called = await here.auctions.call(
            await _new(here, task.id, need, await _candidates(here, view)), whose
        )
    except UserError:
        return False  # somebody was quicker
    await invite(here, called)
    return True


async def _new(
    ctx: Context[AuctionSettings],
    what: UUID | NewTask,
    need: Need,
    candidates: Sequence[Candidate],
    *,
    minutes: float | None = None,
    announced: str = "",
) -> NewAuction:
    settings = ctx.settings
    return NewAuction(
        what,
        (minutes or settings.minutes) * SECONDS,
        WORKFLOW,
        rules=settings.rules,
        bids=await _bids(ctx, [one for one in candidates if one.can(need) and not is_on_bus(one.id)]),
        announcement=announced,
        reserved=messages.RESERVED,
    )


async def _bids(ctx: Ctx, able: Sequence[Candidate]) -> list[BidBy]:
    """What agents bid: reckoned from what their tasks took lately, since nobody need be asked what can be measured."""
    workers = {one.id: Worker("agent", one.id, one.name) for one in able}
    records = await ctx.auctions.records([one.key for one in workers.values()])
    views = {one.name: one for one in await ctx.agents.views()} if able else {}
    usual = ctx.settings.rules.usual_seconds
    return [
        BidBy(
            workers[one.id],
            _estimate(records.get(workers[one.id].key), views.get(one.id), usual),
            "agent",
            concurrency=one.concurrency,
        )
        for one in able
    ]


def _estimate(record: Record | None, view: AgentView | None, usual: float) -> Claim:
    if record is not None:
        return Claim(record.seconds, record.cost)
    # Nothing was measured yet: a task is at least a call of its model.
    if view is None or not view.calls or view.cost is None:
        return Claim(usual)
    return Claim(usual, view.cost / view.calls)


async def _candidates(ctx: Ctx, queue: QueueView) -> list[Candidate]:
    """The agents of a queue that can work at this moment."""
    if not queue.rules.agents:
        return []
    return [
        Candidate(
            one.name,
            one.display_name,
            frozenset(skill.casefold() for skill in one.persona.capabilities),
            concurrency=one.persona.concurrency,
        )
        for one in await ctx.agents.views()
        if one.name in queue.rules.agents and one.state in ABLE
    ]


def _made(queue_id: int, text: str, event_id: int) -> NewTask:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return NewTask(queue_id, title(first.strip(), TITLE), text, event_id=event_id)


async def _queue(ctx: Ctx, chosen: Channel | None, task: Task | None) -> QueueView:
    """The queue that somebody means. Raises `UserError` where that is none, or not clear."""
    queues = {one.channel_id: one for one in await ctx.tasks.queues()}
    wanted = task.queue_id if task is not None else chosen.id if chosen is not None else None
    if wanted is not None:
        if wanted not in queues:
            raise UserError(messages.NOT_A_QUEUE.format(queue=wanted))
        return queues[wanted]
    if ctx.home_id in queues:
        return queues[ctx.home_id]
    if not queues:
        raise UserError(messages.NO_QUEUES)
    if len(queues) > 1:
        raise UserError(messages.WHICH_QUEUE.format(queues=", ".join(f"<#{one}>" for one in queues)))
    return next(iter(queues.values()))


async def _task(ctx: Ctx, typed: str) -> Task:
    number = typed.partition(messages.BETWEEN)[0].strip().removeprefix("#")
    found = await ctx.tasks.find(number=int(number)) if number.isdecimal() and len(number) < 10 else None  # noqa: PLR2004 - no number is longer
    if found is None:
        raise UserError(messages.CHOOSE_TASK)
    return found
