"""The bridge's configuration out of environment variables, as its documented forerunner has them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from bot.config.bridge import DEFAULT_AGENT, DEFAULT_NAME, DEFAULT_URL
from bot.config.load import load_text
from bot.config.loaded import LoadedConfig
from bot.config.problems import ConfigErrors
from bot.config.references import escape
from bot.config.text_files import read_dotenv
from bot.errors import ConfigError

DISCORD_TOKEN, BUS_TOKEN = "DISCORD_BOT_TOKEN", "MUMEGA_BUS_TOKEN"
NO_WORDS = frozenset({"0", "false", "no", "off"})
YES_WORDS = frozenset({"1", "true", "yes", "on"})
COG = "mumega_bridge"
NAMES = (
    DISCORD_TOKEN, BUS_TOKEN, "MUMEGA_BUS_URL", "MUMEGA_AGENT_MAP", "MUMEGA_DEFAULT_AGENT", "CONNECTOR_AGENT_NAME",
    "POLL_INTERVAL", "ENABLE_REPLY_LOOP", "DRY_RUN", "PENDING_STORE_PATH",
)  # fmt: skip
"""The variables that are documented for the connector."""
OWN_NAMES = (
    "DISCORD_API_URL",
    "BRIDGE_REVIEW_CHANNEL",
    "BRIDGE_SIGNING_KEY",
    "BRIDGE_DATA_DIR",
    "COGSWARM_DATABASE_URL",
)
"""Further ones of this program."""


def load_bridge(environ: Mapping[str, str], folder: Path) -> LoadedConfig:
    """The configuration of a bot that is the bridge and nothing else; ``.env`` is in ``folder``.

    Raises:
        ConfigErrors: everything that is wrong, each by its variable's name.
    """
    folder = folder.absolute()
    try:
        told = {**read_dotenv(folder / ".env"), **{name: value for name, value in environ.items() if value}}
    except ConfigError as error:
        raise ConfigErrors([error]) from error
    values = {name: told[name].strip() for name in (*NAMES, *OWN_NAMES) if told.get(name, "").strip()}
    problems = [*_missing(values, folder)]
    tree = _tree(values, problems)
    if problems:
        raise ConfigErrors(problems)
    text = yaml.safe_dump(tree, sort_keys=False).encode()
    return load_text(text, folder / ".env", environ, folder=folder)


def _missing(values: Mapping[str, str], folder: Path) -> list[ConfigError]:
    return [
        ConfigError(
            f"{name} is not set; set it in the environment, or add the line `{name}=...` to {folder / '.env'}."
        )
        for name in (DISCORD_TOKEN, BUS_TOKEN)
        if name not in values
    ]


def _tree(values: Mapping[str, str], problems: list[ConfigError]) -> dict[str, Any]:
    def text(name: str, usual: str = "") -> str:
        return escape(values.get(name, usual))

    def switch(name: str, *, usual: bool) -> bool:
        word = values.get(name, "").casefold()
        if word and word not in NO_WORDS | YES_WORDS:
            problems.append(ConfigError(f"{name} is {word!r}; write 1 or 0."))
        return word in YES_WORDS if word else usual

    bridge: dict[str, Any] = {
        "url": text("MUMEGA_BUS_URL", DEFAULT_URL),
        "bus_token": f"${{{BUS_TOKEN}}}",
        "name": text("CONNECTOR_AGENT_NAME", DEFAULT_NAME),
        "channels": _map(values.get("MUMEGA_AGENT_MAP", ""), problems),
        "default_agent": text("MUMEGA_DEFAULT_AGENT", DEFAULT_AGENT),
        "poll_seconds": _seconds(values.get("POLL_INTERVAL", ""), problems),
        "read_replies": switch("ENABLE_REPLY_LOOP", usual=True),
        "dry_run": switch("DRY_RUN", usual=False),
        "pending_file": text("PENDING_STORE_PATH"),
    }
    if "BRIDGE_SIGNING_KEY" in values:
        bridge["signing_key"] = "${BRIDGE_SIGNING_KEY}"
    if review := _whole("BRIDGE_REVIEW_CHANNEL", values.get("BRIDGE_REVIEW_CHANNEL", ""), problems):
        bridge["review_channel"] = review
    database = {"database": {"url": "${COGSWARM_DATABASE_URL}"}} if "COGSWARM_DATABASE_URL" in values else {}
    return {
        "version": 1,
        "discord": {
            "token": f"${{{DISCORD_TOKEN}}}",
            "message_content": True,
            "api_url": text("DISCORD_API_URL"),
        },
        **database,
        "data_dir": text("BRIDGE_DATA_DIR", "data"),
        # Nothing but the bridge: no model is asked, no tool is started.
        "embeddings": "none",
        "agents": {},
        "tools": {},
        "servers": {"defaults": [COG], "direct_messages": True},
        "bridge": bridge,
    }


def _map(text: str, problems: list[ConfigError]) -> dict[str, str]:
    if not text:
        return {}
    wrong = ConfigError(
        'MUMEGA_AGENT_MAP must be JSON that names an agent for each channel\'s id, such as {"123456789012345678": "kasra"}.'
    )
    try:
        read: object = json.loads(text)
    except ValueError:
        problems.append(wrong)
        return {}
    if not isinstance(read, dict):
        problems.append(wrong)
        return {}
    told = cast("dict[str, object]", read)
    if not all(channel.isdigit() and isinstance(agent, str) and agent for channel, agent in told.items()):
        problems.append(wrong)
        return {}
    return {channel: escape(str(agent).strip().removeprefix("agent:")) for channel, agent in told.items()}


def _seconds(text: str, problems: list[ConfigError]) -> float:
    try:
        seconds = float(text or 15)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:  # noqa: PLR2004 - as the configuration has it
        problems.append(ConfigError(f"POLL_INTERVAL is {text!r}; write a number of seconds, such as 15."))
        return 15.0
    return seconds


def _whole(name: str, text: str, problems: list[ConfigError]) -> int | None:
    if text and not text.isdigit():
        problems.append(ConfigError(f"{name} is {text!r}; write a channel's id."))
        return None
    return int(text) if text else None
