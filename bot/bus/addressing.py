"""Says for which agent a message is, from the owner's configuration alone."""

from bot.config.bridge import BridgeSection


def agent_for(
    section: BridgeSection, *channels: int, mentioned: bool = False, direct: bool = False
) -> str | None:
    """The agent of the first of ``channels`` (a thread, then its channel) that has one, else the default one where it is meant.

    That is in direct messages and where the bot is mentioned. None: nobody is meant.
    """
    if direct:
        return section.default_agent
    mapped = (section.channels[str(one)] for one in channels if str(one) in section.channels)
    return next(mapped, section.default_agent if mentioned and section.mentions else None)
