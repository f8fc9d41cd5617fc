"""Votes in one of Discord's polls: posted once, read when its time is over, and counted as any other."""

import pytest

from cogs.consensus import consensus
from cogs.consensus.messages import BRIEFS
from cogswarm.testing import BotWith, FakeClock, Heard, Members, Person
from tests.cogs.consensus.house import card_of, house, proposes, role_of, votes
from tests.cogs.consensus.thinker import Thinker
from tests.owned_clock import Times

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

NONE = "None of these: ask again"
FERRY = "A: The ferry"
SEND_POLLS = 1 << 49


@pytest.fixture
def times(database_url: str, fake_clock: FakeClock) -> Times:
    return Times(database_url, fake_clock, "vote_now")


def is_poll(message: Heard) -> bool:
    return "poll" in message.raw


def is_decision(message: Heard) -> bool:
    """Whether a message is the card of a decision; what Discord says of a poll that has ended is one, too."""
    return any("title" in one for one in message.raw.get("embeds", ()))


async def shown(person: Person, *texts: str, **asked: object) -> tuple[Person, Heard]:
    """A question with people's proposals, all of which are shown; its thread and status."""
    begun = await person.slash("consensus", question="Which boat?", agents=0, **asked)
    thread = await begun.thread()
    intro = await thread.hears("Nobody sees a proposal")
    for text in texts:
        await proposes(thread, intro, text)
    await thread.click(await thread.hears("can be added until"), "Show them now")
    return thread, await begun.status()


async def test_people_vote_in_a_poll_and_the_bot_away_at_the_deadline_counts_it_once(
    bot_with: BotWith, members: Members, times: Times
) -> None:
    ada, bo, chen = await members("ada"), await members(), await members("chen")
    heavy = role_of(bo, "Admin")
    await bot_with(consensus, config=house(input="poll", weights=[f"<@&{heavy}>=3"]))
    refused = await bo.slash("consensus", question="Which boat?", rule="ranked_pairs")
    assert "nobody can rank there" in (await refused.answer()).text

    thread, status = await shown(bo, "The ferry", until="90m", quorum=2)
    poll, call = await thread.hears(is_poll), await thread.hears("Open until")
    asked = poll.raw["poll"]
    assert [one["poll_media"]["text"] for one in asked["answers"]] == [FERRY, NONE]
    assert (asked["question"]["text"], asked["allow_multiselect"]) == ("Which boat?", True)
    assert "Everybody sees in the poll who votes for what" in call.text
    assert f"/{poll.id})" in call.text
    buttons = [one["label"] for row in call.raw["components"] for one in row["components"]]
    assert buttons == ["Close now"]

    await ada.vote(poll, NONE)
    early = await thread.click(call, "Close now")
    assert "at least 2 have voted" in (await thread.answer_to(early)).text
    await thread.vote(poll, FERRY, NONE)
    await chen.vote(poll, FERRY)
    await chen.vote(poll)
    about = await (await bo.slash("decisions show", decision="1")).answer()
    assert "in a poll in <#" in about.text

    await bot_with.stop()
    await times.pass_by(121)
    await bot_with.restart()
    said = card_of(await thread.hears(is_decision))
    assert f"{NONE} · **a weight of 4**" in said
    assert f"{FERRY} · **a weight of 1**" in said
    assert "most want none of these" in said
    await thread.sees(call, "2 have voted")
    await thread.sees(status, "✓ Done")
    history = await thread.history()
    assert (sum(map(is_poll, history)), sum(map(is_decision, history))) == (1, 1)


async def test_one_answer_where_that_is_the_rule_an_early_end_and_what_else_becomes_of_a_poll(
    bot_with: BotWith, members: Members, times: Times
) -> None:
    ada, bo = await members("ada"), await members()
    await bot_with(
        consensus,
        config=house(input="poll", rule="plurality"),
        model=Thinker(dict.fromkeys(BRIEFS, "A name.")),
    )
    thread, _ = await shown(bo, "The ferry")
    poll, call = await thread.hears(is_poll), await thread.hears("Open until")
    assert poll.raw["poll"]["allow_multiselect"] is False
    await ada.vote(poll, FERRY)
    assert "closes now" in (await thread.answer_to(await thread.click(call, "Close now"))).text
    await thread.sees(poll, lambda one: one.raw["poll"]["expiry"] < poll.raw["poll"]["expiry"])
    await times.clock.advance(1)  # Discord has counted the votes
    said = card_of(await thread.hears(is_decision))
    assert "Decided: A: The ferry" in said

    # it is stopped: the poll ends, too, and counts for nothing
    thread, status = await shown(bo, "The ferry")
    poll = await thread.hears(is_poll)
    await thread.hears("Open until")
    await bo.click(status, "Stop")
    await thread.sees(poll, lambda one: one.raw["poll"]["expiry"] < poll.raw["poll"]["expiry"])

    # it is deleted: nobody can vote any more
    thread, status = await shown(bo, "The ferry")
    poll, call = await thread.hears(is_poll), await thread.hears("Open until")
    await (await ada.in_thread_of(status)).delete(poll)
    await thread.sees(call, "Called off. The poll was deleted")

    # eleven answers have no room in a poll: people vote as ever, and are told why
    begun = await bo.slash("consensus", question="Which name?", agents=10)
    thread = await begun.thread()
    assert "room for 10 answers, and there are 11" in (await thread.hears("room for 10")).text
    call = await thread.hears("Open until")
    assert "Secret until it closes" in call.text
    assert "Your vote is counted" in await votes(thread, call, "A")

    # the bot may not post polls
    everybody = next(iter(bo.client.guilds))
    path = f"/channels/{bo.channel_id}/permissions/{everybody}"
    await ada.client.request("PUT", path, {"type": 0, "deny": str(SEND_POLLS)})
    refused = await bo.slash("consensus", question="Which boat?", agents=0)
    assert "*Create Polls*" in (await refused.answer()).text
