"""Pins as working memory: what is pinned in a place is what its agents know; facts are pinned, changed and taken away."""

from cogs.pins_memory import agents, facts_command, looking_after, remembering
from cogs.pins_memory.cog import pins_memory
from cogswarm import Cog, hookimpl

__all__ = ["agents", "cogswarm_cogs", "facts_command", "looking_after", "pins_memory", "remembering"]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [pins_memory]
