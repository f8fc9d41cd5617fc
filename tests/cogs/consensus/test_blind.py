"""Nobody can tell who wrote what: names are taken out, orders are fair lots, and a judge that goes by place decides nothing."""

import asyncio
import re
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.consensus import consensus, messages
from cogs.consensus.blinding import alike, blinded, drawn
from cogs.consensus.comparing import table
from cogs.consensus.judging import Comparison, Criterion, Judgement, Remark, Shown, cell, compared, read
from cogswarm import Option
from cogswarm.testing import BotWith, Person
from tests.cogs.consensus.house import house
from tests.cogs.consensus.thinker import Thinker
from tests.sizes import size
from tests.waiting import eventually

RUNS = size("AC-K1 seeded runs", small=300, stated=1_000)
AGENTS = size("agents that draft at once", small=4, stated=10)
NAMES = ("Scribe", "poet", "gpt-5-mini", "main", "OpenAI")
LETTERS = "ABCDE"


def judgement(order: list[str], *criteria: str) -> Judgement:
    return Judgement(criteria=[Criterion(criterion=one, order=order) for one in criteria])


def test_each_agent_comes_first_as_often_whoever_is_registered_first() -> None:
    agents = [f"agent {number}" for number in range(5)]
    firsts: Counter[str] = Counter()
    for seed in range(RUNS):
        run_id = str(UUID(int=seed))
        order = drawn(run_id, agents, str)
        assert order == drawn(run_id, agents[::-1], str)
        firsts[order[0]] += 1
    share = RUNS / len(agents)
    sigma = (RUNS * 0.2 * 0.8) ** 0.5
    assert set(firsts) == set(agents)
    assert all(abs(count - share) <= 3 * sigma for count in firsts.values()), firsts


@given(st.permutations(LETTERS), st.integers(2, 5))
def test_a_judge_that_prefers_what_comes_first_is_a_tie_every_time(order: list[str], count: int) -> None:
    first = Shown(tuple(order[:count]))
    second = Shown(first.letters[::-1])
    numbers = [str(place) for place in range(1, count + 1)]
    found = compared(
        ["Cost", "Risk"],
        (first, judgement(numbers, "Cost", "Risk")),
        (second, judgement(numbers, "Cost", "Risk")),
    )
    assert (found.wins, found.agreed, found.pairs) == ([[], []], 0, count * (count - 1))
    assert {cell(found, criterion, one) for criterion in (0, 1) for one in first.letters} == {"tie"}


@given(st.permutations(LETTERS), st.permutations(LETTERS))
def test_a_judge_that_goes_by_what_is_said_decides_every_pair(order: list[str], quality: list[str]) -> None:
    first, second = Shown(tuple(order)), Shown(tuple(order[::-1]))

    def by_quality(shown: Shown) -> Judgement:
        return judgement([str(shown.letters.index(one) + 1) for one in quality], " cost ")

    found = compared(["Cost"], (first, by_quality(first)), (second, by_quality(second)))
    assert found.agreed == found.pairs == 10
    assert set(found.wins[0]) == {
        (better, worse) for place, better in enumerate(quality) for worse in quality[place + 1 :]
    }


def test_what_makes_no_sense_decides_nothing() -> None:
    shown, back = Shown(("A", "B")), Shown(("B", "A"))
    good = judgement(["1", "2"], "Cost")
    for order in (["1", "1"], ["1", "9"], ["x"], [], ["[1]", "3"]):
        assert compared(["Cost"], (shown, good), (back, judgement(order, "Cost"))).agreed == 0
    assert compared(["Cost"], (shown, good), (back, judgement(["2", "1"], "Risk"))).agreed == 0
    assert read({"criteria": 7}) is None
    assert read(None) is None
    said = Judgement(
        criteria=good.criteria, remarks=[Remark(id="[2]", strength="Beats [1].", weakness="x" * 999)]
    )
    found = compared(["Cost"], (shown, said), (back, judgement(["2", "1"], "Cost")))
    assert found.strengths == {"B": "Beats **A**."}
    assert len(found.weaknesses["B"]) == 300
    options = [Option(one, one, one, one) for one in "AB"]
    assert "| **A** | better than B |" in table(options, found)
    assert "| **B** | worse than A |" in table(options, found)
    assert Comparison.model_validate(found.model_dump(mode="json")) == found


def test_names_are_taken_out_also_within_longer_ones_but_not_within_words() -> None:
    text = "I, SCRIBE (gpt-5-mini by OpenAI), say: mainly describe it. Poet's way, poetry, Main."
    found = blinded(text, NAMES, "Which boat?")
    assert found == "I, (name) ((name) by (name)), say: mainly describe it. (name)'s way, poetry, (name)."
    assert not re.search(r"scribe\b(?<!describe)|openai|gpt-5", found, re.IGNORECASE)
    assert "OpenAI" in blinded(
        "OpenAI is dear.", NAMES, "Do we stay with openai?"
    )  # it is what is asked about


def test_near_duplicates_are_found_and_others_are_not() -> None:
    texts = [
        "Buy the ferry, since it carries bicycles and people.",
        "Buy the ferry: it carries bicycles and people!",
        "Buy nothing and repair the kayak that we have.",
        "",
    ]
    assert alike(texts) == [(0, 1)]


@pytest.mark.slow
async def test_agents_draft_side_by_side_and_the_slowest_ends_it(bot_with: BotWith, member: Person) -> None:
    """An order of events, no stopwatch: all are asked before any of them is answered."""
    names = [f"agent{number}" for number in range(AGENTS)]
    model = Thinker({brief: f"Do it so: {brief}" for brief in messages.BRIEFS}, gate=asyncio.Event())
    await bot_with(consensus, config=house(*names, "judge", agents=names, count=AGENTS), model=model)
    asked = await member.slash("consensus", question="How?")

    async def all_are_asked() -> bool:
        return model.at_once == AGENTS

    await eventually(all_are_asked, 20)
    assert model.gate is not None
    model.gate.set()
    thread = await asked.thread()
    await thread.hears(f"**{AGENTS} proposals**")
    assert model.most_at_once == AGENTS
    prompts = [one.turns[-1].text for one in model.asked_for("")]
    assert all("Do it so" not in one for one in prompts)  # nobody is shown what another one proposes
    assert len({one for prompt in prompts for one in messages.BRIEFS if one in prompt}) == min(AGENTS, 8)
