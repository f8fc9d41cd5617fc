"""What the SDK backends send: everything a request holds, in the provider's words, and no secret of others."""

import json
import re
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.llm.protocol import (
    BadAnswer,
    Passage,
    Request,
    Schema,
    ToolCall,
    ToolSpec,
    Turn,
)
from tests.bot.llm.http_script import Received, Reply, http_script, lines, named_sse, sse
from tests.bot.llm.providers import DIALECTS, KEY, NAMES, opened
from tests.bot.llm.test_bad_providers import (
    MESSAGE_START,
    WHOLE,
    collected,
    message_end,
    ollama_part,
    openai_chunk,
    responses_end,
    responses_event,
)

DEEP = {
    "type": "object",
    "properties": {
        "place": {
            "anyOf": [
                {"type": "string", "minLength": 2},
                {
                    "type": "object",
                    "properties": {"lat": {"type": "number", "minimum": -90}},
                    "required": ["lat"],
                },
            ],
            "default": None,
        },
        "unit": {"$ref": "#/$defs/unit"},
    },
    "$defs": {"unit": {"enum": ["C", None]}},
    "additionalProperties": False,
}
CALLS = (ToolCall("a1", "weather", {"place": "Å"}), ToolCall("a2", "tide", {}))
TURNS = (
    Turn("user", "What is it like?"),
    Turn("assistant", "", tool_calls=CALLS),
    Turn("tool", "snow", tool_call_id="a1"),
    Turn("tool", "low", tool_call_id="a2"),
)
ASK = Request(
    "answer",
    "some-model",
    "Answer from the material.",
    TURNS,
    material=(Passage("7", "Snow fell.\x00", title="Weather", author="Kari"),),
    tools=(ToolSpec("weather", "Says it.", DEEP),),
    max_tokens=321,
    temperature=0.25,
)


async def sent(name: str, request: Request) -> Received:
    async with http_script(Reply(WHOLE[name])) as server:
        await collected(name, server.url, request)
        return server.received[0]


@pytest.mark.parametrize("name", DIALECTS)
async def test_a_tools_schema_arrives_intact(name: str) -> None:
    tool: dict[str, Any] = (await sent(name, ASK)).json["tools"][0]
    place = {"anthropic": tool.get("input_schema"), "responses": tool.get("parameters")}
    assert (place[name] if name in place else tool["function"]["parameters"]) == DEEP


@pytest.mark.parametrize("name", DIALECTS)
async def test_all_say_the_same(name: str) -> None:
    received = await sent(name, ASK)
    body = received.json
    texts = texts_in(body)
    assert body["model"] == "some-model"
    assert any("Answer from the material." in text for text in texts)
    assert any('id="7"' in text and 'author="Kari"' in text and "Snow fell.\n" in text for text in texts)
    assert any(text.endswith("What is it like?") for text in texts)
    assert any("<untrusted-" in text and "snow" in text for text in texts)
    assert not any("\x00" in text for text in texts)


def texts_in(node: object) -> list[str]:
    match node:
        case str():
            return [node]
        case dict():
            return [text for value in cast("dict[str, object]", node).values() for text in texts_in(value)]
        case list():
            return [text for value in cast("list[object]", node) for text in texts_in(value)]
        case _:
            return []


async def test_openai_shape() -> None:
    body = (await sent("openai", ASK)).json
    assert body["max_tokens"] == 321
    assert body["temperature"] == 0.25
    assert body["stream_options"] == {"include_usage": True}
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool"]
    assert [call["id"] for call in body["messages"][2]["tool_calls"]] == ["a1", "a2"]
    assert [message["tool_call_id"] for message in body["messages"][3:]] == ["a1", "a2"]


async def test_anthropic_shape() -> None:
    body = (await sent("anthropic", ASK)).json
    assert body["max_tokens"] == 321
    assert body["temperature"] == 0.25
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    kinds = [block["type"] for block in body["messages"][2]["content"]]
    assert kinds == ["tool_result", "tool_result"], "parallel results belong into one message"
    assert [block["type"] for block in body["messages"][1]["content"]] == ["tool_use", "tool_use"]


async def test_ollama_shape() -> None:
    request = replace(ASK, options={"num_ctx": 16_000, "keep_alive": "5m"})
    body = (await sent("ollama", request)).json
    assert body["options"] == {"num_predict": 321, "temperature": 0.25, "num_ctx": 16_000}
    assert body["keep_alive"] == "5m"
    assert [message.get("tool_name") for message in body["messages"][-2:]] == ["weather", "tide"]


@pytest.mark.parametrize("name", DIALECTS)
async def test_the_key_is_sent_as_a_header_only(name: str) -> None:
    received = await sent(name, ASK)
    assert KEY in " ".join(received.headers.values())
    assert KEY.encode() not in received.body
    assert KEY not in received.path


@pytest.mark.parametrize("name", DIALECTS)
async def test_keys_in_the_environment_go_nowhere_by_themselves(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OLLAMA_API_KEY"):
        monkeypatch.setenv(variable, "sk-from-the-environment")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-from-the-environment")
    async with http_script(Reply(WHOLE[name])) as server, opened(name, server.url, key=None) as backend:
        async for _ in backend.stream(ASK):
            pass
        headers = " ".join(server.received[0].headers.values())
    assert "sk-from-the-environment" not in headers


@pytest.mark.parametrize("name", NAMES)
async def test_the_key_is_in_no_repr(name: str) -> None:
    async with opened(name, "http://127.0.0.1:9") as backend:
        assert KEY not in repr(backend)
        assert KEY not in repr(vars(backend))


async def test_responses_shape() -> None:
    body = (await sent("responses", ASK)).json
    assert body["max_output_tokens"] == 321
    assert body["temperature"] == 0.25
    assert body["store"] is False, "nothing is kept at the provider"
    assert "include" not in body, "a model that does not think refuses to be asked for it"
    kinds = [item.get("type") or item["role"] for item in body["input"]]
    assert kinds == ["user", "function_call", "function_call", "function_call_output", "function_call_output"]
    assert [item["call_id"] for item in body["input"][1:]] == ["a1", "a2", "a1", "a2"]
    assert body["tools"][0]["strict"] is False


@pytest.mark.parametrize("model", ["o4-mini", "gpt-5.4-mini", "gpt-10"])
async def test_a_model_that_thinks_is_asked_for_its_thinking_in_encrypted_form(model: str) -> None:
    body = (await sent("responses", replace(ASK, model=model))).json
    assert body["include"] == ["reasoning.encrypted_content"]
    chat = await sent("responses", replace(ASK, model="gpt-5-chat-latest", options={"max_tokens": 5}))
    assert "include" not in chat.json
    assert chat.json["max_output_tokens"] == 5


@pytest.mark.parametrize("name", DIALECTS)
async def test_names_of_tools_that_a_provider_refuses_are_translated_both_ways(name: str) -> None:
    odd = "feeds.search feeds/" + "x" * 80
    request = replace(ASK, tools=(ToolSpec(odd, "Searches.", {"type": "object"}), ASK.tools[0]))
    body = (
        await sent(name, replace(request, turns=(*TURNS, Turn("assistant", "", (ToolCall("a3", odd, {}),)))))
    ).json
    tool = body["tools"][0]
    told = tool["function"]["name"] if "function" in tool else tool["name"]
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", told)
    assert json.dumps(body).count(told) == 2, "in the list, and in the history"
    assert odd not in json.dumps(body)
    async with http_script(Reply(CALLED[name].replace("TOLD", told))) as server:
        events = await collected(name, server.url, request)
    assert [event.name for event in events if isinstance(event, ToolCall)] == [odd]


FUNCTION = {"type": "function_call", "id": "f", "call_id": "c", "name": "TOLD", "arguments": "{}"}
USE: dict[str, Any] = {
    "type": "content_block_start",
    "index": 0,
    "content_block": {"type": "tool_use", "id": "c", "name": "TOLD", "input": {}},
}
CALLED = {
    "openai": sse(
        openai_chunk("tool_calls", tool_calls=[{"index": 0, "id": "c", "function": {"name": "TOLD"}}]),
        "[DONE]",
    ),
    "responses": sse(responses_event("output_item.done", output_index=0, item=FUNCTION), responses_end()),
    "anthropic": named_sse(MESSAGE_START, USE, *message_end("tool_use")),
    "ollama": lines(
        ollama_part(
            message={"role": "assistant", "tool_calls": [{"function": {"name": "TOLD", "arguments": {}}}]},
            done=True,
        )
    ),
}


SCHEMA = Schema("colour", {"type": "object", "properties": {"name": {"type": "string"}}})


async def test_a_schema_in_each_providers_words() -> None:
    request = Request("chat", "m", "", (Turn("user", "?"),), schema=SCHEMA)
    body = (await sent("openai", request)).json
    assert body["response_format"]["json_schema"] == {"name": "colour", "schema": SCHEMA.definition}
    body = (await sent("responses", replace(request, options={"text": {"verbosity": "low"}}))).json
    form = {"type": "json_schema", "name": "colour", "schema": SCHEMA.definition, "strict": False}
    assert body["text"] == {"verbosity": "low", "format": form}
    body = (await sent("anthropic", request)).json
    assert body["tools"][0]["input_schema"] == SCHEMA.definition
    assert body["tool_choice"] == {"type": "tool", "name": "colour"}
    assert (await sent("ollama", request)).json["format"] == SCHEMA.definition


async def test_a_schema_beside_tools_leaves_the_tools_usable() -> None:
    request = replace(ASK, schema=SCHEMA)
    assert (await sent("anthropic", request)).json["tool_choice"] == {"type": "any"}
    assert "format" not in (await sent("ollama", request)).json


EMBEDDINGS = {
    "openai": {"data": [{"index": 1, "embedding": [3, 4]}, {"index": 0, "embedding": [1, 2]}]},
    "ollama": {"model": "m", "embeddings": [[1, 2], [3, 4]]},
}


@pytest.mark.parametrize("name", EMBEDDINGS)
async def test_embeddings_come_in_order(name: str) -> None:
    body = json.dumps(EMBEDDINGS[name])
    async with (
        http_script(Reply(body, kind="application/json")) as server,
        opened(name, server.url) as backend,
    ):
        assert await backend.embed(["a", "b"], model="m") == [[1.0, 2.0], [3.0, 4.0]]
        assert server.received[0].json["input"] == ["a", "b"]


@pytest.mark.parametrize("name", ["openai", "ollama"])
@pytest.mark.parametrize(
    "vectors", ["[[1, 2]]", "[[1, 2], [3]]", "[[], []]", '[["x"], ["y"]]', "[[NaN], [1]]", "5", "null"]
)
async def test_embeddings_that_do_not_fit_are_nonsense(name: str, vectors: str) -> None:
    rows = f'"data": {_rows(vectors)}' if name == "openai" else f'"embeddings": {vectors}'
    reply = Reply(f'{{"model": "m", {rows}}}', kind="application/json")
    async with http_script(reply) as server, opened(name, server.url) as backend:
        with pytest.raises(BadAnswer):
            await backend.embed(["a", "b"], model="m")


def _rows(vectors: str) -> str:
    if not vectors.startswith("["):
        return vectors
    each = vectors[1:-1].replace("], [", "]|[").split("|")
    return "[" + ", ".join(f'{{"index": {n}, "embedding": {vector}}}' for n, vector in enumerate(each)) + "]"
