"""Reads what the gateway says of guilds, roles, channels and threads; everything in it is untrusted.

What is wrong is never taken for "nothing": a channel whose overwrites cannot be read is one whose overwrites are not
known, and a guild whose roles cannot be read is one that cannot be relied upon.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from bot.mirror.picture import Channel, Guild, Overwrite, Role
from bot.storage.storable import storable_text

_OWN_ID = frozenset({"GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"})
"""Events whose id is the guild's."""
OBFUSCATED = 1 << 17
"""The flag of a channel of which the bot is told the outline only, because it cannot view it:
https://discord.com/developers/docs/resources/channel#channel-object-obfuscated-channels"""
_MOST = (1 << 63) - 1
_LONGEST_NAME = 200
_HIGHEST_KIND = (1 << 15) - 1
_HIGHEST_POSITION = (1 << 31) - 1


class Malformed(ValueError):
    """An event that cannot be what Discord meant."""


@dataclass(frozen=True, slots=True)
class Account:
    """All of a guild, as Discord tells it when the bot connects or comes in."""

    guild: Guild
    roles: tuple[Role, ...]
    channels: tuple[Channel, ...]
    threads: tuple[Channel, ...]

    def digest(self) -> bytes:
        """The same for the same account, whatever its order."""
        parts = [
            (self.guild.id, self.guild.name, self.guild.owner_id),
            *((r.id, r.name, r.permissions, r.position, r.bot_id) for r in sorted(self.roles, key=_id)),
            *(_told(channel) for channel in sorted(self.channels, key=_id)),
            *(_told(thread) for thread in sorted(self.threads, key=_id)),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).digest()


@dataclass(frozen=True, slots=True)
class GuildPut:
    """A guild's name or owner."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class GuildGone:
    """The bot is no longer in the guild."""


@dataclass(frozen=True, slots=True)
class GuildDoubt:
    """The guild cannot be relied upon: it is ``unavailable``, or was told of in an ``unreadable`` way."""

    trouble: str


@dataclass(frozen=True, slots=True)
class RolePut:
    """A role is new or different."""

    role: Role


@dataclass(frozen=True, slots=True)
class RoleGone:
    """A role was deleted."""

    role_id: int


@dataclass(frozen=True, slots=True)
class ChannelPut:
    """A channel or thread is new or different."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelGone:
    """A channel, with its threads, or a thread was deleted."""

    channel_id: int


@dataclass(frozen=True, slots=True)
class ThreadsListed:
    """The active threads of the channels ``parents`` (None: of all)."""

    parents: tuple[int, ...] | None
    threads: tuple[Channel, ...]


type Change = (
    Account
    | GuildPut
    | GuildGone
    | GuildDoubt
    | RolePut
    | RoleGone
    | ChannelPut
    | ChannelGone
    | ThreadsListed
)


def read_event(name: str, data: Any) -> tuple[int, Change] | None:
    """The guild that an event (see `is_of_guilds`) is about and what is different in it; None where it is about none.

    Raises:
        Malformed: it names no guild. What else is wrong with it comes as a `GuildDoubt`.
    """
    data = _object(data)
    if name.startswith("CHANNEL_") and data.get("guild_id") is None:
        return None
    guild_id = snowflake(data.get("id" if name in _OWN_ID else "guild_id"))
    try:
        return guild_id, _READERS[name](guild_id, data)
    except Malformed:
        return guild_id, GuildDoubt("unreadable")


def snowflake(value: Any) -> int:
    """An id. Raises `Malformed`."""
    return _number(value, most=_MOST, least=1)


def guilds_of_ready(data: Any) -> tuple[int, ...] | None:
    """The guilds that READY names; None where it does not tell."""
    guilds = _object(data).get("guilds")
    try:
        return tuple(snowflake(_object(one).get("id")) for one in _list(guilds))
    except Malformed:
        return None


def _created(guild_id: int, data: Mapping[str, Any]) -> Change:
    return GuildDoubt("unavailable") if data.get("unavailable") else _account(guild_id, data)


def _updated(guild_id: int, data: Mapping[str, Any]) -> Change:
    return GuildPut(_guild(guild_id, data))


def _left(_guild_id: int, data: Mapping[str, Any]) -> Change:
    return GuildDoubt("unavailable") if data.get("unavailable") else GuildGone()


def _role_put(_guild_id: int, data: Mapping[str, Any]) -> Change:
    return RolePut(_role(data.get("role")))


def _role_gone(_guild_id: int, data: Mapping[str, Any]) -> Change:
    return RoleGone(snowflake(data.get("role_id")))


def _channel_put(guild_id: int, data: Mapping[str, Any]) -> Change:
    return ChannelPut(_channel(guild_id, data))


def _channel_gone(_guild_id: int, data: Mapping[str, Any]) -> Change:
    return ChannelGone(snowflake(data.get("id")))


def _listed(guild_id: int, data: Mapping[str, Any]) -> Change:
    parents = data.get("channel_ids")
    return ThreadsListed(
        None if parents is None else tuple(snowflake(one) for one in _list(parents)),
        tuple(_channels(guild_id, data.get("threads"))),
    )


_READERS: Mapping[str, Callable[[int, Mapping[str, Any]], Change]] = MappingProxyType(
    {
        "GUILD_CREATE": _created,
        "GUILD_UPDATE": _updated,
        "GUILD_DELETE": _left,
        "GUILD_ROLE_CREATE": _role_put,
        "GUILD_ROLE_UPDATE": _role_put,
        "GUILD_ROLE_DELETE": _role_gone,
        "CHANNEL_CREATE": _channel_put,
        "CHANNEL_UPDATE": _channel_put,
        "CHANNEL_DELETE": _channel_gone,
        "THREAD_CREATE": _channel_put,
        "THREAD_UPDATE": _channel_put,
        "THREAD_DELETE": _channel_gone,
        "THREAD_LIST_SYNC": _listed,
    }
)


def is_of_guilds(name: str) -> bool:
    """Whether an event of this name may change what the mirror holds."""
    return name in _READERS


def _account(guild_id: int, data: Mapping[str, Any]) -> Account:
    roles = {role.id: role for role in map(_role, _list(data.get("roles")))}
    if guild_id not in roles:
        raise Malformed("a guild without what everybody may do")
    return Account(
        _guild(guild_id, data),
        tuple(roles.values()),
        tuple(_channels(guild_id, data.get("channels"))),
        tuple(_channels(guild_id, data.get("threads") or [])),
    )


def _guild(guild_id: int, data: Mapping[str, Any]) -> Guild:
    return Guild(guild_id, _name(data.get("name")), snowflake(data.get("owner_id")))


def _role(value: Any) -> Role:
    data = _object(value)
    tags = data.get("tags")
    bot_id = _object(tags).get("bot_id") if tags is not None else None
    return Role(
        snowflake(data.get("id")),
        _name(data.get("name")),
        _number(data.get("permissions"), most=None) & _MOST,
        _number(data.get("position") or 0, most=_HIGHEST_POSITION, least=-_HIGHEST_POSITION),
        None if bot_id is None else snowflake(bot_id),
    )


def _channels(guild_id: int, value: Any) -> Iterable[Channel]:
    """Those that can be read, each id once; one that is left out is read by nobody."""
    found: dict[int, Channel] = {}
    for each in _list(value):
        try:
            channel = _channel(guild_id, _object(each))
        except Malformed:
            continue
        found[channel.id] = channel
    return found.values()


def _channel(guild_id: int, data: Mapping[str, Any]) -> Channel:
    parent, flags = data.get("parent_id"), data.get("flags")
    hidden = isinstance(flags, int) and bool(flags & OBFUSCATED)
    state = data.get("thread_metadata")
    return Channel(
        snowflake(data.get("id")),
        guild_id,
        None if parent is None else snowflake(parent),
        _number(data.get("type"), most=_HIGHEST_KIND),
        "" if hidden else _name(data.get("name")),
        nsfw=bool(data.get("nsfw")),
        archived=state is not None and bool(_object(state).get("archived")),
        overwrites=None if hidden else _overwrites(data.get("permission_overwrites")),
    )


def _overwrites(value: Any) -> tuple[Overwrite, ...] | None:
    """What a channel allows and denies, in one order for all; None where one entry cannot be understood."""
    try:
        found = [
            Overwrite(
                bool(_number(each.get("type"), most=1)),
                snowflake(each.get("id")),
                _number(each.get("allow"), most=None) & _MOST,
                _number(each.get("deny"), most=None) & _MOST,
            )
            for each in map(_object, _list(value))
        ]
    except Malformed:
        return None
    targets = {(each.is_member, each.target_id) for each in found}
    return tuple(sorted(found)) if len(targets) == len(found) else None


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("not an object")
    return cast("Mapping[str, Any]", value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed("not a list")
    return cast("list[Any]", value)


def _number(value: Any, *, most: int | None, least: int = 0) -> int:
    """A number, or one written in digits as ids and permissions are."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 80:  # noqa: PLR2004 - far beyond any
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed("not a number")
    if value < least or (most is not None and value > most):
        raise Malformed("out of range")
    return value


def _id(each: Role | Channel) -> int:
    return each.id


def _told(one: Channel) -> tuple[object, ...]:
    allowed = (
        None
        if one.overwrites is None
        else [(each.is_member, each.target_id, each.allow, each.deny) for each in one.overwrites]
    )
    return one.id, one.parent_id, one.kind, one.name, one.nsfw, one.archived, allowed


def _name(value: Any) -> str:
    """A name as Postgres can keep it; one that is missing matters to no permission."""
    if not isinstance(value, str):
        return ""
    return storable_text(value)[:_LONGEST_NAME]
