"""Whom a message mentions, after ``allowed_mentions`` and permissions have had their say.

https://discord.com/developers/docs/resources/message#allowed-mentions-object
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.local_discord.form import Form, as_snowflake
from bot.local_discord.members.permissions import MENTION_EVERYONE
from bot.local_discord.model import Channel, Json, Message
from bot.local_discord.stage import Actor, Stage, may

_USER, _ROLE, _EVERYONE = (
    re.compile(r"<@!?(\d{1,19})>"),
    re.compile(r"<@&(\d{1,19})>"),
    re.compile(r"@(everyone|here)\b"),
)
_CODE = re.compile(r"```.*?```|``.+?``|`[^`\n]+`", re.DOTALL)
_KINDS = ("users", "roles", "everyone")
_TEXT_DISPLAY = 10
MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be mentioned; without an ``allowed_mentions`` field everything may."""

    parse: frozenset[str] = frozenset(_KINDS)
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    replied_user: bool = True


ANYBODY, ONLY_USERS, NOBODY = (
    Allowed(),
    Allowed(frozenset({"users"})),
    Allowed(frozenset(), replied_user=False),
)
"""What holds without an ``allowed_mentions`` field: the second for webhooks and answers to interactions."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """Whom a message mentions."""

    users: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False


def read_allowed(form: Form) -> Allowed | None:
    """The ``allowed_mentions`` of a body, None where it has none."""
    part = form.form("allowed_mentions")
    if part is None:
        return None
    parse = _kinds(part)
    users, roles = _ids(part, "users"), _ids(part, "roles")
    for kind, given in (("users", users), ("roles", roles)):
        if given and kind in parse:
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            part.refuse("", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
    return Allowed(parse, users, roles, bool(part.boolean("replied_user")))


def _kinds(part: Form) -> frozenset[str]:
    parse: set[str] = set()
    for index, value in enumerate(part.items("parse", most=1521) or []):
        place = (*part.path, "parse", str(index))
        if value is None:
            continue
        if value not in _KINDS:
            message = "Value must be one of {'everyone', 'roles', 'users'}."
            part.problems.add(place, "BASE_TYPE_CHOICES", message)
        elif value in parse:
            refuse_again(part, "parse", index)
        else:
            parse.add(str(value))
    return frozenset(parse)


def _ids(part: Form, name: str) -> frozenset[int]:
    found: set[int] = set()
    for index, value in enumerate(part.items(name, most=MOST_NAMED) or []):
        identifier = as_snowflake(value)
        if value is None:
            continue
        if identifier is None:
            message = f'Value "{str(value)[:100]}" is not snowflake.'
            part.problems.add((*part.path, name, str(index)), "NUMBER_TYPE_COERCE", message)
        elif identifier in found:
            refuse_again(part, name, index)
        else:
            found.add(identifier)
    return frozenset(found)


def refuse_again(form: Form, name: str, index: int) -> None:
    """Note that a list that is a set has something twice."""
    message = "The set already contains this value"
    form.problems.add((*form.path, name, str(index)), "SET_TYPE_ALREADY_CONTAINS_VALUE", message)


def find_mentions(
    stage: Stage, actor: Actor, channel: Channel, text: str, allowed: Allowed, answered: Message | None
) -> Mentions:
    """Whom this text mentions when this author (a webhook may mention anybody) posts it in this channel."""
    world = stage.world
    text = _CODE.sub(" ", text)
    users: dict[int, None] = {}
    if answered is not None and allowed.replied_user and answered.face is None:
        users[answered.author_id] = None
    for match in _USER.finditer(text):
        user_id = int(match[1])
        if user_id in world.users and ("users" in allowed.parse or user_id in allowed.users):
            users[user_id] = None
    if channel.guild_id is None:
        return Mentions(tuple(users))
    anyone = actor.user_id not in world.users or may(stage, actor, channel, MENTION_EVERYONE)
    roles: dict[int, None] = {}
    for match in _ROLE.finditer(text):
        role = world.roles.get(int(match[1]))
        wanted = role is not None and ("roles" in allowed.parse or role.id in allowed.roles)
        if role is not None and wanted and role.guild_id == channel.guild_id and (role.mentionable or anyone):
            roles[role.id] = None
    everyone = "everyone" in allowed.parse and anyone and _EVERYONE.search(text) is not None
    return Mentions(tuple(users), tuple(roles), everyone)


def said(content: str, components: Iterable[Json]) -> str:
    """All text of a message in which a mention counts: its content, and that of its text components."""
    return "\n".join([content, *_texts(components)])


def _texts(components: Iterable[Json]) -> Iterator[str]:
    for component in components:
        if component.get("type") == _TEXT_DISPLAY:
            yield str(component.get("content", ""))
        yield from _texts(component.get("components", ()))
