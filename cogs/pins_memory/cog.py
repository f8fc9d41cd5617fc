"""What the pins_memory cog is called, and what is set for each channel."""

from datetime import timedelta
from typing import Literal

from cogs.pins_memory import messages
from cogswarm import Cog, Context, IndexRules, Settings, setting


class PinsSettings(Settings):
    """How facts are noted; set channel by channel."""

    who: Literal["everybody", "who may pin"] = setting(
        "everybody", label=messages.WHO, help=messages.WHO_HELP
    )
    agents: Literal["approved", "freely", "never"] = setting(
        "approved", label=messages.AGENTS, help=messages.AGENTS_HELP
    )
    list_from: int = setting(20, ge=0, le=250, label=messages.INDEX, help=messages.INDEX_HELP)
    list_minutes: float = setting(
        10.0, ge=0, le=1_440, label=messages.INDEX_MINUTES, help=messages.INDEX_MINUTES_HELP
    )

    @property
    def index(self) -> IndexRules:
        """When there is a list of the facts, and how often it changes."""
        return IndexRules(self.list_from, timedelta(minutes=self.list_minutes))


pins_memory = Cog(
    "pins_memory",
    summary=messages.SUMMARY,
    settings=PinsSettings,
    permissions={"pin_messages", "read_message_history"},
)

type Ctx = Context[PinsSettings]
