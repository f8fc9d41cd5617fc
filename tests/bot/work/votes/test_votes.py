"""Ballots: one a member and sealed to the close, which comes once; what is decided by ties, quorum and nobody."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from bot.errors import UserError
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.work.surface import Say
from bot.work.votes.counting import ballots_hash, choice_of
from bot.work.votes.tally import METHODS, Cast, tally, tie_order
from bot.work.votes.vote import NONE, NewBallot, Option, Proposal, Vote, VoteRules
from tests.bot.work.votes.profiles import drawn
from tests.bot.work.votes.urn import CHANNEL, THREAD, Urn, ids, member, options
from tests.sizes import size

VOTERS = size("AC-K2 users", small=15, stated=200)
CHANGES = 5
PROFILES = size("AC-K2 profiles in the database", small=6, stated=500)
ORDERS = size("AC-K3 orders of agents", small=6, stated=100)


@pytest.fixture
def urn(database: Database, database_url: str) -> Urn:
    return Urn(database, database_url)


@asynccontextmanager
async def another(urn: Urn, folder: Path) -> AsyncGenerator[Urn]:
    """The same after a restart: another process's connections."""
    async with open_database(urn.url, folder) as database:
        yield Urn(database, urn.url, urn.events)


async def test_one_ballot_a_member_and_the_last_counts_whatever_order_presses_come_in(
    urn: Urn, tmp_path: Path
) -> None:
    chance = drawn(7)
    vote = await urn.open("ABCD", VoteRules("ranked_pairs"))
    presses = [
        NewBallot(member(who), tuple(chance.sample("ABCD0", chance.randint(1, 5))), who * 100 + turn + 1)
        for who in range(VOTERS)
        for turn in range(CHANGES)
    ]
    told = [*presses, *chance.sample(presses, len(presses) // 3)]
    chance.shuffle(told)
    third = len(told) // 3
    for part in (told[:third], told[third : 2 * third], told[2 * third :]):
        async with another(urn, tmp_path) as process:
            votes = process.votes
            for few in range(0, len(part), 4):
                await asyncio.gather(*(votes.cast(vote.id, one) for one in part[few : few + 4]))
    assert await urn.votes.turnout(vote.id) == VOTERS
    after = await urn.closed(vote)
    found = await urn.votes.ballots(vote.id)
    last = {one.voter.key: one.choice for one in presses}  # the highest event of each comes last
    assert {one.voter: choice_of(vote.id, one) for one in found} == last
    assert after.ballots_hash == ballots_hash(found)
    order = tie_order(after.tie_seed(), after.letters)
    reckoned = tally("ranked_pairs", [Cast(one) for one in last.values()], order)
    assert after.result is not None
    assert (after.result.ranking, after.result.scores) == (reckoned.ranking, reckoned.scores)
    assert after.result.voters == VOTERS


async def test_what_the_database_counts_is_what_the_reference_counts(urn: Urn) -> None:
    for seed in range(PROFILES):
        chance = drawn(seed)
        method = METHODS[seed % 3]
        vote = await urn.open("ABC", VoteRules(method, none=False))
        casts: list[Cast] = []
        for who in range(chance.randint(1, 6)):
            most = 1 if method == "plurality" else 3
            choice = tuple(chance.sample("ABC", chance.randint(1, most)))
            casts.append(Cast(choice, chance.choice((1, 1, 3))))
            await urn.cast(vote, who, "".join(choice), weight=casts[-1].weight)
        after = await urn.votes.close(vote.id, early=True)
        assert after.result is not None
        reckoned = tally(method, casts, tie_order(after.tie_seed(), after.letters))
        assert (after.result.winner, after.result.scores) == (reckoned.winner, reckoned.scores)


async def test_nobody_reads_a_ballot_before_the_close_the_bot_included(urn: Urn) -> None:
    vote = await urn.open()
    await urn.cast(vote, 1, "AB")
    await urn.cast(vote, 2, "C")
    assert await urn.rows("SELECT * FROM vote_sealed") == []
    assert {one.choice for one in await urn.votes.ballots(vote.id)} == {None}
    for query in (
        "UPDATE vote_ballot SET weight = 9", "DELETE FROM vote_ballot", "UPDATE vote_sealed SET choice = '[]'",
        "DELETE FROM vote_sealed", "DELETE FROM vote", "UPDATE vote SET closes_at = now()",
        "UPDATE vote SET options = '[]'", "UPDATE vote SET rules = '{}'", "UPDATE vote SET question = 'Other?'",
    ):  # fmt: skip
        await urn.refused(query)
    ended = await urn.closed(vote)
    assert ended.state == "closed"
    assert len(await urn.rows("SELECT * FROM vote_sealed")) == 2
    for query in (
        "UPDATE vote SET state = 'open'", "UPDATE vote SET closed_at = NULL", "UPDATE vote SET ballots_hash = ''",
        "UPDATE vote SET outcome = '{}'",
    ):  # fmt: skip
        await urn.refused(query)

    # ballots of a vote that was called off are never to be read
    other = await urn.open()
    assert other.closes_at is not None
    await urn.pass_until(other.closes_at - timedelta(seconds=1))
    await urn.cast(other, 1, "A")
    await urn.votes.cancel(other.id, "It is not wanted.")
    assert (await urn.votes.close(other.id, early=True)).state == "cancelled"
    assert len(await urn.rows("SELECT * FROM vote_sealed")) == 2
    await urn.refused("UPDATE vote SET state = 'closed' WHERE id = %s", other.id)


async def test_ballots_that_cannot_be(urn: Urn) -> None:
    vote = await urn.open("AB", VoteRules("plurality", none=False))
    for choice in ("C", "AA", "AB", NONE):
        with pytest.raises(UserError, match="nothing to vote for"):
            await urn.cast(vote, 1, choice)
    with pytest.raises(UserError, match="have not voted"):
        await urn.cast(vote, 1, "")
    await urn.cast(vote, 1, "B")
    await urn.cast(vote, 1, "")
    assert await urn.votes.turnout(vote.id) == 0
    assert await urn.votes.standing(vote.id, "member:1") is None
    with pytest.raises(UserError, match="do not know"):
        await urn.on(urn.database, 2).cast(vote.id, NewBallot(member(1), ("A",), 99))
    with pytest.raises(UserError, match="do not know"):
        await urn.votes.cast(uuid4(), NewBallot(member(1), ("A",), 99))
    collecting = await urn.begin()
    with pytest.raises(UserError, match="not open"):
        await urn.cast(collecting, 1, "A")
    for number in range(100 - 2):
        await urn.cast(vote, 1, "AB"[number % 2])
    with pytest.raises(UserError, match="so often"):
        await urn.cast(vote, 1, "A")
    after = await urn.closed(vote)
    with pytest.raises(UserError, match="closed <t:"):
        await urn.cast(after, 2, "A")
    assert after.result is not None
    assert (after.result.winner, after.result.voters) == ("B", 1)


async def test_it_closes_once_however_many_look_and_ends_well_without_enough(urn: Urn) -> None:
    vote = await urn.open(rules=VoteRules(quorum=2))
    assert (await urn.votes.close(vote.id)).state == "open"
    await urn.cast(vote, 1, "A")
    await urn.cast(vote, 9, "B", via="agent")
    assert vote.closes_at is not None
    await urn.pass_until(vote.closes_at)
    ended = await asyncio.gather(*(urn.votes.close(vote.id) for _ in range(5)))
    assert len({str(one.outcome) for one in ended}) == 1
    found = ended[0].result
    assert found is not None
    assert (found.ended, found.winner, found.voters, found.advisers) == ("quorum", None, 1, 1)
    assert found.scores == {"A": 1, "B": 0, "C": 0, NONE: 0}

    for rules, ballots, wanted in (
        (VoteRules(), "", "silence"),
        (VoteRules(), "0", "again"),
        (VoteRules(quorum=1), "A", "chosen"),
    ):
        other = await urn.open(rules=rules)
        assert other.closes_at is not None
        await urn.pass_until(other.closes_at - timedelta(seconds=1))
        if ballots:
            await urn.cast(other, 1, ballots)
        after = (await urn.closed(other)).result
        assert after is not None
        assert after.ended == wanted
    nothing = await urn.open("")
    assert nothing.result is not None
    assert (nothing.state, nothing.result.ended) == ("closed", "nothing")


async def test_ties_go_by_the_declared_hash_and_not_by_who_was_registered_first(urn: Urn) -> None:
    winners: set[str | None] = set()
    for turn in range(ORDERS):
        made = options("ABCD")
        drawn(turn).shuffle(made)
        vote = await urn.begin(VoteRules(none=False))
        vote = await urn.votes.open(vote.id, made, seconds=600.0, wake=uuid4(), thread_id=THREAD)
        for who, choice in enumerate(("AB", "BC", "CD", "DA")):
            await urn.cast(vote, who, choice)
        after = await urn.votes.close(vote.id, early=True)
        found = after.result
        assert found is not None
        order = tie_order(f"{vote.id}:{after.ballots_hash}", "ABCD")
        assert (found.winner, found.ranking, found.tied) == (order[0], order, order)
        winners.add(found.winner)
    assert len(winners) > 1


async def test_weights_and_what_agents_say_beside(urn: Urn) -> None:
    rules = VoteRules(weights=((7, 3), (8, 5)))
    assert [rules.weight_of(frozenset(one)) for one in ((), (7,), (7, 8))] == [1, 3, 5]
    vote = await urn.open(rules=rules)
    await urn.cast(vote, 1, "A", weight=3)
    await urn.cast(vote, 2, "B")
    await urn.cast(vote, 3, "B")
    for agent in range(10, 15):
        await urn.cast(vote, agent, "C", via="agent")
    assert await urn.votes.turnout(vote.id) == 3
    found = (await urn.closed(vote)).result
    assert found is not None
    assert (found.winner, found.weight, found.behind) == ("A", 5, 1)
    assert (found.advisers, found.advice["C"], found.scores["C"]) == (5, 5, 0)


async def test_proposals_of_people_until_all_is_shown(urn: Urn) -> None:
    vote = await urn.begin()
    assert not await urn.votes.propose(vote.id, Proposal("member:1", "Bo", "A raft"), 5)
    assert await urn.votes.propose(vote.id, Proposal("member:1", "Bo", "A kayak"), 7)
    assert await urn.votes.propose(vote.id, Proposal("member:1", "Bo", "Older"), 6)
    assert [one.body for one in await urn.votes.proposals(vote.id)] == ["A kayak"]
    for number in range(2, 11):
        await urn.votes.propose(vote.id, Proposal(f"member:{number}", "X", "More"), number)
    with pytest.raises(UserError, match="as many as"):
        await urn.votes.propose(vote.id, Proposal("member:11", "X", "Too much"), 20)
    assert len(await urn.votes.collected(vote.id)) == 10
    with pytest.raises(UserError, match="shown already"):
        await urn.votes.propose(vote.id, Proposal("member:1", "Bo", "Late"), 30)
    await urn.votes.cancel(vote.id, "Over.")
    assert await urn.votes.collected(vote.id) == []
    assert (await urn.votes.open(vote.id, options("A"), seconds=1, wake=uuid4(), thread_id=1)).is_over


async def decided(urn: Urn, question: str, **more: Any) -> Vote:
    vote = await urn.open("AB", question=question, **more)
    await urn.cast(vote, 1, "A")
    return await urn.votes.close(vote.id, early=True)


async def test_decisions_are_found_by_whoever_may_read_them_and_linked_both_ways(urn: Urn) -> None:
    boat = await decided(urn, "Which boat do we buy?")
    await urn.votes.note(boat.id, {"reasoning": "The ferry carries bicycles."})
    hall = await decided(urn, "Who paints the hall?")

    async def found(text: str, readable: set[int], asker: int = 9) -> list[UUID]:
        return ids(await urn.votes.search(text, readable=readable, asker=asker))

    assert await found("boats", {CHANNEL}) == [boat.id]
    assert await found("bicycle", {CHANNEL}) == [boat.id]
    assert await found("boats", {1}) == []
    assert await found("boats", set(), asker=5) == [boat.id]  # who asked it
    assert ids(await urn.votes.listed("hall", readable={CHANNEL}, asker=9)) == [hall.id]
    assert ids(await urn.votes.listed(readable={CHANNEL}, asker=9)) == [hall.id, boat.id]
    assert await urn.on(urn.database, 2).listed(readable={CHANNEL}, asker=5) == []

    newer = await decided(urn, "Which boat now?", supersedes=boat.id)
    assert (await urn.now(boat)).superseded_by == newer.id
    assert newer.supersedes == boat.id
    for pair, why in (((newer.id, boat.id), "itself replaced"), ((hall.id, hall.id), "its own place")):
        with pytest.raises(UserError, match=why):
            await urn.votes.supersede(*pair)
    with pytest.raises(UserError, match="replaced by decision"):
        await urn.votes.supersede(boat.id, hall.id)
    open_one = await urn.open()
    with pytest.raises(UserError, match="not decided yet"):
        await urn.votes.supersede(hall.id, open_one.id)
    older, other = await urn.votes.supersede(hall.id, newer.id)
    assert (older.superseded_by, other.supersedes) == (newer.id, hall.id)
    assert (await urn.votes.supersede(hall.id, newer.id))[0].superseded_by == newer.id


async def test_the_message_says_what_stands_and_is_sent_only_when_that_changes(urn: Urn) -> None:
    vote = await urn.open("AB")

    def render(one: Vote, turnout: int) -> Say:
        return Say(f"{one.state} {turnout}")

    async def sent() -> list[tuple[str, str]]:
        query = "SELECT kind, payload->>'content' FROM outbox ORDER BY id"
        return [(str(kind), str(text)) for kind, text in await urn.rows(query)]

    await urn.votes.show(vote.id, render)
    assert await sent() == []
    for _ in range(2):
        async with urn.database.transaction() as conn:
            await urn.votes.shown(vote.id, render, marks=("🇦",))(conn)
    await urn.cast(vote, 1, "A")
    await urn.cast(vote, 1, "B")
    for _ in range(2):
        await urn.votes.show(vote.id, render)
    await urn.votes.close(vote.id, early=True)
    await urn.votes.show(vote.id, render)
    said = await sent()
    assert [text for kind, text in said if kind != "react"] == ["open 0", "open 1", "closed 1"]
    assert sum(kind == "react" for kind, _ in said) == 1
    assert (await urn.votes.find(number=vote.number)) is not None
    assert (await urn.votes.in_thread(THREAD)) == []
    assert Option("A", "x", "agent:a", "a") != vote.option("A")
