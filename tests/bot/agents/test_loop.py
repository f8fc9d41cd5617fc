"""The tool loop: rounds of tools until there is an answer, each limit ends it in order, and nothing that happens ends it badly."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.agents.asking import BROKE_OFF, SHORTENED
from bot.agents.loop import NO_WORDS
from bot.agents.meter import BudgetUsedUp
from bot.clock import Clock
from bot.config.agents import BudgetSection, LoopSection
from bot.errors import OutsideError, UserError
from bot.llm.protocol import (
    BackendUnreachable,
    BadAnswer,
    ContextTooLong,
    Image,
    RateLimited,
    Schema,
    Turn,
    Usage,
)
from bot.mcp.results import ToolResult
from bot.testing.scripted_model import ScriptedModel
from tests.bot.agents.at_work import Office, tool
from tests.waiting import eventually


def called(*names: str) -> list[tuple[str, dict[str, Any]]]:
    """Calls without arguments."""
    return [(name, {}) for name in names]


@pytest.fixture
def office() -> Office:
    made = Office()
    made.tools.add(tool("feeds", "search"), lambda given: f"found {given.get('q', 'nothing')}")
    made.tools.add(tool("feeds", "read"), lambda _given: "a page")
    return made


async def test_tools_are_used_side_by_side_and_the_model_reads_what_they_answered(office: Office) -> None:
    office.model.will_call_all(("feeds__search", {"q": "tides"}), ("feeds__read", {}), said="Let me look.")
    office.model.will_say("It is ", "the moon.")
    talk = office.agent().converse("Why tides?")
    pieces = [piece async for piece in talk]
    reply = await talk
    assert "".join(pieces) == "Let me look.\n\nIt is the moon."
    assert (reply.text, reply.ended, reply.used) == (
        "It is the moon.",
        "done",
        ("feeds.search", "feeds.read"),
    )
    assert office.tools.most_together == 2
    turns = office.model.asked[1].request.turns
    assert [turn.role for turn in turns] == ["user", "assistant", "tool", "tool"]
    assert [turn.text for turn in turns[2:]] == ["found tides", "a page"]
    assert reply.usage == Usage(20, 10)
    assert reply.tainted
    assert reply.turns[0].tool_calls[0].name == "feeds__search"
    assert "Writer: Using search of feeds" in office.wall.shown
    assert "Writer: feeds: half way" in office.wall.shown


async def test_what_nobody_allows_is_refused_with_its_reason(office: Office) -> None:
    office.tools.add(tool("feeds", "post", read_only=False))
    office.tools.add(tool("feeds", "odd", blocked="odd of feeds has changed since it was accepted."))
    office.tools.add(tool("feeds", "away", available=False, reason="it does not start"))
    office.tools.add(tool("files", "write"))
    names = ("feeds__post", "feeds__odd", "feeds__away", "files__write", "nonsense")
    office.model.will_call_all(*called(*names))
    office.model.will_say("I could not.")
    reply = await office.agent().converse("Do it")
    said = [turn.text for turn in office.model.asked[1].request.turns[2:]]
    assert "a person has to agree" in said[0]
    assert "changed since" in said[1]
    assert "does not start" in said[2]
    assert "may not use write of files" in said[3]
    assert "may not use nonsense" in said[4]
    assert all(turn.tool_failed for turn in office.model.asked[1].request.turns[2:])
    assert office.tools.called == []
    assert len(reply.left_out) == 5
    assert "files__write" not in office.model.asked[0].tools


async def test_the_member_is_asked_about_at_each_use(office: Office) -> None:
    def leaves(_given: object) -> str:
        office.people.known.clear()
        return "ok"

    office.tools.does["feeds.search"] = leaves
    office.model.will_call("feeds__search")
    office.model.will_call("feeds__read")
    office.model.will_say("They left.")
    await office.agent().converse("Go")
    assert [name for name, _ in office.tools.called] == ["feeds.search"]
    assert "not a member of this server any more" in office.model.asked[2].request.turns[-1].text


async def test_roles_decide_for_whom_it_uses_tools(office: Office) -> None:
    office.model.will_call("feeds__read")
    office.model.will_say("No.")
    await office.agent(roles=frozenset({1234})).converse("Go")
    assert office.tools.called == []
    assert "<@&1234>" in office.model.asked[1].request.turns[-1].text


async def test_failures_and_long_answers_go_back_to_the_model(office: Office) -> None:
    def breaks(error: Exception) -> Any:
        def does(_given: object) -> str:
            raise error

        return does

    office.tools.add(tool("feeds", "away"), breaks(OutsideError("The feed is gone.")))
    office.tools.add(tool("feeds", "bug"), breaks(ZeroDivisionError("secret detail")))
    office.tools.add(tool("feeds", "long"), lambda _given: "x" * 900)
    office.tools.add(tool("feeds", "empty"), lambda _given: "")
    office.tools.add(tool("feeds", "data"), lambda _given: ToolResult("", structured={"a": 1}))
    office.tools.add(tool("feeds", "no"), lambda _given: ToolResult("bad id", is_error=True))
    pictures = [Image("image/png", b"x")] * 6
    office.tools.add(tool("feeds", "see"), lambda _given: ToolResult("look", images=pictures))
    names = ("away", "bug", "long", "empty", "data", "no", "see")
    office.model.will_call_all(*called(*(f"feeds__{name}" for name in names)))
    office.model.will_say("Well.")
    reply = await office.agent(limits=LoopSection(characters=500)).converse("Go")
    turns = dict(zip(names, office.model.asked[1].request.turns[2:], strict=True))
    assert turns["away"].text == "The feed is gone."
    assert "is broken (error " in turns["bug"].text
    assert "secret" not in turns["bug"].text
    assert "400 of 900 characters are left out" in turns["long"].text
    assert turns["empty"].text == "It answered nothing."
    assert turns["data"].text == '{"a": 1}'
    assert [name for name, turn in turns.items() if turn.tool_failed] == ["away", "bug", "no"]
    assert len(turns["see"].images) == len(reply.images) == 4
    assert "2 pictures were left out" in turns["see"].text


async def test_a_tool_that_hangs_has_its_time(office: Office) -> None:
    office.tools.hold = asyncio.Event()
    office.model.will_call("feeds__read")
    office.model.will_say("It hung.")
    await office.agent(limits=LoopSection(seconds=0.05)).converse("Go")
    assert "did not answer within 0.05 seconds" in office.model.asked[1].request.turns[-1].text
    assert office.tools.together == 0


async def test_it_can_be_stopped_while_tools_are_used(office: Office) -> None:
    office.tools.hold = asyncio.Event()
    office.model.will_call_all(("feeds__read", {}), ("feeds__search", {}))

    async def whole() -> object:
        return await office.agent().converse("Go")

    async def gone_through() -> object:
        return [piece async for piece in office.agent().converse("Go")]

    for hold in (whole, gone_through):
        task = asyncio.create_task(hold())

        async def both() -> bool:
            return office.tools.together == 2

        await eventually(both)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert office.tools.together == 0
        office.record.recorded.clear()
        office.model.will_call_all(("feeds__read", {}), ("feeds__search", {}))


async def test_rounds_end_in_order(office: Office) -> None:
    for number in range(3):
        office.model.will_call("feeds__search", q=number)
    office.model.will_say("So far: two.")
    reply = await office.agent(limits=LoopSection(rounds=3)).converse("Go")
    assert reply.ended == "rounds"
    assert reply.text.startswith("So far: two.")
    assert "Ended early: It may use its tools in 3 rounds at most." in reply.text
    last = office.model.asked[-1].request.turns[-1]
    assert "answer now" in last.text


async def test_the_same_call_again_and_again_is_refused_and_then_ended(office: Office) -> None:
    for _ in range(5):
        office.model.will_call("feeds__search", q="tides", depth={"a": [1]})
    office.model.will_say("I keep asking.")
    reply = await office.agent().converse("Go")
    assert len(office.tools.called) == 2
    assert reply.ended == "repeats"


async def test_too_many_at_once_are_left_for_the_next_round(office: Office) -> None:
    office.model.will_call_all(*(("feeds__search", {"q": number}) for number in range(5)))
    office.model.will_say("ok")
    await office.agent(limits=LoopSection(calls=2)).converse("Go")
    assert len(office.tools.called) == 2
    assert sum("too many" in turn.text for turn in office.model.asked[1].request.turns) == 3


async def test_at_the_end_of_the_budget_what_was_found_is_put_into_words(office: Office) -> None:
    def dear(_given: object) -> str:
        office.purse.spent = office.purse.tokens - 1_000
        return "found"

    office.purse.kept = 999
    office.tools.does["feeds.search"] = dear
    office.model.will_call("feeds__search", q="tides")
    office.model.will_say("Only this much.")
    reply = await office.agent(answer_tokens=64).converse("Go")
    assert reply.ended == "budget"
    assert reply.text.startswith("Only this much.")
    assert "The purse is empty." in reply.text


async def test_without_even_that_it_says_so(office: Office) -> None:
    office.purse.tokens = 200
    office.model.will_call("feeds__search", q="x" * 400)
    reply = await office.agent(answer_tokens=64).converse("Go")
    assert reply.text.startswith(NO_WORDS)
    assert reply.left_out == ("The purse is empty.",)
    office.record.recorded.clear()
    office.purse.spent = 200
    with pytest.raises(BudgetUsedUp):
        await office.agent().converse("Go")


async def test_time_ends_it_too(office: Office) -> None:
    now = 0.0
    office.clock = Clock(monotonic=lambda: now)

    def takes_long(_given: object) -> str:
        nonlocal now
        now = 1_000.0
        return "done"

    office.tools.does["feeds.read"] = takes_long
    office.model.will_call("feeds__read")
    office.model.will_say("Late.")
    reply = await office.agent(budget=BudgetSection(seconds=900)).converse("Go")
    assert (reply.ended, reply.text.partition("\n")[0]) == ("time", "Late.")


FORM = Schema("verdict", {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]})


async def test_data_is_checked_and_repaired_once(office: Office) -> None:
    office.model.will_call("feeds__read")
    office.model.will_say("Yes!")
    office.model.will_give({"ok": True})
    talk = office.agent().converse("Good?", schema=FORM)
    pieces = [piece async for piece in talk]
    assert (await talk).data == {"ok": True}
    assert pieces == []
    assert "matches the schema" in office.model.asked[2].request.turns[-1].text
    office.record.recorded.clear()
    office.model.will_say("Yes!")
    office.model.will_say("Yes, really!")
    with pytest.raises(BadAnswer, match="twice"):
        await office.agent().converse("Good?", schema=FORM)


async def test_a_model_that_does_not_answer_is_left_for_the_next(office: Office) -> None:
    first, second = ScriptedModel(), ScriptedModel()
    agent = office.agent(models=office.persona("x", first, second).models)
    first.will_be_busy()
    second.will_say("Here I am.")
    reply = await agent.converse("Hello")
    assert (reply.text, reply.model) == ("Here I am.", "model2")
    assert "model2 has taken over" in reply.notes[0]
    first.will_fail(BackendUnreachable("gone"), after="Well, ")
    second.will_say("Again.")
    pieces = [piece async for piece in agent.converse("Hello")]
    assert "".join(pieces) == f"Well, {BROKE_OFF}Again."
    first.will_refuse()
    with pytest.raises(OutsideError, match="declined"):
        await agent.converse("Hello")
    first.will_be_busy()
    second.will_fail(RateLimited("busy too"))
    spent = office.purse.spent
    with pytest.raises(RateLimited):
        await agent.converse("Hello")
    assert office.purse.spent == spent


async def test_a_long_conversation_is_compacted_once_and_people_are_told(office: Office) -> None:
    history = [Turn("user" if at % 2 == 0 else "assistant", f"{at} " + "word " * 50) for at in range(21)]
    office.model.will_fail(ContextTooLong("too long"))
    office.model.will_say("In short: yes.")
    reply = await office.agent().converse(history)
    assert reply.notes == (SHORTENED,)
    shorter = office.model.asked[1].request.turns
    assert shorter[-1] == history[-1]
    assert "were left out" in shorter[0].text
    assert sum(len(turn.text) for turn in shorter) < sum(len(turn.text) for turn in history) * 0.6
    office.record.recorded.clear()
    office.model.will_fail(ContextTooLong("too long"))
    office.model.will_fail(ContextTooLong("still too long"))
    with pytest.raises(ContextTooLong):
        await office.agent().converse(history)


async def test_after_a_restart_nothing_recorded_is_done_again(office: Office) -> None:
    office.model.will_call_all(("feeds__search", {"q": 1}), ("feeds__read", {}), said="Looking.")
    held = office.model.will_hold("The end.")
    task = asyncio.create_task(_read(office))
    await held.asked()
    task.cancel()
    await asyncio.wait({task})
    office.model.will_say("The end.")
    again = replace(office)
    assert await _read(again) == "Looking.\n\nThe end."
    assert len(office.tools.called) == 2
    assert len(office.model.asked) == 3


async def _read(office: Office) -> str:
    return "".join([piece async for piece in office.agent().converse("Go")])


async def test_the_offline_label_stands_under_the_text(office: Office) -> None:
    office.model.label = "made up"
    office.model.will_say("Hm.")
    assert (await office.agent().converse("Hello")).text == "Hm.\n-# made up"


def test_sizes_hold_whatever_a_model_does() -> None:
    calls = st.lists(
        st.sampled_from(["feeds__search", "feeds__read", "delegate", "x__y"]), min_size=1, max_size=6
    )

    @given(st.lists(calls, max_size=12), st.integers(1, 6), st.integers(1, 3), st.integers(300, 4_000))
    @settings(max_examples=60, deadline=None)
    def check(rounds: list[list[str]], most: int, repeats: int, tokens: int) -> None:
        asyncio.run(_within_bounds(rounds, most, repeats, tokens))

    check()


async def _within_bounds(rounds: list[list[str]], most: int, repeats: int, tokens: int) -> None:
    office = Office()
    office.tools.add(tool("feeds", "search"))
    office.tools.add(tool("feeds", "read"))
    office.purse.tokens, office.purse.kept = tokens, tokens // 5
    for names in rounds:
        office.model.will_call_all(*called(*names))
    for _ in range(3):
        office.model.will_say("done")
    limits = LoopSection(rounds=most, calls=3, repeats=repeats)
    try:
        reply = await office.agent(limits=limits, answer_tokens=64).converse("Go")
    except UserError:
        assert office.model.asked == []
    else:
        assert reply.text
    assert len(office.model.asked) <= most + 1
    assert len(office.tools.called) <= 2 * repeats
    assert office.purse.spent <= tokens
