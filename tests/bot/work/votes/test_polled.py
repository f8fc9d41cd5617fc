"""Ballots that come from a poll of Discord's: read page by page, one a member, by the roles of the close, and cast with it."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from bot.asks.policy import Voter
from bot.clock import Clock
from bot.discord.api import DiscordApi, open_api, pointed_at
from bot.discord.surface import DiscordSurface
from bot.errors import OutsideError, UserError
from bot.local_discord.model import User
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import Settings
from bot.work.polls import Delivered, PollVotes, hours_for
from bot.work.services import unheard
from bot.work.tasks.giving import TaskServices
from bot.work.votes.counting import choice_of
from bot.work.votes.desk import Votes
from bot.work.votes.polled import ballots_of
from bot.work.votes.vote import Vote, VoteRules
from tests.bot.work.votes.urn import GUILD, SECONDS, THREAD, Urn, options
from tests.waiting import eventually

POLL = 80 << 22
VOTER_ROLE, HEAVY = 71, 72
VOTERS = 230
"""More than two pages."""
QUICK = Settings(poll_tally=0.0)


@pytest.fixture
def urn(database: Any, database_url: str) -> Urn:
    return Urn(database, database_url)


async def in_poll(urn: Urn, rules: VoteRules | None = None) -> Vote:
    vote = await urn.begin(rules or VoteRules())
    return await urn.votes.open(
        vote.id,
        options("AB"),
        seconds=SECONDS,
        wake=uuid4(),
        thread_id=THREAD,
        poll=Delivered("there", THREAD, POLL),
    )


class People:
    """Who is on the server, with which roles."""

    def __init__(self, roles: dict[int, set[int]]) -> None:
        self._roles = roles

    async def voter(self, guild_id: int, member_id: int) -> Voter | None:
        assert guild_id == GUILD
        roles = self._roles.get(member_id)
        return None if roles is None else Voter(member_id, frozenset(roles), manages=False)


class Polling(DiscordSurface):
    """What a poll says, as Discord would tell it one time after the other."""

    def __init__(self, *said: PollVotes | Exception | None) -> None:
        nothing: Any = None
        super().__init__(nothing, Clock())
        self._said = list(said)
        self.ended = 0

    async def end_poll(self, channel_id: int, message_id: int) -> None:
        assert (channel_id, message_id) == (THREAD, POLL)
        self.ended += 1
        if self.ended == 1:
            raise OutsideError("Discord did not answer in time.")

    async def poll_votes(self, channel_id: int, message_id: int) -> PollVotes | None:
        assert (channel_id, message_id) == (THREAD, POLL)
        found = self._said.pop(0) if len(self._said) > 1 else self._said[0]
        if isinstance(found, Exception):
            raise found
        return found


def votes_with(urn: Urn, surface: DiscordSurface, people: People | None = None) -> Votes:
    async def at_once(_seconds: float) -> None:
        return

    services = TaskServices(urn.database, surface, unheard, uuid4, Clock(), present=people)
    return Votes(replace(services, machinery=Clock(sleep=at_once)), GUILD, "lab")


async def test_ballots_of_a_poll_are_cast_with_the_close_once_and_none_comes_another_way(urn: Urn) -> None:
    vote = await in_poll(urn)
    assert vote.how.poll
    with pytest.raises(UserError, match="in the poll"):
        await urn.cast(vote, 1, "A")
    ballots = ballots_of(vote, [(1, 2), (2, 3), (3,)])
    assert [(one.voter.id, one.choice) for one in ballots] == [
        ("1", ("A",)),
        ("2", ("A", "B")),
        ("3", ("B", "0")),
    ]
    assert not (await urn.votes.close(vote.id, polled=ballots)).is_over  # its time has not come
    assert vote.closes_at is not None
    await urn.pass_until(vote.closes_at)
    for _ in range(2):
        closed = await urn.votes.close(vote.id, polled=ballots)
        assert closed.result is not None
        assert (closed.result.voters, closed.result.scores) == (3, {"A": 2, "B": 2, "0": 1})
    found = await urn.votes.ballots(vote.id)
    assert {(one.voter, one.via, choice_of(vote.id, one)) for one in found} == {
        ("member:1", "poll", ("A",)), ("member:2", "poll", ("A", "B")), ("member:3", "poll", ("B", "0")),
    }  # fmt: skip
    secret = await urn.open("AB")
    insert = "INSERT INTO vote_ballot (vote_id, voter, event_id, weight, via) VALUES (%s, 'member:9', 9, 1, 'poll')"
    await urn.refused(insert, secret.id)


async def test_one_choice_where_that_is_the_rule() -> None:
    row: Any = None
    vote = Vote(
        uuid4(), GUILD, 1, 1, THREAD, 5, "Ada", "?", {"method": "plurality", "poll": True}, "open",
        [{"letter": one, "text": one, "author": "", "name": ""} for one in "AB"], row, row, row, row, row, "", None, "",
        {}, None, None, None, "", 0, POLL,
    )  # fmt: skip
    assert [one.choice for one in ballots_of(vote, [(7,), (7, 8), ()])] == [("A",), ("B",)]


async def test_roles_count_as_they_are_at_the_close_and_silence_of_discord_is_waited_out(urn: Urn) -> None:
    rules = VoteRules(voters=VOTER_ROLE, weights=((HEAVY, 3),), poll=True)
    vote = await in_poll(urn, rules)
    people = People({1: {VOTER_ROLE}, 2: {VOTER_ROLE, HEAVY}, 3: {HEAVY}})  # and 4 has left
    uncounted, counted = (
        PollVotes(((1, 2, 3, 4), (), ()), counted=False),
        PollVotes(((1, 2, 3, 4), (), ()), counted=True),
    )
    surface = Polling(OutsideError("Discord is away."), uncounted, counted)
    votes = votes_with(urn, surface, people)
    for _ in range(2):
        await votes.polls.end(vote.id)
    assert surface.ended == 2
    read = await votes.polls.read(vote.id)
    assert (read.state, [(one.voter.id, one.weight) for one in read.ballots]) == (
        "read",
        [("1", 1), ("2", 3)],
    )
    assert await votes.turnout(vote.id) == 2
    for said, state in ((None, "gone"), (uncounted, "later"), (OutsideError("Away."), "later")):
        assert (await votes_with(urn, Polling(said), people).polls.read(vote.id)).state == state
    # Where nobody can tell who has which role, nobody is let in.
    assert (await votes_with(urn, Polling(counted)).polls.read(vote.id)).state == "later"


@pytest.fixture
async def local() -> AsyncGenerator[LocalDiscord]:
    async with running(Config(settings=QUICK)) as started:
        yield started


@pytest.fixture
async def api(local: LocalDiscord) -> AsyncGenerator[DiscordApi]:
    with pointed_at(f"{local.base_url}/api/v10"):
        async with open_api(local.bot_token) as found:
            yield found


async def test_everybody_who_voted_is_read_page_by_page(local: LocalDiscord, api: DiscordApi) -> None:
    place = next(one.id for one in local.stage.world.channels.values() if one.name == "general")
    answers = [{"poll_media": {"text": text}} for text in ("Oak", "Elm", "Ash")]
    body = {"poll": {"question": {"text": "Which?"}, "answers": answers, "duration": 1}}
    sent = int(
        (await api.request("POST", "/channels/{channel_id}/messages", body=body, channel_id=place))["id"]
    )
    world = local.stage.world
    people = [local.stage.ids.take() for _ in range(VOTERS)]
    for one in people:
        world.put_user(User(one, f"voter{one}"))
    message = world.message(place, sent)
    assert message is not None
    assert message.poll is not None
    first, second, third = message.poll.answers
    voted = (replace(first, voters=tuple(people[::-1])), replace(second, voters=tuple(people[:100])), third)
    world.put_message(replace(message, poll=replace(message.poll, answers=voted)))

    surface = DiscordSurface(api, Clock())
    voters = (tuple(people), tuple(people[:100]), ())
    assert await surface.poll_votes(place, sent) == PollVotes(voters, counted=False)
    for _ in range(2):
        await surface.end_poll(place, sent)
    assert (await surface.poll_votes(place, sent + 1)) is None

    async def is_counted() -> bool:
        return await surface.poll_votes(place, sent) == PollVotes(voters, counted=True)

    await eventually(is_counted)


def test_a_poll_lasts_whole_hours_at_least_as_long_as_the_vote() -> None:
    lasts = {1.0: 1, 3_600.0: 1, 3_601.0: 2, 30 * 86_400.0: 720, 1e9: 768}
    assert {seconds: hours_for(seconds) for seconds in lasts} == lasts
