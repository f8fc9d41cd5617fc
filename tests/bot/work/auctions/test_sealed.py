"""Nobody sees a bid before the close, nobody bids after it, and whoever says otherwise is found out."""

from datetime import timedelta

import pytest
from psycopg import sql
from psycopg.errors import CheckViolation, InsufficientPrivilege

from bot.errors import UserError
from bot.storage.database import Database
from bot.work.auctions.auction import AuctionRules, NewAuction
from tests.bot.work.auctions.hall import Hall, bid
from tests.bot.work.tasks.bench import agent, member

EVERYTHING = sql.SQL("SELECT string_agg(to_jsonb(t)::text, ' ') FROM {} AS t")
ADA, BO, CHEN = member(1), member(2), member(3)


@pytest.fixture
def hall(database: Database, database_url: str) -> Hall:
    return Hall(database, database_url)


async def test_sealed_until_the_close_and_open_to_all_after_it(hall: Hall) -> None:
    await hall.bench.open()
    auction, task = await hall.call(bids=(bid(agent("writer"), 61.0),))
    first = await hall.auctions.bid(auction.id, bid(ADA, 4321.5, 0.77))
    assert (first.count, first.replaced) == (2, False)
    again = await hall.auctions.bid(auction.id, bid(ADA, 1234.5, 0.55))
    assert (again.count, again.replaced) == (2, True)
    await hall.auctions.bid(auction.id, bid(BO, 5.0))
    await hall.auctions.withdraw(auction.id, BO)
    with pytest.raises(UserError, match="have not bid"):
        await hall.auctions.withdraw(auction.id, BO)

    # The bot's own role finds a bid's existence and its seal, and nothing of what it says: in no table at all.
    assert await hall.rows("SELECT * FROM auction_sealed") == []
    assert {one.sealed for one in await hall.auctions.bids(auction.id)} == {None}
    tables = await hall.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in tables:
        try:
            ((said,),) = await hall.rows(EVERYTHING.format(sql.Identifier(table)))
        except InsufficientPrivilege:
            continue
        for number in ("4321.5", "1234.5", "0.77", "0.55"):
            assert number not in (said or ""), table
    with pytest.raises(UserError, match="until then nobody sees"):
        await hall.auctions.replay(auction.id)
    assert await hall.auctions.advance(auction.id) == auction.closes_at

    # and it cannot make its own way: neither by the clock, nor by another close, nor by another auction's bids
    for statement in (
        "UPDATE auction SET closes_at = now() - interval '1 hour'",
        "UPDATE auction_bid SET auction_id = auction_id",
        "UPDATE auction_sealed SET claim = claim",
        "DELETE FROM auction_sealed",
        "DELETE FROM auction",
        "CREATE OR REPLACE FUNCTION auction_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
        "ALTER TABLE auction_sealed DISABLE ROW LEVEL SECURITY",
    ):
        with pytest.raises(InsufficientPrivilege):
            await hall.rows(statement)

    # whoever claims it meanwhile reads why not; agents that take what is next do not get it
    with pytest.raises(UserError, match="#1 is kept"):
        await hall.bench.tasks.move(task.id, "claim", by=CHEN)
    assert await hall.bench.tasks.claim_next(hall.bench.queue_id, CHEN) is None
    assert await hall.bench.tasks.available(hall.bench.queue_id) == []

    after = await hall.closed(auction)
    assert (after.state, after.winner) == ("awarded", "agent:writer")
    opened = await hall.auctions.bids(auction.id)
    assert [one.sealed and "1234" in one.sealed for one in opened if one.bidder == ADA.key] == [False, True]
    ranking = (after.outcome and after.outcome.ranking) or ()
    assert [one.bid.bidder for one in ranking] == ["agent:writer", ADA.key]
    assert (await hall.bench.now(task)).worker == "agent:writer"
    assert (await hall.auctions.replay(auction.id)).same


async def test_a_bid_after_the_close_has_no_effect_and_is_told(hall: Hall) -> None:
    await hall.bench.open()
    auction, _ = await hall.call(bids=(bid(ADA, 60.0),))
    await hall.pass_until(auction.closes_at)  # nobody has closed it yet
    for _ in range(2):
        with pytest.raises(UserError, match="closed <t:"):
            await hall.auctions.bid(auction.id, bid(BO, 1.0))
    with pytest.raises(UserError, match="closed <t:"):
        await hall.auctions.withdraw(auction.id, ADA)
    # also where somebody goes round the desk
    with pytest.raises(CheckViolation):
        await hall.rows(
            "INSERT INTO auction_bid (auction_id, bidder, bidder_name, seal, via, at) VALUES (%s, 'x', 'x', 'x', 'bus', %s)",
            auction.id,
            auction.opened_at,
        )
    after = await hall.closed(auction)
    assert after.winner == ADA.key
    with pytest.raises(UserError, match="closed <t:"):
        await hall.auctions.bid(auction.id, bid(BO, 1.0))
    assert [one.kind for one in await hall.auctions.log(auction.id)] == [
        "called",
        "late",
        "late",
        "closed",
        "awarded",
    ]
    assert [one.bidder for one in await hall.auctions.bids(auction.id)] == [ADA.key]


async def test_what_was_changed_afterwards_is_found_out(hall: Hall) -> None:
    await hall.bench.open()
    auction, _ = await hall.call(bids=(bid(ADA, 60.0), bid(BO, 90.0)))
    await hall.closed(auction)
    assert (await hall.auctions.replay(auction.id)).winners == ("Member 1",)
    await hall.owner(
        "UPDATE auction_sealed SET claim = replace(claim, '90.0', '9.0') WHERE claim LIKE '%%90.0%%'"
    )
    said = (await hall.auctions.replay(auction.id)).differences
    assert said[0] == "Member 2's bid is not what was sealed"
    await hall.owner(
        "UPDATE auction_event SET bidder = 'member:2', bidder_name = 'Bo' WHERE kind = 'awarded'"
    )
    assert (
        "Bo was given the task, and it was the turn of Member 1"
        in (await hall.auctions.replay(auction.id)).differences
    )


async def test_a_seal_that_fits_nothing_does_not_count(hall: Hall) -> None:
    await hall.bench.open()
    auction, _ = await hall.call(bids=(bid(ADA, 60.0), bid(BO, 90.0)))
    await hall.owner("UPDATE auction_sealed SET salt = 'x' WHERE claim LIKE '%%60.0%%'")
    after = await hall.closed(auction)
    assert after.winner == BO.key
    assert after.outcome is not None
    assert [one.reason for one in after.outcome.refused] == ["Its seal does not fit what it says."]


async def test_nonsense_is_no_bid_and_nobody_can_flood(hall: Hall) -> None:
    await hall.bench.open()
    auction, _ = await hall.call(rules=AuctionRules(fallback="by_capability"))
    for seconds, cost in ((0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (1.0, float("inf")), (1.0, -1.0)):
        with pytest.raises(UserError, match="needs a time"):
            await hall.auctions.bid(auction.id, bid(ADA, seconds, cost))
    for _ in range(50):
        await hall.auctions.bid(auction.id, bid(ADA, 5.0))
    with pytest.raises(UserError, match="so often"):
        await hall.auctions.bid(auction.id, bid(ADA, 5.0))
    with pytest.raises(UserError, match="an auction of #1 already"):
        await hall.auctions.call(NewAuction(auction.task_id, 60.0, "hold"), hall.asker)
    await hall.auctions.cancel(auction.id)
    with pytest.raises(UserError, match="over"):
        await hall.auctions.cancel(auction.id)
    assert len(await hall.bench.tasks.available(hall.bench.queue_id)) == 1
    empty, _ = await hall.call(rules=AuctionRules(fallback="by_capability"))
    assert (await hall.closed(empty)).state == "nobody"
    last = (await hall.auctions.log(empty.id))[-1]
    assert (last.kind, last.body) == ("nobody", {"fallback": "by_capability", "bids": 0})
    assert empty.closes_at - empty.opened_at == timedelta(seconds=600)
