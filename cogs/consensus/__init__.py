"""Consensus: independent proposals, a blind comparison, a vote by people, and a decision that can be found again."""

from cogs.consensus import decisions_command, ending, starting, voting, workflow
from cogs.consensus.cog import consensus
from cogswarm import Cog, hookimpl

__all__ = [
    "cogswarm_cogs",
    "consensus",
    "decisions_command",
    "ending",
    "starting",
    "voting",
    "workflow",
]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [consensus]
