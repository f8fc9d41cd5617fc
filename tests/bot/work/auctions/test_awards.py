"""Who gets the task, and what happens where the winner is gone, costly, or somebody else was quicker."""

from datetime import timedelta

import pytest

from bot.errors import UserError
from bot.storage.database import Database
from bot.work.auctions.auction import Auction, AuctionRules
from bot.work.tasks.task import QueueRules
from tests.bot.work.auctions.hall import Hall, bid
from tests.bot.work.tasks.bench import agent, member

ADA, BO, CHEN = member(1), member(2), member(3)
WRITER, CODER = agent("writer"), agent("coder")
WORK = QueueRules(agents=("writer", "coder"), work="lab:work", most_attempts=9)


@pytest.fixture
def hall(database: Database, database_url: str) -> Hall:
    return Hall(database, database_url)


async def kinds(hall: Hall, auction: Auction) -> list[str]:
    return [one.kind for one in await hall.auctions.log(auction.id)]


async def test_an_agent_that_wins_is_at_work_at_once_and_a_lost_task_goes_to_the_runner_up(
    hall: Hall,
) -> None:
    await hall.bench.open(WORK)
    auction, task = await hall.call(bids=(bid(WRITER, 10.0), bid(CODER, 20.0), bid(ADA, 30.0)))
    await hall.closed(auction)
    now = await hall.bench.now(task)
    assert (now.worker, now.attempts) == ("agent:writer", 1)
    runs = await hall.rows("SELECT cog, workflow, args->>'agent' FROM run WHERE id = %s", now.run_id)
    assert runs == [("lab", "work", "writer")]
    assert now.award.startswith("Writer made the lowest of 3 bids")
    assert [one["name"] for one in now.considered] == ["Writer", "Coder", "Member 1"]

    async def dies() -> None:
        await hall.bench.run_out(await hall.bench.now(task))
        await hall.owner("UPDATE run SET state = 'failed', finished_at = now(), error = 'it died'")
        assert await hall.bench.tasks.sweep() == 1

    async def lets_go() -> None:
        await hall.bench.tasks.move(task.id, "release", by=CODER)

    for end, then in ((dies, "agent:coder"), (lets_go, ADA.key)):
        await end()
        # nobody but the runner-up gets it, and is told once however many look
        for _ in range(2):
            await hall.auctions.follow()
        assert (await hall.bench.now(task)).worker == then
    await hall.bench.tasks.move(task.id, "release", by=ADA)
    await hall.auctions.follow()
    assert (await hall.now(auction)).state == "nobody"
    assert await kinds(hall, auction) == [
        "called", "closed", "awarded", "lost", "awarded", "lost", "awarded", "lost", "nobody",
    ]  # fmt: skip
    lost = [one.body["why"] for one in await hall.auctions.log(auction.id) if one.kind == "lost"]
    assert lost == ["expire", "release", "release"]
    again = await hall.auctions.replay(auction.id)
    assert again.same
    assert again.winners == ("Writer", "Coder", "Member 1")
    assert [one.id for one in await hall.bench.tasks.available(hall.bench.queue_id)] == [task.id]


async def test_costly_winners_can_be_objected_to_in_their_time(hall: Hall) -> None:
    await hall.bench.open()
    rules = AuctionRules(veto_over=1.0, veto_seconds=60.0)
    costly = (bid(ADA, 10.0, 2.0), bid(BO, 2_000.0, 3.0), bid(CHEN, 9_000.0))
    auction, task = await hall.call(rules=rules, bids=costly)
    with pytest.raises(UserError, match="nothing to object"):
        await hall.auctions.veto(auction.id, member(9))
    after = await hall.closed(auction)
    assert (after.state, after.winner) == ("veto", ADA.key)
    assert after.veto_until == auction.closes_at + timedelta(seconds=60)
    with pytest.raises(UserError, match="An auction has given this to Member 1"):
        await hall.bench.tasks.move(task.id, "claim", by=CHEN)
    await hall.auctions.veto(auction.id, member(9))
    with pytest.raises(UserError, match="gives this to the runner-up"):
        await hall.bench.tasks.move(task.id, "claim", by=CHEN)
    await hall.auctions.advance(auction.id)
    after = await hall.now(auction)
    assert (after.state, after.winner, after.gone) == ("veto", BO.key, [ADA.key])
    assert after.veto_until is not None
    # nobody objects to the second one, and then it is too late
    await hall.pass_until(after.veto_until)
    with pytest.raises(UserError, match="nothing to object"):
        await hall.auctions.veto(auction.id, member(9))
    await hall.auctions.follow()
    assert (await hall.bench.now(task)).worker == BO.key
    assert await kinds(hall, auction) == ["called", "closed", "veto_open", "vetoed", "veto_open", "awarded"]
    assert (await hall.auctions.replay(auction.id)).same

    again, other = await hall.call(rules=AuctionRules(veto_over=1.0, again=True), bids=costly[:1])
    await hall.closed(again)
    assert (await hall.auctions.veto(again.id, member(9))).state == "vetoed"
    assert [one.id for one in await hall.bench.tasks.available(hall.bench.queue_id)] == [other.id]


async def test_a_queue_without_room_keeps_the_task_for_the_winner(hall: Hall) -> None:
    await hall.bench.open(QueueRules(limit=1))
    busy = await hall.bench.add()
    await hall.bench.tasks.move(busy.id, "claim", by=CHEN)
    auction, task = await hall.call(bids=(bid(ADA, 10.0),))
    assert (await hall.closed(auction)).state == "decided"
    for _ in range(2):
        await hall.auctions.follow()
    with pytest.raises(UserError, match="at most 1 at a time"):
        await hall.bench.tasks.move(task.id, "claim", by=BO)
    await hall.bench.tasks.move(busy.id, "finish", by=CHEN)
    with pytest.raises(UserError, match="given this to Member 1"):
        await hall.bench.tasks.move(task.id, "claim", by=BO)
    await hall.auctions.follow()
    assert (await hall.bench.now(task)).worker == ADA.key
    assert await kinds(hall, auction) == ["called", "closed", "waits", "awarded"]


@pytest.mark.parametrize("when", ["before the close", "after it"])
async def test_whoever_manages_the_server_can_take_it_and_that_ends_the_auction(
    hall: Hall, when: str
) -> None:
    await hall.bench.open()
    auction, task = await hall.call(bids=(bid(ADA, 10.0),))
    if when == "after it":
        await hall.closed(auction)
        await hall.bench.tasks.move(task.id, "release", by=ADA)
    boss = member(9, manages=True)
    await hall.bench.tasks.move(task.id, "claim", by=boss)
    await hall.auctions.follow()
    after = await hall.now(auction)
    assert after.state == "taken"
    assert (await hall.auctions.log(auction.id))[-1].body == {"by": "Member 9"}
    assert (await hall.bench.now(task)).worker == boss.key


async def test_load_is_measured_and_what_tasks_took_is_learnt(hall: Hall) -> None:
    await hall.bench.open()

    async def done() -> Auction:
        auction, task = await hall.call(bids=(bid(ADA, 60.0),))
        await hall.closed(auction)
        await hall.work(task, ADA, 600.0)
        await hall.auctions.follow()
        assert (await hall.now(auction)).state == "settled"
        return auction

    _, _, last = [await done() for _ in range(3)]
    settled = (await hall.auctions.log(last.id))[-1]
    assert settled.body["took"]["seconds"] == pytest.approx(600, rel=0.01)  # pyright: ignore[reportUnknownMemberType] - pytest declares it so
    assert settled.body["factor"] > 5
    record = (await hall.auctions.records([ADA.key]))[ADA.key]
    assert (record.tasks, round(record.seconds, -1)) == (3, 600)
    # she has one in hand now, so she could begin in ten minutes: measured, not asked for
    busy = await hall.bench.add()
    await hall.bench.tasks.move(busy.id, "claim", by=ADA)
    auction, task = await hall.call(bids=(bid(ADA, 60.0), bid(BO, 900.0)))
    after = await hall.closed(auction)
    assert after.outcome is not None
    waits: dict[str, float] = {one.bid.bidder: one.bid.wait_seconds for one in after.outcome.ranking}
    assert (round(waits[ADA.key], -1), waits[BO.key]) == (600, 0)
    assert (await hall.bench.now(task)).worker == BO.key
    # what failed says nothing of how long it takes
    await hall.bench.tasks.move(task.id, "fail", by=BO)
    await hall.auctions.follow()
    assert (await hall.auctions.log(auction.id))[-1].body == {"failed": True}
    assert BO.key not in await hall.auctions.records([BO.key])


async def test_an_agents_cost_is_what_its_run_has_spent(hall: Hall) -> None:
    await hall.bench.open(WORK)
    auction, task = await hall.call(bids=(bid(WRITER, 60.0, 0.10),))
    run_id = (await hall.closed(auction)).run_id
    assert run_id is not None
    await hall.owner("UPDATE run SET model_cost = 0.30 WHERE id = %s", run_id)
    await hall.work(task, WRITER, 60.0)
    await hall.auctions.follow()
    settled = (await hall.auctions.log(auction.id))[-1]
    assert settled.body["took"]["cost"] == 0.30
    assert settled.body["said"] == {"seconds": 60.0, "cost": 0.10}
    assert settled.body["tasks"] == 1
