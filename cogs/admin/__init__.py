"""Admin: what is on in a server and for whom, its agents and what they use, help, and why something was refused."""

from cogs.admin import (
    agents_command,
    commands,
    help_command,
    runs_command,
    server_command,
    usage_command,
    why_command,
)
from cogs.admin.cog import admin
from cogswarm import Cog, hookimpl

__all__ = [
    "admin",
    "agents_command",
    "cogswarm_cogs",
    "commands",
    "help_command",
    "runs_command",
    "server_command",
    "usage_command",
    "why_command",
]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [admin]
