"""What the SDK backends send: everything a request holds, in the provider's words, and no secret of others."""

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.llm.protocol import BadAnswer, Passage, Request, Schema, ToolCall, ToolSpec, Turn
from tests.bot.llm.http_script import Received, Reply, http_script
from tests.bot.llm.providers import KEY, NAMES, opened
from tests.bot.llm.test_bad_providers import WHOLE, collected

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


@pytest.mark.parametrize("name", NAMES)
async def test_a_tools_schema_arrives_intact(name: str) -> None:
    tool: dict[str, Any] = (await sent(name, ASK)).json["tools"][0]
    schema = tool["input_schema"] if name == "anthropic" else tool["function"]["parameters"]
    assert schema == DEEP


@pytest.mark.parametrize("name", NAMES)
async def test_all_say_the_same(name: str) -> None:
    received = await sent(name, ASK)
    body = received.json
    texts = _texts(body)
    assert body["model"] == "some-model"
    assert any("Answer from the material." in text for text in texts)
    assert any('id="7"' in text and 'author="Kari"' in text and "Snow fell.\n" in text for text in texts)
    assert any(text.endswith("What is it like?") for text in texts)
    assert any("<untrusted-" in text and "snow" in text for text in texts)
    assert not any("\x00" in text for text in texts)


def _texts(node: object) -> list[str]:
    match node:
        case str():
            return [node]
        case dict():
            return [text for value in cast("dict[str, object]", node).values() for text in _texts(value)]
        case list():
            return [text for value in cast("list[object]", node) for text in _texts(value)]
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


@pytest.mark.parametrize("name", NAMES)
async def test_the_key_is_sent_as_a_header_only(name: str) -> None:
    received = await sent(name, ASK)
    assert KEY in " ".join(received.headers.values())
    assert KEY.encode() not in received.body
    assert KEY not in received.path


@pytest.mark.parametrize("name", NAMES)
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


SCHEMA = Schema("colour", {"type": "object", "properties": {"name": {"type": "string"}}})


async def test_a_schema_in_each_providers_words() -> None:
    request = Request("chat", "m", "", (Turn("user", "?"),), schema=SCHEMA)
    body = (await sent("openai", request)).json
    assert body["response_format"]["json_schema"] == {"name": "colour", "schema": SCHEMA.definition}
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
