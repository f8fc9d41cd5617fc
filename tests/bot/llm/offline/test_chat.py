"""The offline model in a conversation: it quotes what people wrote, uses a tool by name, and claims no more."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.offline.backend import OfflineBackend
from bot.llm.offline.chat import CANNOT_CHAT, HERE
from bot.llm.offline.tools import named_tool
from bot.llm.protocol import (
    Event,
    Finished,
    Image,
    Passage,
    Request,
    TextDelta,
    ToolCall,
    ToolSpec,
    Turn,
    UnsupportedRequest,
)

SEARCH = ToolSpec(
    "feeds.search_feeds",
    "Searches feeds.",
    {
        "type": "object",
        "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}},
        "required": ["query"],
    },
)
LIST = ToolSpec("feeds.list_feeds", "Lists feeds.", {"type": "object", "properties": {}})
ADD = ToolSpec(
    "add",
    "Adds.",
    {
        "type": "object",
        "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
        "required": ["a", "b"],
    },
)
TOOLS = (SEARCH, LIST, ADD)


async def heard(
    *turns: Turn, tools: tuple[ToolSpec, ...] = (), material: tuple[Passage, ...] = ()
) -> list[Event]:
    request = Request("chat", "", "", turns, material=material, tools=tools)
    return [event async for event in OfflineBackend().stream(request)]


async def said(*turns: Turn, tools: tuple[ToolSpec, ...] = (), material: tuple[Passage, ...] = ()) -> str:
    events = await heard(*turns, tools=tools, material=material)
    return "".join(event.text for event in events if isinstance(event, TextDelta))


HISTORY = (
    Turn("user", "The picnic is on Saturday at the old harbour. Bring a blanket!"),
    Turn("assistant", "I am glad to hear it."),
    Turn("user", "Kari brings the strawberry cake, and Ola the lemonade."),
)


async def test_what_people_wrote_before_is_quoted() -> None:
    assert await said(*HISTORY, Turn("user", "Who brings the cake?")) == (
        f"{HERE}\n> Kari brings the strawberry cake, and Ola the lemonade."
    )


async def test_a_conversation_is_summed_up_in_its_own_words() -> None:
    summary = await said(*HISTORY, Turn("user", "Sum up what we said, please."))
    assert summary.startswith(HERE)
    assert "> The picnic is on Saturday at the old harbour." in summary
    assert "glad" not in summary, "our own words are no source"


async def test_sources_go_before_what_was_said_and_are_cited() -> None:
    source = Passage("7", "The cake of the year is brought by Ola.")
    answer = await said(*HISTORY, Turn("user", "Who brings the cake?"), material=(source,))
    assert answer == "The cake of the year is brought by Ola. [7]"


async def test_otherwise_it_says_what_it_is_and_what_it_can_do() -> None:
    assert await said(Turn("user", "hello")) == CANNOT_CHAT
    assert "offline model" in CANNOT_CHAT
    assert "`feeds.search_feeds: …`" in await said(Turn("user", "hello"), tools=TOOLS)


async def test_it_cannot_look_at_pictures_and_goes_on_after_that() -> None:
    picture = Turn("user", "What is it?", images=(Image("image/png", b"x"),))
    with pytest.raises(UnsupportedRequest, match="cannot look at pictures"):
        await said(*HISTORY, picture)
    assert "strawberry" in await said(*HISTORY, picture, Turn("user", "Who brings the cake?"))


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("search_feeds: moss and lichen", "feeds.search_feeds", {"query": "moss and lichen"}),
        ("use feeds.search_feeds for moss", "feeds.search_feeds", {"query": "moss"}),
        ("Please run the tool `search_feeds` with moss", "feeds.search_feeds", {"query": "moss"}),
        ('search_feeds {"query": "moss", "limit": 3}', "feeds.search_feeds", {"query": "moss", "limit": 3}),
        ("call list_feeds", "feeds.list_feeds", {}),
        ("list_feeds", "feeds.list_feeds", {}),
        ('add {"a": 1, "b": 2}', "add", {"a": 1, "b": 2}),
    ],
)
async def test_a_tool_is_used_by_its_name(text: str, name: str, arguments: dict[str, object]) -> None:
    events = await heard(*HISTORY, Turn("user", text), tools=TOOLS)
    (call,) = [event for event in events if isinstance(event, ToolCall)]
    assert (call.name, call.arguments) == (name, arguments)
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "tool_calls"
    results = (
        Turn("assistant", "", (call,)),
        Turn("tool", "Moss grows slowly.", tool_call_id=call.id),
    )
    assert (
        await said(*HISTORY, Turn("user", text), *results, tools=TOOLS)
        == f"`{name}` says:\nMoss grows slowly."
    )
    failed = replace(results[1], text="no network", tool_failed=True)
    assert (
        await said(*HISTORY, Turn("user", text), results[0], failed, tools=TOOLS)
        == f"`{name}` failed: no network"
    )


@pytest.mark.parametrize(
    "text",
    [
        "add milk to the list",
        "What does search_feeds do?",
        "search_feedsx: moss",
        "the search_feeds tool is fine",
        "I would use search_feeds",
    ],
)
async def test_no_tool_is_used_because_its_name_occurs(text: str) -> None:
    assert not [
        event for event in await heard(Turn("user", text), tools=TOOLS) if isinstance(event, ToolCall)
    ]


@pytest.mark.parametrize("text", ["use add", "use add for 1 and 2", "search_feeds", "search_feeds {broken"])
async def test_what_a_tool_still_needs_is_said(text: str) -> None:
    answer = await said(Turn("user", text), tools=TOOLS)
    assert "write it like this: `" in answer or "not JSON" in answer


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=20), max_size=4))
def test_no_message_and_no_name_of_a_tool_breaks_it(text: str, names: list[str]) -> None:
    tools = [ToolSpec(name, "", {"type": "object"}) for name in names]
    named_tool(text, tools, call_id="1")
    for name in names:
        named_tool(f"use {name} {text}", tools, call_id="1")
