"""The plugins that the configuration asks for, and which of their cogs can work with what the owner has switched on."""

from collections.abc import Mapping

import structlog

from bot.bus.parts import COG as BRIDGE
from bot.config.loaded import LoadedConfig
from bot.config.problems import ConfigErrors
from bot.plugins.cog import Cog
from bot.plugins.discovery import Candidate, find
from bot.plugins.loading import Loaded, check_settings, check_tool_names, load

log = structlog.get_logger(__name__)


def load_plugins(loaded: LoadedConfig) -> Loaded:
    """Import the plugins and check the owner's settings of their cogs. Raises `ConfigErrors`."""
    plugins = load(find(loaded.plugin_paths), loaded.config.plugins.disabled)
    problems = check_settings(plugins, loaded.config)
    problems += check_tool_names(plugins, loaded.config.tools)
    if problems:
        raise ConfigErrors(problems)
    return plugins


def load_bridge_alone(loaded: LoadedConfig) -> Loaded:
    """Import the bridge and no other plugin. Raises `ConfigErrors`."""
    plugins = load([Candidate(BRIDGE, f"cogs.{BRIDGE}", "", "cogswarm")], ())
    problems = check_settings(plugins, loaded.config)
    if problems:
        raise ConfigErrors(problems)
    return plugins


def cogs_by_intents(
    cogs: Mapping[str, Cog], *, message_content: bool
) -> tuple[dict[str, Cog], dict[str, str]]:
    """The cogs whose privileged intents are switched on, and of the others why they are off."""
    able: dict[str, Cog] = {}
    unable: dict[str, str] = {}
    for name, cog in cogs.items():
        missing = sorted(cog.intents - ({"message_content"} if message_content else set()))
        if missing:
            fix = "set discord.message_content: true"
            log.warning("cog_needs_intents", cog=name, missing=missing, fix=fix)
            unable[name] = (
                f"It needs what Discord calls the {', '.join(missing).replace('_', ' ')} intent, which the owner of "
                "this bot has not switched on."
            )
        else:
            able[name] = cog
    return able, unable
