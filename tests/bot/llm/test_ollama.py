"""The ollama backend against a small Ollama: pictures, downloads, what it says when something is missing."""

from dataclasses import replace

import pytest

from bot.llm.collect import ask
from bot.llm.protocol import (
    BackendUnreachable,
    ContextTooLong,
    Finished,
    Image,
    Progress,
    Request,
    TextDelta,
    ToolSpec,
    Turn,
    UnsupportedRequest,
    Usage,
)
from tests.bot.llm.http_script import Reply, http_script, lines
from tests.bot.llm.ollama_server import Ollama, running
from tests.bot.llm.providers import events_of, opened

ASK = Request("chat", "gemma3", "Be kind.", (Turn("user", "hello"),))
PICTURE = Turn("user", "What is on it?", images=(Image("image/png", b"\x89PNG"),))


async def test_a_model_is_fetched_when_that_is_allowed_and_progress_is_told() -> None:
    ollama = Ollama({}, library={"gemma3": ["completion"]})
    async with running(ollama) as server, opened("ollama", server.url, pull=True) as backend:
        events = await events_of(backend, ASK)
        assert [event.text for event in events if isinstance(event, Progress)] == [
            "Ollama is fetching gemma3",
            "Ollama is fetching gemma3: 0 % of 0.2 GB",
            "Ollama is fetching gemma3: 25 % of 0.2 GB",
            "Ollama is fetching gemma3: 100 % of 0.2 GB",
            "Ollama is fetching gemma3",
        ]
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "Good day."
        assert events[-1] == Finished("stop", Usage(26, 3))
        assert [one.path for one in server.received] == ["/api/chat", "/api/pull", "/api/chat"]
        assert [event for event in await events_of(backend, ASK) if isinstance(event, Progress)] == []


async def test_a_model_is_never_fetched_unasked() -> None:
    async with running(Ollama({}, library={"gemma3": []})) as server, opened("ollama", server.url) as backend:
        with pytest.raises(UnsupportedRequest, match="ollama pull gemma3"):
            await ask(backend, ASK)
        with pytest.raises(UnsupportedRequest, match="ollama pull gemma3"):
            await backend.embed(["a"], model="gemma3")
        assert {one.path for one in server.received} == {"/api/chat", "/api/embed"}


async def test_a_model_for_embeddings_is_fetched_too() -> None:
    ollama = Ollama({}, library={"all-minilm": ["embedding"]})
    async with running(ollama) as server, opened("ollama", server.url, pull=True) as backend:
        assert await backend.embed(["a", "bb"], model="all-minilm") == [[1.0, 1.0], [2.0, 1.0]]


async def test_a_model_that_does_not_exist_is_not_looked_for_again() -> None:
    async with running(Ollama({})) as server, opened("ollama", server.url, pull=True) as backend:
        with pytest.raises(UnsupportedRequest, match="no model 'gemma3'; check its name"):
            await ask(backend, ASK)
        assert len(server.received) == 2


async def test_a_download_that_breaks_off_is_said() -> None:
    missing = Reply('{"error": "model \'gemma3\' not found"}', 404, "application/json")
    half = Reply(lines({"status": "pulling manifest"}), ending="cut")
    async with http_script(missing, half) as server, opened("ollama", server.url, pull=True) as backend:
        with pytest.raises(BackendUnreachable, match="broke off"):
            await ask(backend, ASK)


async def test_a_model_that_cannot_see_says_so_and_one_that_can_looks() -> None:
    ollama = Ollama({"llama3.2": ["completion", "tools"], "gemma3": ["completion", "vision"]})
    async with running(ollama) as server, opened("ollama", server.url) as backend:
        with pytest.raises(UnsupportedRequest, match=r"llama3\.2 cannot look at pictures"):
            await ask(backend, replace(ASK, model="llama3.2", turns=(PICTURE,)))
        assert (await ask(backend, replace(ASK, turns=(PICTURE,)))).text == "A red square."


async def test_what_is_too_long_is_not_cut_in_silence() -> None:
    async with running(Ollama({"gemma3": []})) as server, opened("ollama", server.url) as backend:
        with pytest.raises(ContextTooLong, match="exceeds the available context"):
            await ask(backend, replace(ASK, turns=(Turn("user", "x" * 5_000),)))


async def test_a_model_without_tools_is_said() -> None:
    tool = ToolSpec("look", "Looks.", {"type": "object"})
    async with running(Ollama({"gemma3": []})) as server, opened("ollama", server.url) as backend:
        with pytest.raises(UnsupportedRequest, match="does not support tools"):
            await ask(backend, replace(ASK, tools=(tool,)))


async def test_a_runner_that_dies_is_said() -> None:
    async with running(Ollama({"gemma3": []})) as server, opened("ollama", server.url) as backend:
        with pytest.raises(BackendUnreachable, match="terminated"):
            await ask(backend, replace(ASK, turns=(Turn("user", "crash"),)))


async def test_no_server_is_one_clear_sentence() -> None:
    async with running(Ollama({})) as server:
        url = server.url
    async with opened("ollama", url) as backend:
        with pytest.raises(BackendUnreachable, match="start it with `ollama serve`"):
            await ask(backend, replace(ASK, turns=(PICTURE,)))
