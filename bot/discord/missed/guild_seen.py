"""What a guild looked like when a session began: its channels and threads, and what its roles may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import nextcord

from bot.discord.events import Where

THREADS = frozenset({10, 11, 12})
SPEECHLESS = frozenset({4, 14, 15, 16})
"""Categories, directories, forums and media channels: nothing is said there itself."""
HOLDS_THREADS = frozenset({0, 5, 15, 16})
HOLDS_PRIVATE_THREADS = frozenset({0})
_ADMINISTRATOR = 1 << 3


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """A channel, or a thread with the channel ``parent_id`` that it belongs to.

    ``last_message_id`` is that of the newest message, which may be deleted by now; 0 where there was none.
    ``readable`` is whether the bot may read what was said before.
    """

    id: int
    kind: int
    name: str
    parent_id: int = 0
    last_message_id: int = 0
    readable: bool = True

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread, or a post of a forum."""
        return self.kind in THREADS


@dataclass(frozen=True, slots=True)
class GuildSeen:
    """A guild as Discord described it; threads that sleep are not among ``channels``. ``roles`` are permissions by id."""

    id: int
    owner_id: int
    channels: tuple[ChannelSeen, ...]
    roles: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def newest(self) -> int:
        """The newest id that the guild's channels name: what was said up to here was said before this session."""
        return max((max(one.id, one.last_message_id) for one in self.channels), default=self.id)

    def channel(self, channel_id: int) -> ChannelSeen | None:
        """One of its channels or threads."""
        return next((one for one in self.channels if one.id == channel_id), None)

    def where(self, channel: ChannelSeen) -> Where:
        """The channel as events name it."""
        if not channel.is_thread:
            return Where(self.id, channel.id, in_thread=False, home_id=channel.id, home_name=channel.name)
        home = self.channel(channel.parent_id)
        return Where(
            self.id,
            channel.id,
            in_thread=True,
            home_id=channel.parent_id,
            home_name="" if home is None else home.name,
            thread_name=channel.name,
        )

    def permissions(self, member_id: int, roles: Sequence[int]) -> int:
        """What a member with these roles may do on the server."""
        return permissions_of(self.id, self.owner_id, self.roles, member_id, roles)


def permissions_of(
    guild_id: int, owner_id: int | None, roles: Mapping[int, int], member_id: int, held: Sequence[int]
) -> int:
    """What a member may do on a server, without its channels' exceptions (Discord, *Permissions*)."""
    everything = nextcord.Permissions.all().value
    if member_id == owner_id:
        return everything
    granted = roles.get(guild_id, 0)  # everybody's role has the guild's id
    for role in held:
        granted |= roles.get(role, 0)
    return everything if granted & _ADMINISTRATOR else granted


def guild_seen(guild: nextcord.Guild) -> GuildSeen:
    """What nextcord knows of a guild at this moment."""
    readable = {channel.id: _readable(channel) for channel in guild.channels}
    channels = [
        ChannelSeen(
            channel.id,
            channel.type.value,
            channel.name,
            last_message_id=getattr(channel, "last_message_id", None) or 0,
            readable=readable[channel.id],
        )
        for channel in guild.channels
    ]
    threads = [
        ChannelSeen(
            thread.id,
            thread.type.value,
            str(getattr(thread, "name", "")),
            thread.parent_id,
            thread.last_message_id or 0,
            readable.get(thread.parent_id, False),
        )
        for thread in guild.threads
    ]
    roles = {role.id: role.permissions.value for role in guild.roles}
    return GuildSeen(guild.id, guild.owner_id or 0, (*channels, *threads), roles)


def _readable(channel: nextcord.abc.GuildChannel) -> bool:
    allowed = channel.permissions_for(channel.guild.me)
    return allowed.view_channel and allowed.read_message_history
