"""Agents among themselves: a ping-pong at any speed is stopped and explained, a review by three is not."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agents.talk import Spoken, signature, why_stop
from bot.agents.talk_table import Talks
from bot.config.agents import BetweenAgentsSection
from bot.storage.database import Database
from tests.bot.agents.at_work import Office

LIMITS = BetweenAgentsSection()
REVIEW = (
    (
        "author",
        "style",
        "Here is the patch that caches parsed feeds by address and etag. Please look at the style.",
    ),
    (
        "style",
        "author",
        "Two names are unclear: rename `d` to `digest` and `go` to `fetch_once`. The rest reads well.",
    ),
    (
        "author",
        "safety",
        "Renamed both. Please check whether a hostile feed can fill the cache or poison an entry.",
    ),
    (
        "safety",
        "author",
        "An etag of a megabyte would be kept. Cap it at 200 bytes and drop the entry beyond that.",
    ),
    (
        "author",
        "safety",
        "Capped at 200 bytes with a test that sends a megabyte and finds nothing kept afterwards.",
    ),
    ("safety", "author", "That holds. I have no further objection and would merge it as it is now."),
    (
        "author",
        "style",
        "The cap brought a new constant, LONGEST_ETAG. Is its place above the class all right?",
    ),
    ("style", "author", "Yes, constants go above. Approved from my side."),
)


def _turns(said: Sequence[tuple[str, str, str]]) -> list[Spoken]:
    return [Spoken(speaker, to, signature(text), 100) for speaker, to, text in said]


def test_a_review_by_three_is_not_stopped() -> None:
    turns = _turns(REVIEW)
    assert [why_stop(turns[:count], LIMITS) for count in range(len(turns) + 1)] == [None] * (len(turns) + 1)


SAYINGS = st.sampled_from(["ping", "Thanks! You are right.", "I agree with you, please go on with it.", "ok"])
NOISE = st.tuples(
    st.integers(0, 10**9), st.sampled_from([str.upper, str.lower, str.title]), st.sampled_from("!. …")
)


@given(SAYINGS, SAYINGS, st.lists(NOISE, min_size=20, max_size=20))
def test_a_ping_pong_is_stopped_however_it_is_dressed_up(
    one: str, other: str, noise: list[tuple[int, object, str]]
) -> None:
    turns: list[Spoken] = []
    for at, (number, dressed, mark) in enumerate(noise):
        speaker, to, text = ("a", "b", one) if at % 2 == 0 else ("b", "a", other)
        turns += _turns([(speaker, to, f"{dressed(text)} {number}{mark}")])  # pyright: ignore[reportCallIssue] - methods of str
        if why_stop(turns, LIMITS):
            break
    assert len(turns) <= 2 + LIMITS.stalled
    assert "keep saying the same" in str(why_stop(turns, LIMITS))


AGENTS = st.sampled_from("abcde")


@given(
    st.lists(st.tuples(AGENTS, AGENTS, st.text(max_size=40), st.integers(0, 5_000)), min_size=17, max_size=40)
)
def test_nothing_goes_on_for_ever(said: list[tuple[str, str, str, int]]) -> None:
    turns: list[Spoken] = []
    for speaker, to, text, tokens in said:
        turns.append(Spoken(speaker, to, signature(text), tokens))
        if why_stop(turns, LIMITS):
            break
    assert len(turns) <= LIMITS.turns + 1
    assert sum(turn.tokens for turn in turns[:-1]) < LIMITS.tokens


def test_a_task_is_handed_on_so_often_and_not_more() -> None:
    chain = _turns([(f"a{at}", f"a{at + 1}", f"part {chr(97 + at) * 9} of it all") for at in range(4)])
    assert why_stop(chain[:3], LIMITS) is None
    assert "handed on 4 times" in str(why_stop(chain, LIMITS))


async def test_in_a_thread_it_holds_across_restarts_until_a_person_speaks(database: Database) -> None:
    async def play(turns: int) -> str | None:
        said = None
        for at in range(turns):
            talks = Talks(database, LIMITS)  # as after a restart
            speaker, to = ("a", "b") if at % 2 == 0 else ("b", "a")
            said = await talks.spoke(9, speaker, to, "over to you")
        return said

    assert await play(3) is None
    assert "keep saying the same" in str(await play(2))
    assert await Talks(database, LIMITS).spoke(10, "a", "b", "over to you") is None
    await Talks(database, LIMITS).person_spoke(9)
    assert await play(3) is None


async def test_a_task_is_handed_to_another_agent_and_comes_back() -> None:
    office = Office(others={"reviewer": {}})
    office.model.will_call("delegate", agent="reviewer", task="Is 7 prime?")
    office.model.will_say("Yes, 7 is prime.")
    office.model.will_say("The reviewer says yes.")
    reply = await office.agent(delegates=frozenset({"reviewer"})).converse("Ask around")
    assert reply.text == "The reviewer says yes."
    assert reply.used == ("delegate.reviewer",)
    assert (office.model.asked[1].prompt, office.model.asked[1].tools) == ("Is 7 prime?", ())
    assert reply.usage.input_tokens == 30


@pytest.mark.parametrize("wanted", ["nobody", ""])
async def test_only_those_it_may_are_handed_anything(wanted: str) -> None:
    office = Office()
    office.model.will_call("delegate", agent=wanted, task="x")
    office.model.will_say("No.")
    reply = await office.agent(delegates=frozenset({"reviewer"})).converse("Go")
    assert "may not hand anything" in reply.left_out[0]


async def test_agents_that_only_hand_on_come_to_an_end() -> None:
    names = frozenset({"a", "b", "c"})
    office = Office(others={name: {"delegates": names} for name in names})
    for number in range(60):
        office.model.will_call(
            "delegate", agent="abc"[number % 3], task=f"You do part {chr(97 + number % 26) * 5}"
        )
    for _ in range(40):
        office.model.will_say("Done what I could.")
    reply = await office.agent("a", delegates=names).converse("Go")
    assert "Done what I could." in reply.text
    refused = [turn.text for asked in office.model.asked for turn in asked.request.turns if turn.tool_failed]
    assert any("is the most; do it yourself" in text for text in refused)
    assert len(office.model.asked) < 90
