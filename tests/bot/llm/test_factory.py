"""Opening a backend by name."""

import subprocess
import sys

import pytest
from pydantic import SecretStr

from bot.errors import ConfigError
from bot.llm.factory import BUILT_IN, open_backend
from bot.llm.protocol import Backend
from bot.llm.provider import Connection
from tests.bot.llm.scripted import Scripted


@pytest.mark.parametrize("name", ["openai", "anthropic", "ollama", "offline"])
async def test_all_four_open_without_sending_anything(name: str) -> None:
    backend = open_backend(name, api_key=SecretStr("k"), base_url="http://127.0.0.1:9")
    assert isinstance(backend, Backend)
    assert bool(backend.label) == (name == "offline")
    await backend.aclose()


@pytest.mark.parametrize("name", ["openai", "anthropic"])
@pytest.mark.parametrize("key", [None, SecretStr("")])
def test_a_missing_key_is_said(name: str, key: SecretStr | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-environment")
    with pytest.raises(ConfigError, match="api_key"):
        open_backend(name, api_key=key)


@pytest.mark.parametrize(("name", "hint"), [("openia", "openai"), ("something", "offline")])
def test_an_unknown_name_is_answered_with_the_known(name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        open_backend(name)


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://127.0.0.1", "http://", "http://[", "http://127.0.0.1:99999"]
)
@pytest.mark.parametrize("name", ["openai", "anthropic", "ollama"])
def test_an_odd_address_is_said(name: str, url: str) -> None:
    with pytest.raises(ConfigError, match="address"):
        open_backend(name, api_key=SecretStr("k"), base_url=url)


def test_plugins_can_add_one() -> None:
    opened: list[Connection] = []

    def mine(connection: Connection) -> Backend:
        opened.append(connection)
        return Scripted([])

    backend = open_backend("mine", base_url="http://x", registry={**BUILT_IN, "mine": mine})
    assert backend.label == "scripted"
    assert opened[0].base_url == "http://x"


@pytest.mark.parametrize("sdk", ["openai", "anthropic", "ollama"])
def test_a_missing_sdk_is_named_with_the_command(sdk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, sdk, None)
    monkeypatch.delitem(sys.modules, f"bot.llm.{sdk}_backend", raising=False)
    with pytest.raises(ConfigError, match=f"pip install {sdk}"):
        open_backend(sdk, api_key=SecretStr("k"))


def test_no_sdk_is_loaded_before_it_is_chosen() -> None:
    code = (
        "import sys, bot.llm.factory, bot.llm.detect, bot.llm.collect\n"
        "bot.llm.factory.open_backend('offline')\n"
        "sys.exit(bool({'openai', 'anthropic', 'ollama'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=50).returncode == 0
