"""What the bridge's cog is called, what it can be set to, and what it needs."""

from cogs.mumega_bridge import messages
from cogswarm import Cog, Context, Settings, setting


class BridgeSettings(Settings):
    """How the bridge listens on a server, or in a channel of it; which agent is where stands in the owner's configuration."""

    mentions: bool = setting(True, label=messages.ALSO_MENTIONS, help=messages.ALSO_MENTIONS_HELP)


mumega_bridge = Cog(
    "mumega_bridge",
    summary=messages.SUMMARY,
    settings=BridgeSettings,
    intents={"message_content"},
    direct_messages=True,
)

type Ctx = Context[BridgeSettings]
