"""What `bridge:` may say, what is refused, and what the documented variables become."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.cli.findings import bridge_findings
from bot.config.bridge import BridgeSection
from bot.config.bridge_environment import load_bridge
from bot.config.load import load_text
from bot.config.problems import ConfigErrors

TOKENS = {"DISCORD_BOT_TOKEN": "Zq7x91kLmPw04RtyV2", "MUMEGA_BUS_TOKEN": "9sKd83hfLqW0xM5nB1"}


def test_the_documented_defaults(tmp_path: Path) -> None:
    loaded = load_bridge(TOKENS, tmp_path)
    bridge, config = loaded.config.bridge, loaded.config
    assert (bridge.url, bridge.default_agent, bridge.name) == (
        "https://mcp.mumega.com/sse",
        "kasra",
        "discord-connector",
    )
    assert (bridge.poll_seconds, bridge.read_replies, bridge.dry_run, bridge.channels) == (
        15,
        True,
        False,
        {},
    )
    assert (config.discord.message_content, config.servers.direct_messages) == (True, True)
    assert config.servers.defaults == ("mumega_bridge",)
    assert (config.tools, config.agents, config.embeddings) == ({}, {}, "none")
    assert (bridge.pending_file, bridge.review_channel, bridge.signing_key) == ("", None, None)
    assert loaded.secrets() >= set(TOKENS.values())
    assert not loaded.notices


def test_every_documented_variable_is_read_from_the_environment_before_the_file(tmp_path: Path) -> None:
    file = [f"{name}={value}" for name, value in TOKENS.items()]
    (tmp_path / ".env").write_text(
        "\n".join([*file, "POLL_INTERVAL=99", "MUMEGA_DEFAULT_AGENT=loom"]), "utf-8"
    )
    told = {
        "MUMEGA_BUS_URL": "http://127.0.0.1:6380",
        "MUMEGA_AGENT_MAP": '{"123456789012345678": "agent:Loom"}',
        "CONNECTOR_AGENT_NAME": "harbour",
        "POLL_INTERVAL": "0.5",
        "ENABLE_REPLY_LOOP": "0",
        "DRY_RUN": "1",
        "PENDING_STORE_PATH": "${pending}.json",
        "BRIDGE_REVIEW_CHANNEL": "5",
    }
    bridge = load_bridge(told, tmp_path).config.bridge
    assert bridge.channels == {"123456789012345678": "loom"}
    assert (bridge.default_agent, bridge.name, bridge.poll_seconds) == ("loom", "harbour", 0.5)
    assert (bridge.read_replies, bridge.dry_run, bridge.review_channel) == (False, True, 5)
    assert bridge.pending_file == "${pending}.json"


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as wrong:
        load_bridge({"POLL_INTERVAL": "x", "MUMEGA_AGENT_MAP": '{"general": "kasra"}'}, tmp_path)
    said = " ".join(str(one) for one in wrong.value.errors)
    for name in (*TOKENS, "POLL_INTERVAL", "MUMEGA_AGENT_MAP"):
        assert name in said


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "redis://bus"},
        {"url": "https://bus.example/sse"},
        {"channels": {"general": "kasra"}},
        {"channels": {5: "not a name"}},
        {"poll_seconds": 0},
        {"default_agent": "../etc"},
    ],
)
def test_what_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BridgeSection.model_validate(wrong)


def test_what_check_says(tmp_path: Path) -> None:
    def found(text: str) -> str:
        loaded = load_text(
            text.encode(), tmp_path / "config.yaml", {"DISCORD_TOKEN": "x" * 30}, folder=tmp_path
        )
        return " ".join(f"{one.kind}: {one.text}" for one in bridge_findings(loaded))

    assert found("version: 1").startswith("off: ")
    said = found("bridge: {url: 'http://bus.example/sse', bus_token: abcdefgh12345678, channels: {5: kasra}}")
    assert "for 1 channel " in said
    assert "wrong: " in said
    assert "discord.message_content" in said
