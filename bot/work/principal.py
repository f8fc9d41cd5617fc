"""On whose behalf something happens; carried through runs, tools, memory and asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """The member, guild and channel on whose behalf a run acts; ``name`` is untrusted text."""

    guild_id: int
    channel_id: int
    member_id: int
    name: str
