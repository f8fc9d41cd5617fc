"""On whose behalf something happens; carried through runs, tools, memory and asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """The member, guild and channel on whose behalf a run acts; ``name`` is untrusted text.

    ``direct`` says that the channel is the member's direct messages with the bot, where nobody else reads; the guild is
    then the one that this conversation belongs to.
    """

    guild_id: int
    channel_id: int
    member_id: int
    name: str
    direct: bool = False
