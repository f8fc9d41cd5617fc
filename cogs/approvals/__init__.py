"""Approvals: what waits for people, deciding it, asking others, and handing decisions over while away."""

from cogs.approvals import commands, listeners, workflow
from cogs.approvals.cog import approvals
from cogswarm import Cog, hookimpl

__all__ = ["approvals", "cogswarm_cogs", "commands", "listeners", "workflow"]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [approvals]
