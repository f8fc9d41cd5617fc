"""An agent that a plugin brings; the owner's config can change everything about it."""

from pydantic import Field

from bot.config.agents import AgentSection


class DeclaredAgent(AgentSection):
    """What an entry of ``agents:`` says, and what the agent is told.

    ``model`` left out is the one the owner's first agent uses: a plugin cannot know which there are.
    """

    instructions: str = Field(
        default="",
        max_length=50_000,
        description="Who it is and what it does; left out, the prompt file of its name says so.",
    )
