"""Decisions that begin with a message and go on as something else, and reactions that were put while the bot was away."""

import pytest

from cogs.approvals import approvals
from cogs.consensus import consensus
from cogs.consensus.messages import BRIEFS, DECIDE_THIS
from cogswarm.testing import BotWith, Members
from tests.cogs.consensus.house import card_of, house, is_card, proposes, role_of, votes
from tests.cogs.consensus.thinker import Thinker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

FERRY = "Buy the ferry."
BOUGHT = "I have ordered the ferry."


async def test_a_message_is_decided_and_the_winner_waits_for_approval_or_goes_to_an_agent(
    bot_with: BotWith, members: Members
) -> None:
    bo, chen = await members(), await members("chen")
    model = Thinker({BRIEFS[0]: FERRY, BRIEFS[1]: "Buy the kayak.", "People decided this": BOUGHT})
    config = house("scribe", "judge", agents=["scribe"], count=2, then="approval", doer="scribe")
    config["cogs"]["approvals"] = {"approvers": int(role_of(chen, "Reviewer"))}
    await bot_with(consensus, approvals, config=config, model=model)

    empty = await bo.say("…")
    assert "There is nothing to decide" in (await (await bo.menu(DECIDE_THIS, empty)).answer()).text
    message = await bo.say("Which boat do we buy?")
    asked = await bo.menu(DECIDE_THIS, message)
    thread, status = await asked.thread(), await asked.status()
    assert "Which boat do we buy?" in (await thread.hears("**Decision 1**")).text
    call = await thread.hears("Open until")
    ferry = next(
        one.raw["author"]["username"].removeprefix("Proposal ")
        for one in await thread.history()
        if one.text == FERRY
    )
    await votes(thread, call, ferry)
    await thread.click(call, "Close now")
    assert f"Decided: {ferry}: {FERRY}" in card_of(await thread.hears(is_card))
    question = await thread.hears("Carry out decision 1")
    assert FERRY in str(question.raw)
    refused = await thread.answer_to(await thread.click(question, "Approve"))
    assert "somebody else has to decide it" in refused.text
    chens = await chen.in_thread_of(status)
    await chens.click(question, "Approve")
    await thread.hears("Approved: it can be carried out.")

    asked = await bo.slash("consensus", question="And now?", then="agent")
    thread = await asked.thread()
    call = await thread.hears("Open until")
    await votes(thread, call, "A")
    await thread.click(call, "Close now")
    done = await thread.hears(BOUGHT)
    assert done.raw["author"]["username"] == "Scribe"
    (prompt,) = [one for one in model.asked_for("") if "People decided this" in one.turns[-1].text]
    # What people chose is material, never part of what an agent is told to do.
    assert [one.text for one in prompt.material] == [
        next(one.text for one in await thread.history() if one.raw["author"]["username"] == "Proposal A")
    ]
    assert FERRY not in prompt.turns[-1].text


async def test_reactions_that_came_while_the_bot_was_away_are_ballots(
    bot_with: BotWith, members: Members
) -> None:
    bo, ada, chen = await members(), await members("ada"), await members("chen")
    await bot_with(consensus, config=house(reactions=True))
    begun = await bo.slash("consensus", question="Which boat?", agents=0)
    thread = await begun.thread()
    intro = await thread.hears("Nobody sees a proposal")
    await proposes(thread, intro, FERRY)
    await thread.click(await thread.hears("can be added until"), "Show them now")
    call = await thread.hears("Open until")
    adas, chens = (
        await ada.in_thread_of(await begun.status()),
        await chen.in_thread_of(await begun.status()),
    )
    await thread.sees_reaction(call, "🚫")
    await chens.react(call, "🚫")
    await thread.sees(call, "**1 has voted**")
    await bot_with.stop()
    await adas.react(call, "🇦")
    await chens.unreact(call, "🚫")
    await chens.react(call, "🇦")
    await bot_with.restart()
    await thread.sees(call, "**2 have voted**")
    await thread.click(call, "Close now")
    said = card_of(await thread.hears(is_card))
    assert "✅ Decided: A: Buy the ferry." in said
    assert "2 votes" in said
