"""What the recall cog is called and what it can be set to."""

from cogs.recall import messages
from cogswarm import Cog, Settings, setting


class RecallSettings(Settings):
    """What is remembered on a server, or in a channel of it, and for how long."""

    keep_messages: bool = setting(False, label=messages.KEEP_MESSAGES, help=messages.KEEP_MESSAGES_HELP)
    message_days: int = setting(
        30, ge=1, le=3650, label=messages.MESSAGE_DAYS, help=messages.MESSAGE_DAYS_HELP
    )
    other_days: int = setting(0, ge=0, le=3650, label=messages.OTHER_DAYS, help=messages.OTHER_DAYS_HELP)


recall = Cog("recall", summary=messages.SUMMARY, settings=RecallSettings)
