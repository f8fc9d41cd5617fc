"""Recall: what this server remembers, found again by those who may read it, and what people want remembered of theirs."""

from cogs.recall import listening, privacy_command, recall_command, tidying
from cogs.recall.cog import recall
from cogswarm import Cog, hookimpl

__all__ = ["cogswarm_cogs", "listening", "privacy_command", "recall", "recall_command", "tidying"]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [recall]
