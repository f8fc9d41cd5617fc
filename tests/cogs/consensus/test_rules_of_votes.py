"""Who may vote and for how much, also with reactions; votes that end without a decision; and where a winner goes."""

import pytest

from bot.llm.protocol import ContentRefused
from cogs.consensus import consensus
from cogs.consensus.messages import BRIEFS
from cogs.tasks import tasks
from cogswarm.testing import BotWith, FakeClock, Heard, Members, Person
from tests.cogs.consensus.house import card_of, house, is_card, proposes, role_of, votes
from tests.cogs.consensus.thinker import Thinker
from tests.owned_clock import Times

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def times(database_url: str, fake_clock: FakeClock) -> Times:
    return Times(database_url, fake_clock, "vote_now")


async def opened(person: Person, *texts: str, **asked: object) -> tuple[Person, Heard, Heard]:
    """A vote on what one person proposes through others; its thread, its status and the message to vote under."""
    begun = await person.slash("consensus", question="Which boat?", agents=0, **asked)
    thread = await begun.thread()
    await proposes(thread, await thread.hears("Nobody sees a proposal"), *texts)
    await thread.click(await thread.hears("can be added until"), "Show them now")
    return thread, await begun.status(), await thread.hears("Open until")


async def test_a_role_votes_another_counts_double_and_a_reaction_is_a_ballot(
    bot_with: BotWith, members: Members
) -> None:
    ada, bo, chen = await members("ada"), await members(), await members("chen")
    voters, heavy = role_of(bo, "Reviewer"), role_of(bo, "Admin")
    config = house(reactions=True, voters=int(voters), weights=[f"<@&{heavy}>=3"])
    await bot_with(consensus, config=config)
    thread, status, call = await opened(bo, "The ferry")
    adas, chens = await ada.in_thread_of(status), await chen.in_thread_of(status)
    assert f"Only people with <@&{voters}> can vote here" in await votes(thread, call, "A")
    await bo.in_thread_of(status)
    await thread.sees_reaction(call, "🇦")
    await thread.react(call, "🇦")
    assert "your reaction does not count: Only people with" in (await thread.hears("does not count")).text
    await chens.react(call, "🇦")
    await thread.sees(call, "**1 has voted**")
    await chens.react(call, "🚫")
    await chens.unreact(call, "🇦")
    await votes(adas, call, "A")  # no reviewer
    closed = await adas.click(call, "Close now")
    assert "closes now" in (await adas.answer_to(closed)).text
    card = await thread.hears(is_card)
    assert "most want none of these" in card_of(card)
    assert "None of these: ask again · **a weight of 1**" in card_of(card)
    assert "A: The ferry · **a weight of 0**" in card_of(card)
    again = await thread.click(card, "Ask again")
    assert "On it" in (await thread.answer_to(again)).text
    assert "**Decision 2**" in (await thread.hears("**Decision 2**")).text
    twice = await adas.click(card, "Ask again")
    assert "asked this again already" in (await adas.answer_to(twice)).text

    # with another role everybody votes, and the heavy ones count for more
    await bot_with.stop()
    await bot_with(consensus, config=house(weights=[f"{heavy}=3"]))
    thread, status, call = await opened(bo, "The ferry")
    adas = await ada.in_thread_of(status)
    assert "and counts for 3" in await votes(adas, call, "0")
    await votes(thread, call, "A")
    await adas.click(call, "Close now")
    assert "most want none of these" in card_of(await thread.hears(is_card))


async def test_it_ends_well_when_nobody_votes_all_agents_fail_or_the_thread_goes(
    bot_with: BotWith, members: Members, times: Times
) -> None:
    ada, bo = await members("ada"), await members()
    refusal = ContentRefused("It declined.")
    model = Thinker(dict.fromkeys(BRIEFS, refusal))
    await bot_with(consensus, config=house("scribe", "poet", add_minutes=5), model=model)
    asked = await bo.slash("consensus", question="What is left?", agents=2)
    thread = await asked.thread()
    failed = (await thread.hears("⚠️")).text
    assert failed.count("It declined.") == 2
    await thread.hears("can be added until")
    await times.pass_by(6)
    assert "there was no proposal to vote on" in card_of(await thread.hears(is_card))
    assert "✓ Done" in (await asked.finished()).text

    # nobody votes, and too few
    for needed, ballots, wanted in ((0, (), "nobody voted"), (2, ("A",), "1 has voted, and at least 2")):
        thread, _, call = await opened(bo, "The ferry", quorum=needed, until="1h")
        for one in ballots:
            await votes(thread, call, one)
        await times.pass_by(62)
        assert wanted in card_of(await thread.hears(is_card))
        await thread.sees(call, "No decision")

    # somebody stops it, and nobody learns what was on the ballots
    thread, status, call = await opened(bo, "The ferry")
    await votes(thread, call, "A")
    await bo.click(status, "Stop")
    await thread.sees(call, "Called off. It was called off.")
    # the message goes, and then a whole thread while the bot is away
    thread, status, call = await opened(bo, "The ferry")
    await (await ada.in_thread_of(status)).delete(call)
    await bo.sees(status, "✓ Done")
    thread, status, call = await opened(bo, "The ferry")
    await votes(thread, call, "A")
    await thread.sees(call, "**1 has voted**")
    await bot_with.stop()
    await ada.client.request("DELETE", f"/channels/{thread.channel_id}")
    await bot_with.restart()
    await bo.sees(status, "✓ Done")
    listed = (await (await bo.slash("decisions list")).answer()).text
    assert listed.count("⏹️") == 3
    assert "The message to vote under was deleted" in listed


async def test_agents_revise_and_advise_and_the_winner_becomes_a_task(
    bot_with: BotWith, members: Members
) -> None:
    _, bo = await members("ada"), await members()
    model = Thinker(
        {BRIEFS[0]: "Buy the ferry.", BRIEFS[1]: "Buy the kayak."},
        revision="Buy it on Monday, signed Scribe.",
    )
    config = house(
        "scribe",
        "judge",
        agents=["scribe"],
        revise=True,
        advice=True,
        count=2,
        then="task",
        queue=int(bo.channel_id),
    )
    channel = {"id": int(bo.channel_id), "cogs": {"tasks": {"queue": True}}}
    await bot_with(consensus, tasks, config={**config, "servers": {"channels": [channel]}}, model=model)
    await (await bo.slash("tasks board")).answer()
    asked = await bo.slash("consensus", question="Which boat?")
    thread = await asked.thread()
    call = await thread.hears("Open until")
    revised = [one for one in await thread.history() if "revised" in one.raw["author"]["username"]]
    assert [one.text for one in revised] == ["Buy it on Monday, signed (name)."] * 2
    await votes(thread, call, "B")
    await thread.click(call, "Close now")
    said = card_of(await thread.hears(is_card))
    assert "✅ Decided: B: Buy it on Monday" in said
    assert "What agents would choose (it counts for nothing)\nAsked: 1" in said
    assert "1 vote" in said
    assert f"is a task in <#{bo.channel_id}>" in (await thread.hears("is a task")).text
    assert "Buy it on Monday" in (await bo.hears("from decision 1")).text
    # each agent drafts, revises, and advises once; the analyst is asked in both orders before and after the revision
    assert len(model.asked_for("")) == 4
    assert len(model.asked_for("comparison")) == 4
    assert len(model.asked_for("ballot")) == 1
