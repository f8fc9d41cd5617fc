"""What a member may do where, computed as Discord does, from what the mirror knows.

https://discord.com/developers/docs/topics/permissions#permission-hierarchy
"""

from dataclasses import dataclass

from bot.mirror.picture import PRIVATE_THREAD, VOICE, Channel, Overwrite, Picture
from bot.plugins.permissions import PERMISSIONS, bits_of

VIEW = PERMISSIONS["view_channel"]
HISTORY = PERMISSIONS["read_message_history"]
ADMINISTRATOR = PERMISSIONS["administrator"]
CONNECT = 1 << 20
ALL = (1 << 63) - 1
"""What owners and administrators have: every bit that fits into the database, those to come included."""

_TIMED_OUT = VIEW | HISTORY
_SENDING = PERMISSIONS["send_messages"], PERMISSIONS["send_messages_in_threads"]
_WITH_SENDING = bits_of(["mention_everyone", "attach_files", "embed_links"]) | 1 << 12
# 8-9 priority and video, 21-25 speaking, 32 asking to speak, 42 and 45 sounds, 48 the channel's status
_WITH_CONNECTING = bits_of(["manage_channels", "manage_roles"]) | sum(
    1 << bit for bit in (8, 9, 21, 22, 23, 24, 25, 32, 42, 45, 48)
)


@dataclass(frozen=True, slots=True)
class Reader:
    """A member as an interaction shows them: their roles without everybody's, and whether they are timed out."""

    id: int
    roles: frozenset[int] = frozenset()
    timed_out: bool = False


def in_guild(picture: Picture, who: Reader) -> int:
    """A member's permissions before any channel's overwrites."""
    base = _base(picture, who)
    return base & _TIMED_OUT if who.timed_out and base != ALL else base


def in_channel(picture: Picture, who: Reader, place: Channel, *, takes_part: bool = False) -> int:
    """A member's permissions in a channel or thread, as far as they are known: 0 where it cannot be seen.

    A thread has the overwrites of its channel; ``takes_part`` says whether the member is in the private thread
    ``place``. Of a channel whose overwrites are not known only owners and administrators are sure.
    """
    base, home = _base(picture, who), picture.base_of(place)
    if home is None:
        return 0
    if base == ALL:
        return ALL
    if home.overwrites is None:
        return 0
    granted = _overwritten(base, picture.guild.id, who, home.overwrites)
    if who.timed_out:
        granted &= _TIMED_OUT
    if place.kind == PRIVATE_THREAD and not takes_part and not granted & PERMISSIONS["manage_threads"]:
        return 0
    return _without_implied(granted, place)


def reads(granted: int, place: Channel) -> bool:
    """Whether somebody with these permissions can read what was said in a place; in voice channels they must get in."""
    needed = VIEW | HISTORY | (CONNECT if place.kind in VOICE else 0)
    return granted & needed == needed


def _base(picture: Picture, who: Reader) -> int:
    if who.id == picture.guild.owner_id:
        return ALL
    granted = picture.everyone
    for role_id in who.roles:
        role = picture.roles.get(role_id)
        granted |= 0 if role is None else role.permissions
    return ALL if granted & ADMINISTRATOR else granted


def _overwritten(base: int, guild_id: int, who: Reader, overwrites: tuple[Overwrite, ...]) -> int:
    allow = deny = 0
    own: Overwrite | None = None
    for overwrite in overwrites:
        if overwrite.is_member:
            own = overwrite if overwrite.target_id == who.id else own
        elif overwrite.target_id == guild_id:
            base = (base & ~overwrite.deny) | overwrite.allow
        elif overwrite.target_id in who.roles:
            allow |= overwrite.allow
            deny |= overwrite.deny
    base = (base & ~deny) | allow
    return base if own is None else (base & ~own.deny) | own.allow


def _without_implied(granted: int, place: Channel) -> int:
    """https://discord.com/developers/docs/topics/permissions#implicit-permissions."""
    if not granted & VIEW:
        return 0
    if not granted & _SENDING[place.is_thread]:
        granted &= ~_WITH_SENDING
    if place.kind in VOICE and not granted & CONNECT:
        granted &= ~_WITH_CONNECTING
    return granted
