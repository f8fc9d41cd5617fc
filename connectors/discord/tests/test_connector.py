"""The connector's own tests: no Discord, no bus, no network."""

import importlib.util
import os
import socket
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parents[1]
TOKENS = {"DISCORD_BOT_TOKEN": "Zq7x91kLmPw04RtyV2", "MUMEGA_BUS_TOKEN": "9sKd83hfLqW0xM5nB1"}


def connector() -> ModuleType:
    """The program, for which the folder that a test is in holds its `.env`."""
    spec = importlib.util.spec_from_file_location("discord_connector", HERE / "discord_connector.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["HERE"] = Path.cwd()
    return module


@pytest.fixture(autouse=True)
def nothing_is_connected_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in [one for one in os.environ if one.startswith(("MUMEGA_", "BRIDGE_", "COGSWARM_"))]:
        monkeypatch.delenv(name)
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def test_check_says_what_is_set_and_nothing_of_the_tokens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUMEGA_AGENT_MAP", '{"123456789012345678": "loom"}')
    assert connector().main(["--check"]) == 0
    said = capsys.readouterr().out
    assert "channel 123456789012345678 goes to loom" in said
    assert "https://mcp.mumega.com" in said
    assert "discord-connector" in said
    assert "kasra" in said
    assert "every 15 seconds" in said
    for token in TOKENS.values():
        assert not any(token[start : start + 6] in said for start in range(len(token) - 5))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DISCORD_BOT_TOKEN", "", "DISCORD_BOT_TOKEN is not set"),
        ("MUMEGA_BUS_TOKEN", "", "MUMEGA_BUS_TOKEN is not set"),
        ("MUMEGA_AGENT_MAP", "{broken", "MUMEGA_AGENT_MAP must be JSON"),
        ("MUMEGA_AGENT_MAP", '["kasra"]', "MUMEGA_AGENT_MAP must be JSON"),
        ("POLL_INTERVAL", "often", "POLL_INTERVAL is 'often'"),
        ("ENABLE_REPLY_LOOP", "maybe", "ENABLE_REPLY_LOOP is 'maybe'"),
        ("MUMEGA_BUS_URL", "redis://bus", "must be an address that starts with https://"),
    ],
)
def test_what_is_wrong_is_named(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert connector().main(["--check"]) == 78
    assert says in capsys.readouterr().err


def test_a_dry_run_prints_what_would_be_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DRY_RUN", "1")
    monkeypatch.setenv("MUMEGA_AGENT_MAP", '{"123456789012345678": "loom"}')
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert connector().main([]) == 0
    said = capsys.readouterr().out
    assert "send    to=loom text='[request_id:" in said
    assert said.count("send    to=kasra") == 2
    assert said.count("discarded") == 2
    assert "<!--mumega-discord-ctx:v1." in said
