"""The demo's own small parts: its configuration, what it offers, and a thread as plain text."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config.load import load_text
from bot.demo.offers import offered
from bot.demo.settings import TOKEN_VARIABLE, Wishes, demo_config
from bot.demo.transcript import plain_text, transcript
from bot.errors import UserError

LIBRARY = {
    "url": "http://127.0.0.1:8788",
    "feeds": [{"name": "Sea Power", "url": "http://127.0.0.1:8788/sea/feed"}],
}


def _config(wishes: Wishes, folder: Path) -> dict[str, Any]:
    return demo_config(
        api_url="http://127.0.0.1:8787/api/v10",
        library=LIBRARY,
        topics=["tides"],
        examples=["Why?"],
        about="The sea.",
        welcome_channel=123456789012345678,
        channels={"tasks": 123456789012345679},
        data_dir=folder,
        wishes=wishes,
    )


@pytest.mark.parametrize("model", ["", "ollama:llama3.2", "openai:gpt-x"])
def test_the_configuration_is_one_the_bot_takes(tmp_path: Path, model: str) -> None:
    text = yaml.safe_dump(_config(Wishes(model=model), tmp_path)).encode()
    environ = {TOKEN_VARIABLE: "x" * 60, "OPENAI_API_KEY": "sk-not-a-real-key"}
    loaded = load_text(text, tmp_path / "config.yaml", environ, folder=tmp_path)
    chosen = loaded.config.models[loaded.config.agents["researcher"].model]
    assert chosen.backend == (model.partition(":")[0] or "offline")
    assert "sk-not-a-real-key" not in text.decode()
    (queue,) = loaded.config.servers.channels
    assert (queue.id, queue.cogs["tasks"]["queue"]) == (123456789012345679, True)
    assert loaded.config.tools["feeds"].allow_hosts == ("127.0.0.1:8788",)


def test_without_live_feeds_only_the_library_is_read(tmp_path: Path) -> None:
    assert len(_config(Wishes(), tmp_path)["tools"]["feeds"]["feeds"]) > 1
    assert _config(Wishes(live_feeds=False), tmp_path)["tools"]["feeds"]["feeds"] == LIBRARY["feeds"]


def test_a_model_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="backend:model"):
        _config(Wishes(model="llama"), tmp_path)


async def test_a_key_is_offered_and_not_repeated() -> None:
    (line,) = await offered({"OPENAI_API_KEY": "sk-not-a-real-key"})
    assert "--model openai:" in line
    assert "sk-not" not in line
    assert await offered({}) == []


def test_links_dates_and_names_are_written_out() -> None:
    text = "**Sea** [[1]](<http://a/1>) by <@5>\n[1] [A \\[title\\]](<http://a/1>) <t:1773734400:D>\n-# small"
    assert plain_text(text, {"5": "Bo"}) == "Sea [1] by @Bo\n[1] A [title] http://a/1 17 March 2026\nsmall"
    messages = [{"author": {"username": "bot", "global_name": None}, "content": "hello"}]
    assert transcript(messages, {}) == "bot\nhello"
