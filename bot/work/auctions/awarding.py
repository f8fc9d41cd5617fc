"""Who gets the task: the best bidder who is left, after people had their time to object where it is costly."""

from datetime import timedelta

from bot.errors import UserError
from bot.work.allocation.bids import Decision, Scored, award_of, explained
from bot.work.auctions import auction_table, event_table
from bot.work.auctions.auction import DECISION, Auction, worker_of
from bot.work.surface import Connection
from bot.work.tasks import giving, moving, reserved_table, task_table
from bot.work.tasks.giving import Given, TaskServices
from bot.work.tasks.moving import Wish
from bot.work.tasks.states import HELD, OVER
from bot.work.tasks.task import Task, Worker

NEXT = "{name} made the next lowest of {count} bids: {why}."
NEXT_TURN = "An auction gives this to the runner-up, so nobody else can claim it now."
RESERVED_SECONDS = 3_600.0
"""For how long a task is kept for its winner, who may have to wait until the queue has room."""


async def offer(conn: Connection, services: TaskServices, auction: Auction) -> Auction:
    """Go on with the best bidder who is left: ask whether anybody objects, or give them the task."""
    decision = auction.outcome or Decision(())
    best = best_of(decision, auction.gone)
    if best is None:
        return await _nobody(conn, auction)
    who = (best.bid.bidder, best.bid.name)
    auction = await auction_table.change(conn, auction, {"winner": who[0], "winner_name": who[1]})
    rules = auction.how
    task = await task_table.get(conn, auction.guild_id, auction.task_id)
    if task is not None and task.state not in {*HELD, *OVER}:
        await reserved_table.put(conn, task, kept_for(who[1]), RESERVED_SECONDS + rules.veto_seconds)
    if rules.veto_over and cost_of(best) > rules.veto_over:
        until = await auction_table.now(conn) + timedelta(seconds=rules.veto_seconds)
        body = {"cost": cost_of(best), "until": until.timestamp(), "why": explained(best)}
        await event_table.add(conn, auction, "veto_open", who, body)
        return await auction_table.change(conn, auction, {"state": "veto", "veto_until": until})
    return await give(conn, services, auction)


async def give(conn: Connection, services: TaskServices, auction: Auction) -> Auction:
    """Give the task to the winner; where the queue has no room it is kept for them, and tried again later."""
    decision, task = (
        auction.outcome or Decision(()),
        await task_table.get(conn, auction.guild_id, auction.task_id),
    )
    best = best_of(decision, auction.gone)
    if best is None or task is None:
        return await _nobody(conn, auction)
    why = reason_of(decision, best)
    try:
        claimed = await _claimed(conn, services, auction, task, best, why)
    except UserError as refused:
        return await _not_now(conn, auction, str(refused))
    who = (best.bid.bidder, best.bid.name)
    await event_table.add(conn, auction, "awarded", who, {"why": why})
    return await auction_table.change(
        conn,
        auction,
        {
            "state": "awarded",
            "award_fence": claimed.fence,
            "awarded_at": claimed.state_since,
            "run_id": claimed.run_id,
            "reason": why,
        },
    )


def best_of(decision: Decision, gone: list[str]) -> Scored | None:
    """The lowest bid of those who are left."""
    return next((one for one in decision.ranking if one.bid.bidder not in gone), None)


def cost_of(scored: Scored) -> float:
    """What a bid is expected to cost: what was said, times how far that was too low before. US dollars."""
    return scored.bid.cost * scored.bid.calibration.factor


def reason_of(decision: Decision, best: Scored) -> str:
    """Why somebody gets the task, in a sentence."""
    if best is decision.ranking[0]:
        return award_of(decision, "").reason
    return NEXT.format(name=best.bid.name, count=len(decision.ranking), why=explained(best))


def kept_for(name: str) -> str:
    """What whoever tries to claim the task is told."""
    return f"An auction has given this to {name}, so nobody else can claim it now."


async def taken(conn: Connection, auction: Auction, by: str) -> Auction:
    """End an auction whose task somebody else has, or had."""
    await reserved_table.drop(conn, auction.task_id)
    await event_table.add(conn, auction, "taken", body={"by": by})
    return await auction_table.change(conn, auction, {"state": "taken"})


async def _claimed(
    conn: Connection, services: TaskServices, auction: Auction, task: Task, best: Scored, why: str
) -> Task:
    worker = worker_of(best.bid.bidder, best.bid.name)
    ranking = (auction.outcome or Decision(())).ranking
    considered = [{"name": one.bid.name, "why": explained(one)} for one in ranking]
    rules = await moving.rules_of_task(conn, task)
    cog, _, workflow = rules.work.partition(":")
    if worker.kind == "agent" and worker.id in rules.agents and workflow:
        wanted = Given(task, worker, workflow, why, considered, reserved=True)
        return await giving.give(conn, services, auction.guild_id, cog, wanted)
    wish = Wish("claim", worker, award=why, considered=considered, reserved=True)
    return await moving.make(conn, auction.guild_id, task.id, wish)


async def _not_now(conn: Connection, auction: Auction, why: str) -> Auction:
    """Nothing was changed: the task is somebody else's, or has to wait."""
    task = await task_table.get(conn, auction.guild_id, auction.task_id)
    if task is None or task.state in {*HELD, *OVER}:
        return await taken(conn, auction, _holder(task))
    if auction.state != "decided" or auction.reason != why:
        who = (auction.winner or "", auction.winner_name)
        await event_table.add(conn, auction, "waits", who, {"why": why})
    return await auction_table.change(conn, auction, {"state": "decided", "reason": why})


async def _nobody(conn: Connection, auction: Auction) -> Auction:
    await reserved_table.drop(conn, auction.task_id)
    body = {"fallback": auction.how.fallback, "bids": len((auction.outcome or Decision(())).ranking)}
    await event_table.add(conn, auction, "nobody", body=body)
    return await auction_table.change(conn, auction, {"state": "nobody", "winner": None, "winner_name": ""})


async def ranked(conn: Connection, auction: Auction, decision: Decision) -> Auction:
    """Write down how the bids stand, for everybody to read and to reckon again."""
    stored = DECISION.dump_python(decision, mode="json")
    await event_table.add(conn, auction, "closed", body=stored)
    return await auction_table.change(conn, auction, {"decision": stored, "state": "decided"})


async def passed_on(conn: Connection, auction: Auction) -> Auction:
    """Count the winner out; until the next one is chosen nobody else can claim the task."""
    task = await task_table.get(conn, auction.guild_id, auction.task_id)
    if task is not None:
        await reserved_table.put(conn, task, NEXT_TURN, RESERVED_SECONDS)
    return await auction_table.change(
        conn,
        auction,
        {
            "state": "decided",
            "winner": None,
            "winner_name": "",
            "gone": [*auction.gone, auction.winner or ""],
            "veto_until": None,
            "award_fence": None,
            "reason": "",
        },
    )


def _holder(task: Task | None) -> str:
    if task is None:
        return ""
    worker: Worker | None = None if task.worker is None else worker_of(task.worker, task.worker_name)
    return task.worker_name if worker is not None else ""
