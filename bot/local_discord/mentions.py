"""Whom a message mentions, after ``allowed_mentions`` and permissions have had their say.

https://discord.com/developers/docs/resources/message#allowed-mentions-object
"""

import re
from dataclasses import dataclass

from bot.local_discord.form import Form
from bot.local_discord.model import Channel, Message
from bot.local_discord.permissions import MENTION_EVERYONE
from bot.local_discord.stage import Actor, Stage, may

_USER, _ROLE, _EVERYONE = (
    re.compile(r"<@!?(\d{1,19})>"),
    re.compile(r"<@&(\d{1,19})>"),
    re.compile(r"@(everyone|here)\b"),
)
_KINDS = ("users", "roles", "everyone")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be mentioned; without an ``allowed_mentions`` field everything may."""

    parse: frozenset[str] = frozenset(_KINDS)
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    replied_user: bool = True


@dataclass(frozen=True, slots=True)
class Mentions:
    """Whom a message mentions."""

    users: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False


def read_allowed(form: Form) -> Allowed:
    """The ``allowed_mentions`` of a body."""
    part = form.form("allowed_mentions")
    if part is None:
        return Allowed()
    parse: set[str] = set()
    for index, value in enumerate(part.items("parse", most=1521) or []):
        if value in _KINDS:
            parse.add(str(value))
        else:
            message = "Value must be one of {'everyone', 'roles', 'users'}."
            part.problems.add((*part.path, "parse", str(index)), "BASE_TYPE_CHOICES", message)
    users, roles = part.snowflakes("users", most=100) or [], part.snowflakes("roles", most=100) or []
    for kind, given in (("users", users), ("roles", roles)):
        if given and kind in parse:
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            part.refuse("", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
    return Allowed(frozenset(parse), frozenset(users), frozenset(roles), bool(part.boolean("replied_user")))


def find_mentions(
    stage: Stage, actor: Actor, channel: Channel, content: str, allowed: Allowed, answered: Message | None
) -> Mentions:
    """Whom this text mentions when this author (a webhook may mention anybody) posts it in this channel."""
    world = stage.world
    users: dict[int, None] = {}
    if answered is not None and allowed.replied_user and answered.face is None:
        users[answered.author_id] = None
    for match in _USER.finditer(content):
        user_id = int(match[1])
        if user_id in world.users and ("users" in allowed.parse or user_id in allowed.users):
            users[user_id] = None
    if channel.guild_id is None:
        return Mentions(tuple(users))
    anyone = actor.user_id not in world.users or may(stage, actor, channel, MENTION_EVERYONE)
    roles: dict[int, None] = {}
    for match in _ROLE.finditer(content):
        role = world.roles.get(int(match[1]))
        wanted = role is not None and ("roles" in allowed.parse or role.id in allowed.roles)
        if role is not None and wanted and role.guild_id == channel.guild_id and (role.mentionable or anyone):
            roles[role.id] = None
    everyone = "everyone" in allowed.parse and anyone and _EVERYONE.search(content) is not None
    return Mentions(tuple(users), tuple(roles), everyone)
