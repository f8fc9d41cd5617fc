"""What the research cog is called, what it can be set to, and what it needs."""

from cogs.research import messages
from cogswarm import Cog, Settings, setting


class ResearchSettings(Settings):
    """How research is done in a guild."""

    agent: str = setting("researcher", label=messages.AGENT, help=messages.AGENT_HELP)
    sources: int = setting(5, ge=1, le=12, label=messages.SOURCES, help=messages.SOURCES_HELP)
    suggestions: tuple[str, ...] = setting((), label=messages.SUGGESTED, help=messages.SUGGESTED_HELP)
    examples: tuple[str, ...] = setting((), label=messages.EXAMPLES, help=messages.EXAMPLES_HELP)
    about: str = setting("", label=messages.ABOUT, help=messages.ABOUT_HELP)
    welcome_channel: int | None = setting(
        None,
        label=messages.WELCOME_CHANNEL,
        help=messages.WELCOME_CHANNEL_HELP,
        picks="channel",
    )


research = Cog(
    "research",
    summary=messages.SUMMARY,
    settings=ResearchSettings,
)
