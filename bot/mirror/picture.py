"""A guild as it was at one version: its roles, its channels and what these allow to whom."""

from collections.abc import Mapping
from dataclasses import dataclass

DIRECT = 1
CATEGORY = 4
PRIVATE_THREAD = 12
THREADS = frozenset({10, 11, PRIVATE_THREAD})
FORUMS = frozenset({15, 16})
"""Channels in which everything said is a post, with a thread of its own."""
VOICE = frozenset({2, 13})
"""Kinds of channels (https://discord.com/developers/docs/resources/channel#channel-object-channel-types)."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role; the one whose id is the guild's is everybody's. ``bot_id``: the only one who has it, being a bot."""

    id: int
    name: str
    permissions: int
    position: int = 0
    bot_id: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Overwrite:
    """A channel's exception from what a role, or one member, may do."""

    is_member: bool
    target_id: int
    allow: int
    deny: int


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, or a thread with its ``parent_id``; ``overwrites`` None: not known, as of channels hidden from us."""

    id: int
    guild_id: int | None
    parent_id: int | None
    kind: int
    name: str = ""
    nsfw: bool = False
    archived: bool = False
    overwrites: tuple[Overwrite, ...] | None = None

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread, or a post of a forum."""
        return self.kind in THREADS

    @property
    def base_id(self) -> int:
        """The channel itself, or the one that the thread belongs to: where permissions and webhooks are."""
        return self.parent_id if self.is_thread and self.parent_id else self.id


@dataclass(frozen=True, slots=True)
class Guild:
    """A guild without what belongs to it."""

    id: int
    name: str
    owner_id: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A guild's roles and channels (threads are looked up one by one); ``me`` is the bot's own user id."""

    guild: Guild
    version: int
    me: int
    roles: Mapping[int, Role]
    channels: Mapping[int, Channel]

    @property
    def everyone(self) -> int:
        """What everybody may do in the guild."""
        role = self.roles.get(self.guild.id)
        return 0 if role is None else role.permissions

    def base_of(self, place: Channel) -> Channel | None:
        """The channel whose overwrites hold in a channel or thread; None where it is not known."""
        return self.channels.get(place.base_id) if place.guild_id == self.guild.id else None
