"""What the chat cog is called, what it can be set to, and what it needs."""

from typing import Literal

from cogs.chat import messages
from cogswarm import Cog, Settings, setting


class ChatSettings(Settings):
    """How agents chat in a guild, or in a channel of it."""

    agent: str = setting("", label=messages.AGENT, help=messages.AGENT_HELP)
    place: Literal["thread", "in place"] = setting("thread", label=messages.PLACE, help=messages.PLACE_HELP)
    answers: Literal["mentions", "everything"] = setting(
        "mentions", label=messages.ANSWERS, help=messages.ANSWERS_HELP
    )
    channels: tuple[str, ...] = setting((), label=messages.CHANNELS, help=messages.CHANNELS_HELP)
    history: int = setting(150, ge=1, le=500, label=messages.HISTORY, help=messages.HISTORY_HELP)
    memory: bool = setting(True, label=messages.MEMORY, help=messages.MEMORY_HELP)


chat = Cog("chat", summary=messages.SUMMARY, settings=ChatSettings, direct_messages=True)
