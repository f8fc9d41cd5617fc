"""Pictures on their way to a model, from people and from tools; and tools that failed."""

import base64
from dataclasses import replace

import pytest

from bot.llm.protocol import (
    Image,
    Turn,
    UnsupportedRequest,
)
from tests.bot.llm.http_script import Reply, http_script
from tests.bot.llm.providers import DIALECTS
from tests.bot.llm.test_bad_providers import (
    WHOLE,
    collected,
)
from tests.bot.llm.test_requests import ASK, CALLS, sent, texts_in

PICTURE = Image("image/png", b"\x89PNG-bytes")
SHOWN = base64.b64encode(PICTURE.data).decode()
LOOKING = replace(
    ASK,
    turns=(
        Turn("user", "Look!", images=(PICTURE,)),
        Turn("assistant", "", tool_calls=CALLS),
        Turn("tool", "", tool_call_id="a1", images=(PICTURE,)),
        Turn("tool", "no tide", tool_call_id="a2", tool_failed=True),
    ),
    material=(),
)


async def test_pictures_in_openais_words() -> None:
    url = f"data:image/png;base64,{SHOWN}"
    messages = (await sent("openai", LOOKING)).json["messages"]
    assert messages[1]["content"][1] == {"type": "image_url", "image_url": {"url": url}}
    assert [message["role"] for message in messages[2:]] == ["assistant", "tool", "tool", "user"]
    assert messages[-1]["content"][1]["image_url"]["url"] == url, "results there are text only"
    items = (await sent("responses", LOOKING)).json["input"]
    assert items[0]["content"][1] == {"type": "input_image", "image_url": url}
    assert items[3]["output"][1] == {"type": "input_image", "image_url": url}


async def test_pictures_and_failures_in_anthropics_words() -> None:
    messages = (await sent("anthropic", LOOKING)).json["messages"]
    shown = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": SHOWN}}
    assert messages[0]["content"][0] == shown
    looked, failed = messages[2]["content"]
    assert looked["content"][0] == shown
    assert "is_error" not in looked
    assert failed["is_error"] is True


async def test_pictures_in_ollamas_words() -> None:
    shown = Reply('{"capabilities": ["vision"], "model_info": {}}', kind="application/json")
    async with http_script(shown, Reply(WHOLE["ollama"])) as server:
        await collected("ollama", server.url, LOOKING)
        messages = server.received[1].json["messages"]
    assert messages[1]["images"] == [SHOWN]
    assert messages[-1]["role"] == "user"
    assert messages[-1]["images"] == [SHOWN]


@pytest.mark.parametrize("name", DIALECTS)
async def test_a_failed_tool_is_told_as_such(name: str) -> None:
    texts = texts_in((await sent(name, replace(LOOKING, turns=(LOOKING.turns[1], LOOKING.turns[3])))).json)
    assert any('kind="failed tool result"' in text and "no tide" in text for text in texts)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("image", [Image("image/svg+xml", b"<svg/>"), Image("image/png", b"")])
async def test_a_picture_no_model_reads_is_refused_before_it_is_sent(name: str, image: Image) -> None:
    shown = Reply('{"capabilities": ["vision"], "model_info": {}}', kind="application/json")
    async with http_script(shown) as server:
        with pytest.raises(UnsupportedRequest, match="picture"):
            await collected(name, server.url, replace(ASK, turns=(Turn("user", "?", images=(image,)),)))
        assert all(received.path == "/api/show" for received in server.received)
