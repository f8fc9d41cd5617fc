"""What must reach a provider as it was: the model's own thinking, and the words its cache knows."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.llm.collect import ask
from bot.llm.protocol import (
    Request,
    Turn,
    Usage,
)
from tests.bot.llm.http_script import Reply, http_script, lines, named_sse, sse
from tests.bot.llm.providers import DIALECTS, opened
from tests.bot.llm.test_bad_providers import (
    MESSAGE_START,
    TEXT_START,
    WHOLE,
    message_end,
    ollama_part,
    openai_chunk,
    responses_end,
    responses_event,
    responses_text,
)
from tests.bot.llm.test_requests import ASK, SCHEMA, TURNS, sent


async def test_the_stable_beginning_is_marked_for_anthropics_cache() -> None:
    marked = {"type": "ephemeral"}
    body = (await sent("anthropic", ASK)).json
    instructions, note = body["system"]
    assert instructions == {"type": "text", "text": "Answer from the material.", "cache_control": marked}
    assert "cache_control" not in note, "it differs from conversation to conversation"
    assert body["messages"][-1]["content"][-1]["cache_control"] == marked
    single = replace(ASK, turns=TURNS[:1], tools=())
    body = (await sent("anthropic", single)).json
    assert body["system"][0]["cache_control"] == marked
    assert "cache_control" not in json.dumps(body["messages"]), "nobody will ask this again"


@pytest.mark.parametrize("name", DIALECTS)
async def test_the_next_round_begins_with_the_very_same_words(name: str) -> None:
    """A provider's cache finds nothing otherwise."""
    async with http_script(Reply(WHOLE[name])) as server, opened(name, server.url) as backend:
        more = (Turn("assistant", "Cold."), Turn("user", "And tomorrow?"))
        plain = replace(ASK, material=())
        for request in (plain, replace(plain, turns=(*TURNS, *more)), replace(plain, turns=more)):
            await ask(backend, request)
        first, second, other = (_conversation(received.json) for received in server.received)
    assert second[: len(first)] == first
    assert len(second) > len(first)
    assert other[0] != first[0], "another conversation has another nonce"


def _conversation(body: dict[str, Any]) -> list[str]:
    turns = body.get("messages") or body["input"]
    parts = [body.get("system"), body.get("instructions"), *turns]
    return [
        json.dumps(part).replace(', "cache_control": {"type": "ephemeral"}', "") for part in parts if part
    ]


THOUGHTS: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "b3BhcXVl"},
]


async def test_anthropics_thinking_goes_back_where_it_stood() -> None:
    blocks: list[dict[str, Any]] = [
        THOUGHTS[0],
        {"type": "text", "text": "I look. "},
        THOUGHTS[1],
        {"type": "text", "text": "Twice."},
        {"type": "tool_use", "id": "a1", "name": "weather", "input": {}},
        {"type": "tool_use", "id": "a2", "name": "tide", "input": {}},
    ]
    streamed = [_streamed(number, block) for number, block in enumerate(blocks)]
    body = named_sse(
        MESSAGE_START, *(event for events in streamed for event in events), *message_end("tool_use")[1:]
    )
    options = {"thinking": {"type": "enabled", "budget_tokens": 2_000}}
    asked = replace(ASK, turns=TURNS[:1], options=options)
    async with (
        http_script(Reply(body), Reply(WHOLE["anthropic"])) as server,
        opened("anthropic", server.url) as backend,
    ):
        answer = await ask(backend, asked)
        turn = Turn("assistant", answer.text, answer.tool_calls, opaque=answer.opaque)
        await ask(backend, replace(asked, turns=(TURNS[0], turn, *TURNS[2:])))
        first, second = (received.json for received in server.received)
    assert second["messages"][1]["content"] == blocks
    assert first["thinking"] == second["thinking"] == options["thinking"]
    assert first["max_tokens"] == 2_321, "thinking counts as well"
    assert "temperature" not in first, "it is refused beside thinking"


def _streamed(index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
    empty: dict[str, dict[str, Any]] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
    }
    start: dict[str, Any] = {
        "type": "content_block_start",
        "index": index,
        "content_block": {**block, **empty.get(block["type"], {})},
    }
    deltas: list[dict[str, Any]] = {
        "text": [{"type": "text_delta", "text": block.get("text")}],
        "thinking": [
            {"type": "thinking_delta", "thinking": block.get("thinking")},
            {"type": "signature_delta", "signature": block.get("signature")},
        ],
    }.get(block["type"], [])
    middle = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [start, *middle, {"type": "content_block_stop", "index": index}]


async def test_a_turn_of_another_model_switches_anthropics_thinking_off_for_that_round() -> None:
    options = {"thinking": {"type": "enabled", "budget_tokens": 2_000}}
    body = (await sent("anthropic", replace(ASK, options=options))).json
    assert "thinking" not in body
    assert body["temperature"] == 0.25


async def test_a_schema_beside_anthropics_thinking_is_asked_for_and_not_forced() -> None:
    options = {"thinking": {"type": "adaptive"}}
    request = Request("chat", "m", "", (Turn("user", "?"),), schema=SCHEMA, options=options)
    assert (await sent("anthropic", request)).json["tool_choice"] == {"type": "auto"}
    text = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": '{"name": "red"}'},
    }
    reply = Reply(named_sse(MESSAGE_START, TEXT_START, text, *message_end("end_turn")))
    async with http_script(reply) as server, opened("anthropic", server.url) as backend:
        assert (await ask(backend, request)).data == {"name": "red"}


async def test_openais_thinking_goes_back_where_it_stood() -> None:
    thought: dict[str, Any] = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "encrypted_content": "b3BhcXVl",
    }
    call = {"type": "function_call", "id": "fc", "call_id": "a1", "name": "weather", "arguments": "{}"}
    items: tuple[dict[str, Any], ...] = (
        thought,
        call,
        {**thought, "id": "rs_2"},
        {**call, "call_id": "a2", "name": "tide"},
    )
    done = [responses_event("output_item.done", output_index=at, item=item) for at, item in enumerate(items)]
    async with (
        http_script(Reply(sse(*done, responses_end())), Reply(WHOLE["responses"])) as server,
        opened("responses", server.url) as backend,
    ):
        answer = await ask(backend, replace(ASK, turns=TURNS[:1]))
        turn = Turn("assistant", answer.text, answer.tool_calls, opaque=answer.opaque)
        await ask(backend, replace(ASK, turns=(TURNS[0], turn, *TURNS[2:])))
        items_sent = server.received[1].json["input"][1:5]
    assert [item.get("id") for item in items_sent] == ["rs_1", None, "rs_2", None]
    assert items_sent[0] == thought
    assert items_sent[3]["call_id"] == "a2"


async def test_thinking_of_ollama_and_of_compatible_servers_goes_back() -> None:
    call: dict[str, Any] = {"function": {"name": "weather", "arguments": {}}}
    parts = (
        ollama_part(message={"role": "assistant", "content": "", "thinking": "Hm."}),
        ollama_part(message={"role": "assistant", "tool_calls": [call]}, done=True),
    )
    whole = (
        openai_chunk(reasoning_content="Hm."),
        openai_chunk("tool_calls", tool_calls=[{"index": 0, "id": "a1", "function": {"name": "weather"}}]),
    )
    for name, body, field in (
        ("ollama", lines(*parts), "thinking"),
        ("openai", sse(*whole, "[DONE]"), "reasoning_content"),
    ):
        async with (
            http_script(Reply(body), Reply(WHOLE[name])) as server,
            opened(name, server.url) as backend,
        ):
            answer = await ask(backend, replace(ASK, turns=TURNS[:1]))
            turn = Turn("assistant", "", answer.tool_calls, opaque=answer.opaque)
            for request in (
                replace(ASK, turns=(TURNS[0], turn)),
                replace(ASK, model="other", turns=(TURNS[0], turn)),
            ):
                await ask(backend, request)
            own, others = (received.json["messages"][2] for received in server.received[1:])
        assert own[field] == "Hm."
        assert field not in others, "another model's"


async def test_what_came_from_the_cache_is_counted() -> None:
    details = {"prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 64}}
    body = sse(openai_chunk("stop", content="a") | {"usage": details}, "[DONE]")
    told = {
        "input_tokens": 100,
        "output_tokens": 5,
        "total_tokens": 105,
        "input_tokens_details": {"cached_tokens": 64},
    }
    responses = sse(responses_text("a"), responses_end(usage=told))
    for name, reply in (("openai", body), ("responses", responses), ("anthropic", WHOLE["anthropic"])):
        async with http_script(Reply(reply)) as server, opened(name, server.url) as backend:
            usage = (await ask(backend, replace(ASK, turns=TURNS[:1]))).usage
        assert usage == (Usage(104, 9, 100) if name == "anthropic" else Usage(100, 5, 64))
