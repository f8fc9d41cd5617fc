"""Code review: a pull request becomes a thread, agents look at it side by side, a person decides, GitHub hears it."""

from collections.abc import Mapping

from cogs.code_review import (
    agents,
    asking_github,
    commands,
    deciding,
    hearing,
    looking,
    proposing,
    questions,
    reflecting,
    suppressing,
)
from cogs.code_review.cog import code_review
from cogswarm import AgentSpec, Cog, hookimpl

__all__ = [
    "agents",
    "asking_github",
    "code_review",
    "cogswarm_agents",
    "cogswarm_cogs",
    "commands",
    "deciding",
    "hearing",
    "looking",
    "proposing",
    "questions",
    "reflecting",
    "suppressing",
]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [code_review]


@hookimpl
def cogswarm_agents() -> Mapping[str, AgentSpec]:
    """Those who look at pull requests."""
    return agents.SPECS
