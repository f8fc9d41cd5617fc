"""What the research cog is called, what it can be set to, and what it needs."""

from cogswarm import Cog, Settings, setting


class ResearchSettings(Settings):
    """How research is done in a guild."""

    agent: str = setting("researcher", label="Agent", help="Which agent answers")
    sources: int = setting(5, ge=1, le=12, label="Sources", help="How many sources are read for an answer")
    suggestions: tuple[str, ...] = setting(
        (), label="Suggested topics", help="Topics that are proposed while somebody types"
    )
    examples: tuple[str, ...] = setting(
        (), label="Examples", help="Questions that the welcome message offers as buttons"
    )
    about: str = setting(
        "", label="About", help="What the sources are about, told to somebody whose question found nothing"
    )
    welcome_channel: int | None = setting(
        None,
        label="Welcome channel",
        help="Where the welcome message is posted; left empty, there is none",
        picks="channel",
    )


research = Cog(
    "research",
    summary="Answers a question from the sources it can read, with citations",
    settings=ResearchSettings,
)
