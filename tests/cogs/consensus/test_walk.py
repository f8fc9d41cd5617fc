"""Decisions from end to end: proposals shown at once and blind, a comparison, a secret vote, and a record that is found."""

import re

import pytest

from bot.llm.protocol import ContentRefused
from cogs.consensus import consensus
from cogs.consensus.messages import BRIEFS
from cogs.tasks import tasks
from cogswarm.testing import BotWith, FakeClock, Heard, Members, Person
from tests.cogs.consensus.house import card_of, house, proposes, votes
from tests.cogs.consensus.thinker import Thinker
from tests.owned_clock import Times

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

FERRY = "Buy the ferry, since it carries bicycles. I am Scribe, running on gpt-5."
KAYAK = "Buy the kayak and nothing else."
HOURS = 24


@pytest.fixture
def times(database_url: str, fake_clock: FakeClock) -> Times:
    return Times(database_url, fake_clock, "vote_now")


async def shown(thread: Person) -> dict[str, Heard]:
    """The proposals by their letters."""
    found = {one.raw["author"]["username"]: one for one in await thread.history()}
    return {
        name.removeprefix("Proposal "): one for name, one in found.items() if name.startswith("Proposal ")
    }


async def proposed(thread: Person) -> tuple[Heard, str, str]:
    """Look at all that is shown before the vote; the message to vote under, and the letters of the two boats."""
    await thread.hears("**Decision 1**")
    assert "brings no proposal: It is out." in (await thread.hears("⚠️")).text
    assert "**2 proposals**, in an order drawn by lot" in (await thread.hears("order drawn")).text
    compared = await thread.hears("Compared blind")
    call = await thread.hears("Open until")
    proposals = await shown(thread)
    assert set(proposals) == {"A", "B"}
    ferry = next(letter for letter, one in proposals.items() if "ferry" in one.text)
    kayak = ({"A", "B"} - {ferry}).pop()
    assert "I am (name), running on (name)-5." in proposals[ferry].text
    assert f"better than {kayak}" in compared.text
    assert "3 of 3 judgements came out the same" in compared.text
    for one in [compared, call, *proposals.values()]:
        assert not re.search("scribe|poet|critic", one.text, re.IGNORECASE)
    return call, ferry, kayak


def blind(model: Thinker) -> None:
    """No prompt for the analyst tells who wrote what, or how people see it; the two orders are opposite."""
    first, second = model.asked_for("comparison")
    assert [one.text for one in first.material] == [one.text for one in second.material][::-1]
    assert [one.id for one in first.material] == ["1", "2"]
    for request in (first, second):
        prompt = "\n".join(
            [request.instructions, *(one.text for one in request.turns), *(map(repr, request.material))]
        )
        assert not re.search(r"scribe|poet|critic|gpt|\bmain\b|proposal [ab]\b", prompt, re.IGNORECASE)


async def test_agents_propose_people_vote_and_the_decision_is_found_again(
    bot_with: BotWith, members: Members, times: Times
) -> None:
    ada, bo, chen = await members("ada"), await members(), await members("chen")
    model = Thinker({BRIEFS[0]: FERRY, BRIEFS[1]: KAYAK, BRIEFS[2]: ContentRefused("It is out.")})
    config = house("scribe", "poet", "critic", "judge", agents=["scribe", "poet", "critic"])
    await bot_with(consensus, config=config, model=model)
    asked = await bo.slash("consensus", question="Which boat do we buy, @everyone?", quorum=2)
    thread = await asked.thread()
    call, ferry, kayak = await proposed(thread)

    blind(model)

    # votes are secret and can be changed, by everybody for themselves
    adas, chens = await ada.in_thread_of(await asked.status()), await chen.in_thread_of(await asked.status())
    assert f"Your vote is counted:\n- {kayak}: Buy the kayak" in await votes(adas, call, kayak)
    await thread.sees(call, "**1 has voted**")
    refused = await thread.click(call, "Close now")
    assert "at least 2 have voted" in (await thread.answer_to(refused)).text
    await votes(chens, call, kayak)
    assert "Your vote is changed" in await votes(chens, call, ferry, kayak)
    await votes(thread, call, ferry)
    back = await thread.click(call, "Take my vote back")
    assert "taken back" in (await thread.answer_to(back)).text
    await votes(thread, call, ferry)
    await thread.sees(call, "**3 have voted**")
    about = await (await bo.slash("decisions show", decision="1")).answer()
    assert "**3** so far. What they choose is secret until then." in about.text

    # the bot is away when it closes, and closes it once when it is back
    await bot_with.stop()
    await times.pass_by(HOURS * 60 + 1)
    await bot_with.restart()
    await thread.sees(call, "✅ Decided")
    card = await thread.hears(lambda one: bool(one.raw.get("embeds")))
    said = card_of(card)
    parts = (
        "(tied: A, B; the declared hash decided)", "2 votes", "Who wrote what", "Next was", "Hash of all ballots: ",
        "Level at the top: ", "440 tokens, price unknown",
    )  # fmt: skip
    for part in parts:
        assert part in said, part
    assert re.search(rf"\*\*{ferry}\*\* by (Scribe|Poet|Critic), 110 tokens", said)
    assert "Bars, the first on top" in card.raw["attachments"][0]["description"]
    found = await (await bo.slash("decisions search", words="bicycles")).answer()
    assert "**1** Which boat do we buy" in found.text
    assert sum(bool(one.raw.get("embeds")) for one in await thread.history()) == 1


async def test_without_any_model_people_propose_and_rank_and_a_later_decision_replaces_it(
    bot_with: BotWith, members: Members, times: Times
) -> None:
    ada, bo = await members("ada"), await members()
    await bot_with(consensus, tasks, config=house(rule="ranked_pairs", add_minutes=5))
    asked = await bo.slash("consensus", question="Who paints the hall?")
    thread = await asked.thread()
    intro = await thread.hears("**Decision 1**")
    assert "it can only quote without a language model" in (await thread.hears("⚠️")).text
    there = await ada.in_thread_of(await asked.status())
    assert "Your proposal is kept" in await proposes(there, intro, "Ada paints it, all of it, in green.")
    assert "takes the place" in await proposes(there, intro, "Ada paints it, all of it, in blue.")
    await proposes(thread, intro, "Ada paints it, all of it, in blue!")
    asks = await thread.hears("Proposals can be added until")
    await thread.click(asks, "Show them now")
    assert "2 of them by people" in (await thread.hears("order drawn")).text
    assert "Nearly the same: **A** and **B**" in (await thread.hears("Nearly")).text
    assert "without a language model nobody can judge them" in (await thread.hears("not compared")).text
    call = await thread.hears("Open until")

    ranking = await there.answer_to(await there.click(call, "Rank them"))
    step = await there.answer_to(await there.select(ranking, None, "B"))
    assert "1. B: Ada paints it" in step.text
    step = await there.answer_to(await there.select(step, None, "0"))
    assert "2. None of these" in step.text
    await thread.sees(call, "**1 has voted**")
    closes = await thread.click(call, "Close now")
    assert "closes now" in (await thread.answer_to(closes)).text
    card = card_of(await thread.hears(lambda one: bool(one.raw.get("embeds"))))
    assert "beats 2 of 2" in card
    assert f"by <@{bo.user_id}>" in card
    assert "no language model was asked" in card

    again = await bo.slash(
        "consensus", question="Who paints it now?", add_minutes=1.0, instead_of="1", agents=0
    )
    thread = await again.thread()
    await proposes(thread, await thread.hears("**Decision 2**"), "Nobody does.")
    await times.pass_by(1)
    call = await thread.hears("Open until")
    ranking = await thread.answer_to(await thread.click(call, "Rank them"))
    await thread.answer_to(await thread.select(ranking, None, "A"))
    await thread.click(call, "Close now")
    await thread.hears(lambda one: bool(one.raw.get("embeds")))
    listed = (await (await bo.slash("decisions list")).answer()).text
    assert "🔁 **1** Who paints the hall?" in listed
    old = (await (await bo.slash("decisions show", decision="1")).answer()).text
    assert "🔁 Replaced by decision 2" in old
    new = (await (await bo.slash("decisions show", decision="2")).answer()).text
    assert "Takes the place of decision 1" in new
    refused = await (await bo.slash("decisions supersede", old="1", new="1")).answer()
    assert "its own place" in refused.text
