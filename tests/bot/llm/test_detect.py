"""Offers of real models: made where one could be used, and never more than offers."""

import json
from typing import get_args

import pytest
from anthropic.types import Model
from openai.types.shared import ChatModel

from bot.llm.detect import detect_offers
from tests.bot.llm.http_script import Reply, http_script

NOWHERE = "http://127.0.0.1:9"


def tags(*models: object) -> Reply:
    return Reply(json.dumps({"models": models}), kind="application/json")


async def test_nothing_there_nothing_offered() -> None:
    assert await detect_offers({"OPENAI_API_KEY": " ", "PATH": "/bin"}, ollama_url=NOWHERE) == []


async def test_keys_are_noticed_and_not_repeated() -> None:
    offers = await detect_offers(
        {"OPENAI_API_KEY": "sk-abc", "ANTHROPIC_API_KEY": "sk-def"}, ollama_url=NOWHERE
    )
    assert [offer.backend for offer in offers] == ["openai", "anthropic"]
    for offer in offers:
        assert "sk-" not in offer.sentence
        assert f"{offer.backend}:{offer.model}" in offer.sentence


async def test_the_suggested_models_are_known_to_the_sdks() -> None:
    offers = await detect_offers({"OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "x"}, ollama_url=NOWHERE)
    known = {*get_args(ChatModel)} | {name for part in get_args(Model) for name in get_args(part)}
    assert {offer.model for offer in offers} <= known


async def test_a_running_ollama_is_offered_with_a_model_that_chats() -> None:
    embedder = {"name": "nomic-embed-text:latest", "details": {"family": "nomic-bert"}}
    async with http_script(tags(embedder, {"name": "qwen3:8b", "details": {"family": "qwen3"}})) as server:
        offers = await detect_offers({}, ollama_url=server.url)
        assert server.received[0].path == "/api/tags"
    assert [(offer.backend, offer.model) for offer in offers] == [("ollama", "qwen3:8b")]


@pytest.mark.parametrize(
    "reply",
    [
        Reply("<html>", kind="text/html"),
        Reply("[" * 100_000),
        Reply('{"models": 5}'),
        Reply("[]"),
        Reply(
            '{"models": [5, {"name": 5}, {"name": "evil\\nname"}, {"name": "x", "details": 5, "size": null}]}'
        ),
        Reply("{}", status=500),
        Reply("", silent=True, ending="hang"),
        Reply("{", ending="hang"),
        Reply("{", ending="cut"),
    ],
    ids=["html", "deep", "number", "list", "odd entries", "broken", "silent", "hangs", "cut"],
)
async def test_something_else_on_that_port_is_no_offer(reply: Reply) -> None:
    # Long enough to connect on a busy machine too: a connection given up while it is just made is left open by httpx.
    patience = 1.0 if reply.ending == "hang" else 20.0
    async with http_script(reply) as server:
        offers = await detect_offers({}, ollama_url=server.url, timeout=patience)
    assert [offer.model for offer in offers] in ([], ["x"])


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://127.0.0.1", "http://[", "http://127.0.0.1:99999"])
async def test_an_odd_address_is_no_offer(url: str) -> None:
    assert await detect_offers({}, ollama_url=url) == []
