"""One conversation on every SDK, unpatched, with servers that nobody here wrote.

aimock speaks all dialects; what it gets wrong of Ollama (the shape of its errors) is asked of a small
Ollama instead, see `ollama_server`.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest

from bot.llm.collect import ask
from bot.llm.protocol import (
    AuthFailed,
    Backend,
    BackendUnreachable,
    ContextTooLong,
    Image,
    RateLimited,
    Request,
    Schema,
    TextDelta,
    ToolSpec,
    Turn,
)
from tests.bot.llm.ollama_server import Ollama, running
from tests.bot.llm.providers import DIALECTS, KEY, events_of, opened

pytestmark = pytest.mark.slow

RED_SQUARE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
WEATHER = ToolSpec(
    "weather",
    "The weather of a town.",
    {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
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


@dataclass(frozen=True)
class Servers:
    dialect: str
    usual: str
    for_ollama: str
    """Where Ollama is asked for what aimock gets wrong of it."""

    @property
    def faithful(self) -> str:
        return self.for_ollama if self.dialect == "ollama" else self.usual


@pytest.fixture(params=DIALECTS)
async def servers(request: pytest.FixtureRequest, aimock: str) -> AsyncGenerator[Servers]:
    async with AsyncExitStack() as stack:
        small = Ollama({"some-model": ["completion", "vision", "tools"]}, key=KEY)
        ollama = await stack.enter_async_context(running(small))
        yield Servers(request.param, aimock, ollama.url)


def said(text: str) -> Request:
    return Request("chat", "some-model", "Be kind.", (Turn("user", text),))


async def gather_texts(backend: Backend, asked: Request, came: list[str]) -> None:
    """Into a list that is still there when the stream raises."""
    async for event in backend.stream(asked):
        came.extend([event.text] if isinstance(event, TextDelta) else [])


async def test_the_same_conversation_everywhere(servers: Servers) -> None:
    async with opened(servers.dialect, servers.usual) as backend:
        # Streaming.
        events = await events_of(backend, said("greet me"))
        pieces = [event.text for event in events if isinstance(event, TextDelta) and event.text]
        assert len(pieces) > 3
        assert "".join(pieces) == "Good morning, dear gardener of the northern fields."

        # Two tools at once, one of which fails.
        first = replace(said("weather in two towns"), tools=(WEATHER,))
        answer = await ask(backend, first)
        assert [call.arguments["town"] for call in answer.tool_calls] == ["Tromso", "Bergen"]
        one, other = (call.id for call in answer.tool_calls)
        results = (
            Turn("tool", "no such station", tool_call_id=one, tool_failed=True),
            Turn("tool", "rain", tool_call_id=other),
        )
        asked = Turn("assistant", answer.text, answer.tool_calls, opaque=answer.opaque)
        final = await ask(backend, replace(first, turns=(*first.turns, asked, *results)))
        assert final.text == "Snow in Tromso, rain in Bergen."

        # An answer in a form.
        assert (await ask(backend, replace(said("plan it"), schema=PLAN))).data == {
            "queries": ["moss", "lichen"]
        }

        # A stream that is cut: what came is shown, and it is no answer.
        came: list[str] = []
        with pytest.raises(BackendUnreachable, match=r"broke off|cannot be reached"):
            await gather_texts(backend, said("cut short"), came)
        assert "".join(came).startswith("This")

    async with opened(servers.dialect, servers.faithful) as backend:
        # A picture.
        picture = Turn("user", "what is on the picture", images=(Image("image/png", RED_SQUARE),))
        assert (await ask(backend, replace(said(""), turns=(picture,)))).text == "A red square."

        # Too many requests.
        with pytest.raises(RateLimited) as limited:
            await ask(backend, said("too often"))
        assert limited.value.retry_after == 7

        # Too long.
        with pytest.raises(ContextTooLong):
            await ask(backend, said("too long" + " x" * 3_000))

    async with opened(servers.dialect, servers.faithful, key="sk-wrong-987654321") as backend:
        with pytest.raises(AuthFailed) as refused:
            await ask(backend, said("greet me"))
        assert "api_key" in str(refused.value)
        assert "987654321" not in str(refused.value)
