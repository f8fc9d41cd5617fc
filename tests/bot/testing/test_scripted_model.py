"""A model that says what a test has written down for it."""

import asyncio

import pytest

from bot.errors import TimedOut
from bot.llm.collect import ask
from bot.llm.protocol import (
    Backend,
    BackendError,
    BackendUnreachable,
    ContentRefused,
    Passage,
    RateLimited,
    Request,
    Schema,
    ToolCall,
    ToolSpec,
    Turn,
    UnsupportedRequest,
)
from cogswarm.testing import ScriptedModel


def _request(text: str = "hello") -> Request:
    tool = ToolSpec("search", "Finds", {})
    return Request(
        "answer", "m", "Be kind.", (Turn("user", text),), material=(Passage("1", "a source"),), tools=(tool,)
    )


async def test_replies_come_in_their_order_and_requests_are_kept() -> None:
    model = ScriptedModel()
    assert isinstance(model, Backend)
    model.will_say("one, ", "two")
    model.will_call("search", query="tides")
    model.will_give({"queries": ["a"]})
    assert (await ask(model, _request("first"))).text == "one, two"
    called = await ask(model, _request())
    assert [(call.name, call.arguments) for call in called.tool_calls] == [("search", {"query": "tides"})]
    assert called.finish == "tool_calls"
    schema = Schema("plan", {"type": "object", "required": ["queries"]})
    structured = await ask(model, Request("plan", "m", "", (Turn("user", "x"),), schema=schema))
    assert structured.data == {"queries": ["a"]}
    asked = model.asked[0]
    assert (asked.prompt, asked.instructions, asked.purpose) == ("first", "Be kind.", "answer")
    assert ([one.text for one in asked.sources], asked.tools) == (["a source"], ("search",))
    assert (model.left, model.trouble_at_the_end()) == (0, None)


async def test_pieces_are_streamed_one_by_one() -> None:
    model = ScriptedModel()
    model.will_say("a", "b")
    model.will_call("search")
    model.will_call("search")
    events = [event async for event in model.stream(_request())]
    assert [getattr(event, "text", None) for event in events] == ["a", "b", None]
    calls = [event for _ in range(2) for event in [event async for event in model.stream(_request())]]
    assert len({call.id for call in calls if isinstance(call, ToolCall)}) == 2


async def test_it_fails_as_it_is_told_to() -> None:
    model = ScriptedModel()
    model.will_be_busy(retry_after=3)
    model.will_refuse()
    model.will_break_off("half")
    model.will_fail(BackendUnreachable("gone"), after="some")
    model.will_run_out("until here")
    with pytest.raises(RateLimited) as busy:
        await ask(model, _request())
    assert busy.value.retry_after == 3
    for error in (ContentRefused, BackendUnreachable, BackendUnreachable):
        with pytest.raises(error):
            await ask(model, _request())
    cut = await ask(model, _request())
    assert (cut.finish, cut.text) == ("length", "until here")
    with pytest.raises(UnsupportedRequest):
        await model.embed(["a"], model="m")


async def test_a_reply_can_be_for_some_requests_only() -> None:
    model = ScriptedModel()
    model.will_say("to b", when=lambda request: request.turns[-1].text == "b")
    model.will_say("to anything")
    assert (await ask(model, _request("a"))).text == "to anything"
    with pytest.raises(BackendError):
        await ask(model, _request("a"))
    trouble = model.trouble()
    assert trouble is not None
    assert "(number 2, to answer: “a”), and none of the 1 queued replies was for it" in trouble
    assert (await ask(model, _request("b"))).text == "to b"


async def test_a_held_reply_waits() -> None:
    model = ScriptedModel()
    held = model.will_hold("at last")
    with pytest.raises(TimedOut, match="Nobody asked"):
        await held.asked(timeout=0.01)
    answering = asyncio.create_task(ask(model, _request("now?")))
    assert (await held.asked()).prompt == "now?"
    assert (await held.asked()).prompt == "now?"
    assert not answering.done()
    held.release()
    assert (await answering).text == "at last"
    early = model.will_hold("at once")
    early.release()
    assert (await ask(model, _request())).text == "at once"


async def test_what_is_left_over_is_told_where_one_asks() -> None:
    model = ScriptedModel()
    model.will_say("never")
    assert model.trouble_at_the_end() is None
    model.must_be_used_up()
    assert model.trouble_at_the_end() == "1 replies of the scripted model were not used; it got 0 calls."
