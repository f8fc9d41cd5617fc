"""Loads each plugin on its own: one that fails is reported with its reason, and the rest work."""

import importlib
import inspect
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal, cast

import pluggy
import structlog

from bot.agents.declared import DeclaredAgent
from bot.config.fields import NAME_PATTERN
from bot.config.models import Config
from bot.errors import ConfigError
from bot.llm.factory import BUILT_IN, BackendFactory
from bot.plugins import spec
from bot.plugins.cog import API_VERSION, MANAGEMENT, Cog
from bot.plugins.discovery import Candidate

log = structlog.get_logger(__name__)

type State = Literal["loaded", "failed", "disabled", "not loaded"]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin and how it fared."""

    candidate: Candidate
    state: State
    reason: str = ""
    cogs: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """Every plugin, and what the ones that work have brought."""

    plugins: tuple[Plugin, ...] = ()
    cogs: Mapping[str, Cog] = field(default_factory=dict[str, Cog])
    backends: Mapping[str, BackendFactory] = field(default_factory=lambda: dict(BUILT_IN))
    agents: Mapping[str, DeclaredAgent] = field(default_factory=dict[str, DeclaredAgent])


class _Refused(Exception):
    """Why a plugin is not taken."""


@dataclass(frozen=True, slots=True)
class _Brought:
    cogs: tuple[Cog, ...]
    backends: Mapping[str, BackendFactory]
    agents: Mapping[str, DeclaredAgent]
    hooks: tuple[str, ...]


def load(candidates: Sequence[Candidate], disabled: Iterable[str] = ()) -> Loaded:
    """Import every candidate that is not disabled; nothing of one that fails is kept."""
    off = frozenset(disabled)
    plugins: list[Plugin] = []
    cogs: dict[str, Cog] = {}
    backends: dict[str, BackendFactory] = dict(BUILT_IN)
    agents: dict[str, DeclaredAgent] = {}
    # What a server is managed with is loaded first, so that no plugin takes its commands away.
    for candidate in sorted(candidates, key=lambda one: one.name != MANAGEMENT):
        if candidate.name in off:
            plugins.append(
                Plugin(candidate, "disabled", "Switched off under `plugins.disabled` in config.yaml.")
            )
            continue
        try:
            brought = _bring(candidate)
            _check_collisions(brought, cogs, backends, agents)
        except _Refused as refused:
            log.warning("plugin_failed", plugin=candidate.name, reason=str(refused))
            plugins.append(Plugin(candidate, "failed", str(refused)))
            continue
        cogs |= {cog.name: cog for cog in brought.cogs}
        backends |= brought.backends
        agents |= brought.agents
        names = tuple(cog.name for cog in brought.cogs)
        plugins.append(Plugin(candidate, "loaded", cogs=names, hooks=brought.hooks))
    return Loaded(tuple(plugins), cogs, backends, agents)


def _bring(candidate: Candidate) -> _Brought:
    if candidate.problem:
        raise _Refused(candidate.problem)
    module = _imported(candidate)
    version = getattr(module, "COGSWARM_API", API_VERSION)
    if version != API_VERSION:
        raise _Refused(
            f"It was built for version {version} of the plugin API, and this is {API_VERSION}; "
            "install a version of it that fits."
        )
    manager = pluggy.PluginManager(spec.PROJECT)
    manager.add_hookspecs(spec)
    try:
        manager.register(module, candidate.name)
        manager.check_pending()
        hooks = tuple(sorted(caller.name for caller in manager.get_hookcallers(module) or ()))
        for hook in hooks:
            _check_plain(module, hook)
        cogs = _cogs(manager.hook.cogswarm_cogs())
        backends = _backends(manager.hook.cogswarm_backends())
        agents = _agents(manager.hook.cogswarm_agents())
    except _Refused:
        raise
    except pluggy.PluginValidationError as error:
        raise _Refused(f"It does not fit this version's hooks: {error}.") from error
    except (Exception, SystemExit) as error:
        raise _Refused(f"One of its hooks failed: {_one_line(error)}.") from error
    if not hooks:
        raise _Refused("It implements no hook; decorate a function such as cogswarm_cogs with @hookimpl.")
    return _Brought(cogs, backends, agents, hooks)


def _imported(candidate: Candidate) -> ModuleType:
    name = candidate.module.partition(":")[0]
    if candidate.folder is not None and str(candidate.folder) not in sys.path:
        sys.path.append(str(candidate.folder))
    try:
        importlib.invalidate_caches()
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise _Refused(f"It cannot be imported: {_one_line(error)}.") from error
    origin = getattr(module, "__file__", None)
    if candidate.folder is not None and origin and not origin.startswith(str(candidate.folder)):
        raise _Refused(f"Its module {name} has the name of another one ({origin}); rename it.")
    return module


def _check_plain(module: ModuleType, hook: str) -> None:
    if inspect.iscoroutinefunction(getattr(module, hook, None)):
        raise _Refused(f"Its hook {hook} is an async function; hooks are plain functions.")


def _cogs(results: Sequence[Any]) -> tuple[Cog, ...]:
    cogs = tuple(cog for result in results for cog in result)
    for cog in cogs:
        if not isinstance(cog, Cog):
            raise _Refused(f"cogswarm_cogs returned {type(cog).__name__}, not a Cog.")
    return cogs


def _backends(results: Sequence[Any]) -> dict[str, BackendFactory]:
    backends: dict[str, BackendFactory] = {}
    for result in results:
        for name, factory in dict(result).items():
            if not callable(factory):
                raise _Refused(
                    f"cogswarm_backends gives {type(factory).__name__} for {name}, not a function."
                )
            backends[str(name)] = cast("BackendFactory", factory)
    return backends


def _agents(results: Sequence[Any]) -> dict[str, DeclaredAgent]:
    agents: dict[str, DeclaredAgent] = {}
    for result in results:
        for name, agent in dict(result).items():
            if not isinstance(agent, DeclaredAgent):
                raise _Refused(f"cogswarm_agents gives {type(agent).__name__} for {name}, not an AgentSpec.")
            if not re.fullmatch(NAME_PATTERN, str(name)):
                raise _Refused(
                    f"The agent's name {name!r} must be small letters, digits, - and _, 32 at most."
                )
            agents[str(name)] = agent
    return agents


def _check_collisions(
    brought: _Brought,
    cogs: Mapping[str, Cog],
    backends: Mapping[str, BackendFactory],
    agents: Mapping[str, DeclaredAgent],
) -> None:
    commands = {command.top: cog.name for cog in cogs.values() for command in cog.commands.values()}
    for cog in brought.cogs:
        if cog.name in cogs:
            raise _Refused(f"There is a cog named {cog.name} already.")
        for command in cog.commands.values():
            if commands.get(command.top, cog.name) != cog.name:
                shown = f"/{command.top[1]}" if command.kind == "slash" else f"“{command.name}”"
                raise _Refused(f"The cog {commands[command.top]} has the command {shown} already.")
            commands[command.top] = cog.name
    taken = sorted(brought.backends.keys() & backends.keys())
    if taken:
        raise _Refused(f"There is a model provider named {taken[0]} already.")
    taken = sorted(brought.agents.keys() & agents.keys())
    if taken:
        raise _Refused(f"There is an agent named {taken[0]} already.")


def check_settings(loaded: Loaded, config: Config) -> list[ConfigError]:
    """What is wrong with the owner's settings of cogs: ``cogs:``, and those of single channels, in config.yaml."""
    sections = {f"cogs.{name}": (name, section) for name, section in config.cogs.items()}
    for number, channel in enumerate(config.servers.channels):
        for name, section in channel.cogs.items():
            place = f"servers.channels.{number}.cogs.{name}"
            sections[place] = (name, {**config.cogs.get(name, {}), **section})
    problems: list[ConfigError] = []
    for place, (name, section) in sections.items():
        cog = loaded.cogs.get(name)
        if cog is None:
            known = ", ".join(sorted(loaded.cogs)) or "none"
            problems.append(ConfigError(f"{place}: there is no such cog; loaded are: {known}."))
            continue
        try:
            cog.settings.model_validate(section)
        except ValueError as error:
            problems.append(ConfigError(f"{place}: {_one_line(error)}"))
    return problems


def check_tool_names(loaded: Loaded, tools: Iterable[str]) -> list[ConfigError]:
    """Which of the owner's tool servers have the name of a cog that brings tools itself."""
    return [
        ConfigError(
            f"tools.{name}: the feature {name} brings tools under that name; choose another one here."
        )
        for name in sorted(tools)
        if name in loaded.cogs and loaded.cogs[name].tools
    ]


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
