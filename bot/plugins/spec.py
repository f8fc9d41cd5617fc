"""The hooks a plugin may implement; all are plain functions, called once when the plugin is loaded."""

from collections.abc import Mapping, Sequence

import pluggy

from bot.agents.declared import DeclaredAgent
from bot.llm.factory import BackendFactory
from bot.plugins.cog import Cog

PROJECT = "cogswarm"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def cogswarm_cogs() -> Sequence[Cog]:  # pyright: ignore[reportReturnType] - a specification has no body
    """Return the cogs this plugin brings."""


@hookspec
def cogswarm_backends() -> Mapping[str, BackendFactory]:  # pyright: ignore[reportReturnType] - as above
    """Return model providers by name; ``models:`` in config.yaml refers to them as ``backend``."""


@hookspec
def cogswarm_agents() -> Mapping[str, DeclaredAgent]:  # pyright: ignore[reportReturnType] - as above
    """Return agents by name; an entry of ``agents:`` in config.yaml with that name changes what it says."""
