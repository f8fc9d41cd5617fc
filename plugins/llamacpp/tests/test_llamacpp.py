"""The llamacpp backend against a small llama-server on loopback, in the shapes of llama.cpp's own README."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web
from cogswarm_llamacpp.backend import open_llamacpp
from pydantic import SecretStr

from cogswarm.llm import (
    AuthFailed,
    Backend,
    BackendError,
    BackendUnreachable,
    BadAnswer,
    Connection,
    ContextTooLong,
    Event,
    Finished,
    Image,
    Request,
    Schema,
    TextDelta,
    ToolSpec,
    Turn,
    UnsupportedRequest,
    Usage,
)

KEY = "a-key-of-mine"
ASK = Request("chat", "gemma", "Be kind.", (Turn("user", "hello"),), temperature=0.5, options={"top_k": 40})
END = {
    "content": "",
    "stop": True,
    "stop_type": "eos",
    "tokens_evaluated": 21,
    "tokens_predicted": 3,
    "truncated": False,
    "timings": {"cache_n": 16, "prompt_n": 5},
}


@dataclass
class LlamaServer:
    """Answers with ``lines``; ``context`` is in characters of the prompt."""

    lines: list[str] = field(default_factory=list[str])
    context: int = 2_000
    completion: dict[str, Any] = field(default_factory=dict[str, Any])

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/apply-template", self.apply_template)
        app.router.add_post("/completion", self.complete)
        app.router.add_post("/v1/embeddings", self.embed)
        return app

    async def apply_template(self, request: web.Request) -> web.Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return refused(401, "Invalid API Key", "authentication_error")
        messages = (await request.json())["messages"]
        turns = [f"<|im_start|>{one['role']}\n{one['content']}<|im_end|>\n" for one in messages]
        return web.json_response({"prompt": "".join(turns) + "<|im_start|>assistant\n"})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        self.completion = await request.json()
        length = len(self.completion["prompt"])
        if length > self.context:
            message = f"request ({length} tokens) exceeds the available context size ({self.context} tokens)"
            return refused(400, message, "exceed_context_size_error")
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for line in self.lines:
            await response.write(line.encode())
        return response

    async def embed(self, request: web.Request) -> web.Response:
        texts = (await request.json())["input"]
        rows = [{"index": number, "embedding": [len(text), 1]} for number, text in enumerate(texts)]
        return web.json_response({"data": rows[::-1]})


def refused(status: int, message: str, kind: str) -> web.Response:
    return web.json_response({"error": {"code": status, "message": message, "type": kind}}, status=status)


def data(*parts: object) -> list[str]:
    return [f"data: {json.dumps(part)}\n\n" for part in parts]


@asynccontextmanager
async def opened(server: LlamaServer, *, key: str = KEY) -> AsyncGenerator[Backend]:
    runner = web.AppRunner(server.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    backend = open_llamacpp(Connection(SecretStr(key), f"http://127.0.0.1:{runner.addresses[0][1]}"))
    try:
        yield backend
    finally:
        await backend.aclose()
        await runner.cleanup()


async def heard(backend: Backend, request: Request = ASK) -> list[Event]:
    async with asyncio.timeout(20):
        return [event async for event in backend.stream(request)]


async def test_an_answer_streams_and_is_counted() -> None:
    server = LlamaServer(data({"content": "Good ", "stop": False}, {"content": "day.", "stop": False}, END))
    async with opened(server) as backend:
        events = await heard(backend)
    assert events == [
        TextDelta("Good "),
        TextDelta("day."),
        TextDelta(""),
        Finished("stop", Usage(21, 3, 16)),
    ]
    assert server.completion["prompt"] == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n"
    )
    told = {
        name: server.completion[name]
        for name in ("stream", "n_predict", "temperature", "top_k", "cache_prompt")
    }
    assert told == {"stream": True, "n_predict": 2_000, "temperature": 0.5, "top_k": 40, "cache_prompt": True}


async def test_an_answer_in_a_form() -> None:
    schema = Schema("colour", {"type": "object", "properties": {"name": {"type": "string"}}})
    server = LlamaServer(data({"content": '{"name": "red"}', "stop": False}, {**END, "stop_type": "limit"}))
    async with opened(server) as backend:
        events = await heard(backend, replace(ASK, schema=schema))
    assert server.completion["json_schema"] == schema.definition
    assert events[-1] == Finished("length", Usage(21, 3, 16))


async def test_what_it_cannot_do_is_said_before_anything_is_sent() -> None:
    server = LlamaServer()
    picture = replace(ASK, turns=(Turn("user", "?", images=(Image("image/png", b"x"),)),))
    tool = replace(ASK, tools=(ToolSpec("look", "", {}),))
    async with opened(server) as backend:
        for request in (picture, tool):
            with pytest.raises(UnsupportedRequest, match="use the backend openai"):
                await heard(backend, request)
        with pytest.raises(UnsupportedRequest, match="Remove prompt"):
            await heard(backend, replace(ASK, options={"prompt": "?"}))
    assert server.completion == {}


async def test_a_wrong_key_is_said_and_not_shown() -> None:
    async with opened(LlamaServer(), key="another-key") as backend:
        with pytest.raises(AuthFailed) as refusal:
            await heard(backend)
    assert "another-key" not in repr(refusal.value)


async def test_too_long_a_conversation_is_known_as_such() -> None:
    async with opened(LlamaServer()) as backend:
        with pytest.raises(ContextTooLong):
            await heard(backend, replace(ASK, turns=(Turn("user", "x" * 3_000),)))


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (data({"content": "half", "stop": False}), BackendUnreachable),
        (
            data({"content": "half"}, {"error": {"code": 500, "message": "oops", "type": "server_error"}}),
            BackendUnreachable,
        ),
        ([], BackendUnreachable),
        (["data: {broken\n\n"], BadAnswer),
        (["data: [1]\n\n"], BadAnswer),
        (["data: " + "[" * 90_000 + "\n\n"], BadAnswer),
        (["<html>welcome</html>\n"], BackendUnreachable),
    ],
)
async def test_nonsense_and_broken_streams(lines: list[str], error: type[BackendError]) -> None:
    async with opened(LlamaServer(lines)) as backend:
        with pytest.raises(error):
            await heard(backend)


async def test_nobody_there_is_one_clear_sentence() -> None:
    gone = open_llamacpp(Connection(base_url="http://127.0.0.1:9"))
    with pytest.raises(BackendUnreachable, match="start it with `llama-server`"):
        await heard(gone)
    await gone.aclose()


async def test_embeddings_come_in_order() -> None:
    async with opened(LlamaServer()) as backend:
        assert await backend.embed(["a", "bbb"], model="gemma") == [[1.0, 1.0], [3.0, 1.0]]


@pytest.mark.slow
def test_the_bot_takes_it(assert_plugin_ok: Any) -> None:
    assert_plugin_ok("cogswarm_llamacpp")
