"""What an auction does next: it closes in its time, the runner-up follows where the winner is gone, and the end is measured.

Each step is one transaction under the auction's lock against the state it finds, so it does not matter who calls, how often,
or who died in the middle.
"""

from datetime import datetime
from uuid import UUID

from bot.config.bridge import ON_BUS
from bot.work import runs_table
from bot.work.allocation.bids import Decision
from bot.work.allocation.calibration import Calibration
from bot.work.auctions import auction_table, awarding, closing, event_table, record_table
from bot.work.auctions.auction import Auction
from bot.work.surface import Connection
from bot.work.tasks import event_table as task_event_table
from bot.work.tasks import task_table
from bot.work.tasks.giving import TaskServices
from bot.work.tasks.states import HELD, OVER
from bot.work.tasks.task import Task

EVENTS = 20
"""How many of a task's last events are looked through for why somebody lost it."""


async def step(conn: Connection, services: TaskServices, guild_id: int, auction_id: UUID) -> Auction | None:
    """Do what is due, if anything is; the auction as it is then."""
    auction = await auction_table.locked(conn, guild_id, auction_id)
    if auction is None or not auction.is_live:
        return auction
    # Its row is not locked here: who claims it locks the queue first.
    task = await task_table.get(conn, guild_id, auction.task_id)
    if auction.state == "awarded":
        return await _awarded(conn, auction, task)
    if task is None or task.state in {*HELD, *OVER}:
        return await awarding.taken(conn, auction, "" if task is None else task.worker_name)
    until = due(auction)
    if until is not None and await auction_table.now(conn) < until:
        return auction
    return await _next(conn, services, auction)


def due(auction: Auction | None) -> datetime | None:
    """When an auction wants to be looked at next; None where only what happens to its task matters, or nothing."""
    if auction is None or auction.state not in {"open", "veto"}:
        return None
    return auction.closes_at if auction.state == "open" else auction.veto_until


async def _next(conn: Connection, services: TaskServices, auction: Auction) -> Auction:
    if auction.state == "open":
        # The award is a step of its own, so that people read the bids before whoever won begins.
        return await awarding.ranked(conn, auction, await closing.decided(conn, auction))
    if auction.winner is None:
        return await awarding.offer(conn, services, auction)
    return await awarding.give(conn, services, auction)


async def _awarded(conn: Connection, auction: Auction, task: Task | None) -> Auction:
    """Look what became of the winner."""
    if task is None:
        return await awarding.taken(conn, auction, "")
    if task.fence == auction.award_fence:
        return await _settled(conn, auction, task) if task.state in OVER else auction
    if task.state == "blocked":
        return auction  # when it is free again, the runner-up's turn has come
    if task.state != "available":
        return await awarding.taken(conn, auction, task.worker_name)
    who = (auction.winner or "", auction.winner_name)
    await event_table.add(conn, auction, "lost", who, {"why": await _why_lost(conn, task)})
    return await awarding.passed_on(conn, auction)


async def _why_lost(conn: Connection, task: Task) -> str:
    """``release``, ``expire`` or what else made the task available again."""
    events = await task_event_table.of_task(conn, task.id, EVENTS)
    moves = [one.kind for one in events if one.kind in {"release", "expire", "unblock", "reopen"}]
    return moves[-1] if moves else ""


async def _settled(conn: Connection, auction: Auction, task: Task) -> Auction:
    """The winner has ended the task: measure what it took, and learn from it."""
    best = awarding.best_of(auction.outcome or Decision(()), auction.gone)
    who = (auction.winner or "", auction.winner_name)
    if best is None or task.state != "done" or task.ended_at is None or auction.awarded_at is None:
        await event_table.add(conn, auction, "settled", who, {"failed": True})
        return await auction_table.change(conn, auction, {"state": "settled"})
    seconds = max(0.001, (task.ended_at - auction.awarded_at).total_seconds())
    cost = await _cost(conn, auction)
    rate = auction.how.terms.seconds_a_dollar
    bid = best.bid
    # What nobody can measure (what a person costs) is left out on both sides.
    estimated = bid.seconds + (0.0 if cost is None else bid.cost * rate)
    taken = seconds + (0.0 if cost is None else cost * rate)
    records = await record_table.of_bidders(conn, auction.guild_id, [bid.bidder])
    before = records.get(bid.bidder)
    known = (Calibration() if before is None else Calibration(before.low, before.tasks)).after(
        estimated, taken
    )
    await record_table.learn(
        conn, auction.guild_id, bid.bidder, known, seconds, bid.cost if cost is None else cost
    )
    body = {
        "said": {"seconds": bid.seconds, "cost": bid.cost},
        "took": {"seconds": seconds, "cost": cost},
        "factor": known.factor,
        "tasks": known.tasks,
    }
    await event_table.add(conn, auction, "settled", who, body)
    return await auction_table.change(conn, auction, {"state": "settled"})


async def _cost(conn: Connection, auction: Auction) -> float | None:
    """What an agent's work has cost; None where nobody can tell, as of agents elsewhere."""
    if (auction.winner or "").startswith(f"agent:{ON_BUS}"):
        return None
    run = None if auction.run_id is None else await runs_table.get(conn, auction.run_id)
    return None if run is None or run.model_unpriced else run.model_cost
