"""The three SDK backends, their SDKs unpatched, against a server nobody here wrote."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from bot.llm.collect import ask
from bot.llm.protocol import (
    AuthFailed,
    BackendUnreachable,
    ContextTooLong,
    Finished,
    Passage,
    RateLimited,
    Request,
    Schema,
    TextDelta,
    ToolCall,
    ToolSpec,
    Turn,
    UnsupportedRequest,
)
from tests.bot.llm.providers import DIALECTS, events_of, opened

WEATHER = ToolSpec(
    "weather",
    "The weather of a town.",
    {
        "type": "object",
        "properties": {"town": {"type": "string"}, "days": {"type": "array"}},
        "required": ["town"],
    },
)
PLAN = Schema(
    "plan",
    {
        "type": "object",
        "properties": {"queries": {"type": "array", "items": {"type": "string"}}},
        "required": ["queries"],
        "additionalProperties": False,
    },
)


def request(text: str, **changes: object) -> Request:
    return replace(Request("chat", "some-model", "Be kind.", (Turn("user", text),)), **changes)


@pytest.mark.parametrize("name", DIALECTS)
async def test_text_comes_in_pieces(aimock: str, name: str) -> None:
    async with opened(name, aimock) as backend:
        events = await events_of(backend, request("greet me"))
    pieces = [event.text for event in events if isinstance(event, TextDelta) and event.text]
    assert len(pieces) > 3
    assert "".join(pieces) == "Good morning, dear gardener of the northern fields."
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stop"


@pytest.mark.parametrize(
    "name", ["responses", "openai", "anthropic"]
)  # aimock gives no counts in Ollama's words
async def test_usage_is_what_the_provider_counted(aimock: str, name: str) -> None:
    async with opened(name, aimock) as backend:
        answer = await ask(backend, request("greet me"))
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 9)


@pytest.mark.parametrize("name", DIALECTS)
async def test_thinking_is_a_sign_of_life_and_not_text(aimock: str, name: str) -> None:
    async with opened(name, aimock) as backend:
        events = await events_of(backend, request("ponder, then speak"))
    texts = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(texts) == "Well met."
    assert texts[0] == ""


@pytest.mark.parametrize("name", DIALECTS)
async def test_parallel_tool_calls_and_their_results(aimock: str, name: str) -> None:
    first = request("weather in two towns", tools=(WEATHER,))
    async with opened(name, aimock) as backend:
        answer = await ask(backend, first)
        assert answer.finish == "tool_calls"
        assert [(call.name, call.arguments) for call in answer.tool_calls] == [
            ("weather", {"town": "Tromso", "days": [1, 2]}),
            ("weather", {"town": "Bergen"}),
        ]
        assert len({call.id for call in answer.tool_calls}) == 2
        results = tuple(
            Turn("tool", weather, tool_call_id=call.id)
            for call, weather in zip(answer.tool_calls, ("snow", "rain"), strict=True)
        )
        turns = (*first.turns, Turn("assistant", answer.text, tool_calls=answer.tool_calls), *results)
        final = await ask(backend, replace(first, turns=turns))
    assert final.text == "Snow in Tromso, rain in Bergen."
    assert final.tool_calls == ()


THINKING: dict[str, tuple[str, dict[str, Any]]] = {
    "responses": ("gpt-5-mini", {}),
    "anthropic": ("claude-haiku-4-5", {"thinking": {"type": "enabled", "budget_tokens": 1_024}}),
    "openai": ("deepseek-reasoner", {}),
}


@pytest.mark.parametrize("name", THINKING)  # of Ollama, aimock's tool calls come without thinking
async def test_thinking_goes_back_as_it_came_in_a_tool_loop(aimock: str, name: str) -> None:
    # In Anthropic's words, aimock refuses a second round that does not begin with signed thinking.
    model, options = THINKING[name]
    first = request("think about the weather", tools=(WEATHER,), model=model, options=options)
    async with opened(name, aimock) as backend:
        answer = await ask(backend, first)
        assert len(answer.tool_calls) == 2
        assert answer.opaque, "the thinking"
        results = tuple(Turn("tool", "snow", tool_call_id=call.id) for call in answer.tool_calls)
        recorded = TypeAdapter(Turn).validate_json(
            TypeAdapter(Turn).dump_json(
                Turn("assistant", answer.text, answer.tool_calls, opaque=answer.opaque)
            )
        )
        final = await ask(backend, replace(first, turns=(*first.turns, recorded, *results)))
        assert final.text == "I thought so."
        # Another model's turn has no thinking that this one could read: it goes on without.
        foreign = replace(recorded, opaque=({"backend": "another", "thinking": "?"},))
        final = await ask(backend, replace(first, turns=(*first.turns, foreign, *results)))
        assert final.text == "I thought so."


@pytest.mark.parametrize("name", DIALECTS)
async def test_a_schema_is_filled(aimock: str, name: str) -> None:
    async with opened(name, aimock) as backend:
        answer = await ask(backend, request("plan it", schema=PLAN))
    assert answer.data == {"queries": ["moss", "lichen"]}
    assert answer.finish == "stop"
    assert answer.tool_calls == ()


@pytest.mark.parametrize("name", DIALECTS)
async def test_material_travels_with_the_question(aimock: str, name: str) -> None:
    # Its matching looks for the words in the last user message: the question must still be there.
    material = (Passage("1", "Moss grows on the north side."),)
    async with opened(name, aimock) as backend:
        answer = await ask(backend, request("greet me", material=material))
    assert answer.text.startswith("Good morning")


@pytest.mark.parametrize("name", DIALECTS)
async def test_a_wrong_key_is_said_and_not_shown(aimock: str, name: str) -> None:
    async with opened(name, aimock, key="sk-wrong-987654321") as backend:
        with pytest.raises(AuthFailed) as raised:
            await ask(backend, request("greet me"))
    assert "987654321" not in str(raised.value)
    assert "api_key" in str(raised.value)


@pytest.mark.parametrize(
    "name", ["responses", "openai", "anthropic"]
)  # its Ollama errors have another provider's shape
async def test_too_many_requests_say_when_to_come_back(aimock: str, name: str) -> None:
    async with opened(name, aimock) as backend:
        with pytest.raises(RateLimited) as raised:
            await ask(backend, request("too often"))
    assert raised.value.retry_after == 7


@pytest.mark.parametrize(
    "name", ["responses", "openai", "anthropic"]
)  # its Ollama errors have another provider's shape
async def test_too_long_a_request_is_known_as_such(aimock: str, name: str) -> None:
    async with opened(name, aimock) as backend:
        with pytest.raises(ContextTooLong):
            await ask(backend, request("too long"))


@pytest.mark.parametrize("name", DIALECTS)
async def test_a_cut_stream_is_no_answer(aimock: str, name: str) -> None:
    async with opened(name, aimock) as backend:
        with pytest.raises(BackendUnreachable):
            await events_of(backend, request("cut short"))


async def test_embeddings(aimock: str) -> None:
    async with opened("openai", aimock) as backend:
        assert await backend.embed(["moss", "moss again"], model="small") == [[0.5, -0.25, 0.125]] * 2
        assert await backend.embed([], model="small") == []


async def test_no_embeddings_is_said(aimock: str) -> None:
    async with opened("anthropic", aimock) as backend:
        with pytest.raises(UnsupportedRequest, match="embeddings"):
            await backend.embed(["moss"], model="small")


async def test_leaving_early_ends_the_call(aimock: str) -> None:
    async with opened("openai", aimock) as backend:
        async for event in backend.stream(request("greet me")):
            assert not isinstance(event, ToolCall)
            break
        answer = await ask(backend, request("greet me"))
    assert answer.text.startswith("Good morning")
