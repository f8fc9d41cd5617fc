"""The demo's configuration: the default one with a local Discord, the library's feeds and a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from bot.config.bridge import ECHO, IN_PROCESS
from bot.config.tools import default_tools
from bot.errors import UserError
from bot.local_github.script import REPOSITORY

TOKEN_VARIABLE = "DISCORD_TOKEN"  # noqa: S105 - the name of a variable
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
REQUEST_SECONDS = 2.0
LOOK_SECONDS = 3.0
"""How often the local GitHub is asked what is new, since nobody delivers its webhooks."""
CHATS = ("chat", "memory")
"""The channels of the scene in which everything written is for the agent."""
BRIDGE = "bridge"
"""The channel whose messages go to an agent on a bus inside the bot."""
AGENTS = {"researcher": "Researcher", "librarian": "Librarian"}
SET_APART: Mapping[str, Mapping[str, Any]] = {
    "tasks": {"tasks": {"queue": True}},
    "auction": {
        "tasks": {"queue": True, "strategy": "auction", "agents": list(AGENTS)},
        "auction": {"minutes": 0.5},
    },
    # Whoever tries it is alone, so who asks for a review decides about it.
    "code-review": {"code_review": {"repositories": [REPOSITORY], "own": True}},
}
"""What is set for single channels of the scene, by their names."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who starts the demo chose."""

    model: str = ""
    """``backend:model``; empty for the offline engine."""
    live_feeds: bool = True
    database_url: str | None = None


def demo_config(
    *,
    api_url: str,
    library: Mapping[str, Any],
    topics: Sequence[str],
    examples: Sequence[str],
    about: str,
    welcome_channel: int,
    channels: Mapping[str, int],
    data_dir: Path,
    wishes: Wishes,
    github: Mapping[str, Any] | None = None,
    guilds: Sequence[int] = (),
) -> dict[str, Any]:
    """The configuration as it would stand in a file; ``github`` is what the local GitHub says of itself. Raises `UserError` for a model that is not one."""
    feeds = [{"name": feed["name"], "url": feed["url"]} for feed in library["feeds"]]
    if wishes.live_feeds:
        feeds += [{"name": feed.name, "url": feed.url} for feed in default_tools()["feeds"].feeds]
    models: dict[str, Any] = {"offline": {"backend": "offline"}}
    chosen = "offline"
    if wishes.model:
        backend, _, model = wishes.model.partition(":")
        if not backend or not model:
            raise UserError("Write the model as backend:model, such as ollama:llama3.2.")
        chosen = "chosen"
        models[chosen] = {"backend": backend, "model": model}
        if backend in KEYS:
            models[chosen]["api_key"] = f"${{{KEYS[backend]}}}"
    return {
        "version": 1,
        "discord": {
            "token": f"${{{TOKEN_VARIABLE}}}",
            "api_url": api_url,
            "message_content": True,
            "request_seconds": REQUEST_SECONDS,
        },
        **({"database": {"url": wishes.database_url}} if wishes.database_url else {}),
        "data_dir": str(data_dir),
        "models": models,
        "agents": {
            name: {"display_name": shown, "model": chosen, "tools": ["feeds"]}
            for name, shown in AGENTS.items()
        },
        "tools": {
            "feeds": {
                "command": ["cogswarm-mcp-feeds"],
                "feeds": feeds,
                "allow_hosts": [urlsplit(str(library["url"])).netloc],
            }
        },
        "servers": {
            "defaults": [
                "approvals",
                "auction",
                "chat",
                "code_review",
                "consensus",
                "mumega_bridge",
                "pins_memory",
                "recall",
                "research",
                "tasks",
            ],
            "channels": [
                {"id": channels[name], "cogs": cogs} for name, cogs in SET_APART.items() if name in channels
            ],
        },
        **(
            {
                "github": {
                    "api_url": github["api_url"],
                    "access_token": github["token"],
                    "look_seconds": LOOK_SECONDS,
                    "repositories": {github["repository"]: {"servers": list(guilds)}},
                }
            }
            if github
            else {}
        ),
        **(_bridge(channels[BRIDGE]) if BRIDGE in channels else {}),
        "cogs": {
            "chat": {"agent": "researcher", "channels": list(CHATS)},
            "research": {
                "suggestions": list(topics),
                "examples": list(examples),
                "about": about,
                "welcome_channel": welcome_channel,
            },
        },
    }


def _bridge(channel: int) -> dict[str, Any]:
    """A bus that needs no key and no network, with an agent that repeats what it hears."""
    return {"bridge": {"url": IN_PROCESS, "channels": {str(channel): ECHO}, "default_agent": ECHO}}


def write_config(config: Mapping[str, Any], path: Path) -> None:
    """Write the configuration where the bot reads it."""
    text = "# Written anew at each start of the demo.\n" + yaml.safe_dump(dict(config), sort_keys=False)
    path.write_text(text, "utf-8")
