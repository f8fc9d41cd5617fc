"""The Mumega bridge: channels of Discord connected to agents on a bus, in both directions, with nothing lost."""

from cogs.mumega_bridge import bus_command, deciding, listening
from cogs.mumega_bridge.cog import mumega_bridge
from cogswarm import Cog, hookimpl

__all__ = ["bus_command", "cogswarm_cogs", "deciding", "listening", "mumega_bridge"]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [mumega_bridge]
