"""Who a client says it is when it identifies, and whether it may."""

import secrets
from dataclasses import dataclass
from typing import cast

from bot.local_discord.gateway.codes import (
    AUTHENTICATION_FAILED,
    DISALLOWED_INTENTS,
    INVALID_INTENTS,
    INVALID_SHARD,
    Closed,
)
from bot.local_discord.gateway.intents import EVERYTHING, KNOWN, not_granted
from bot.local_discord.gateway.presence import ONLINE, Presence, read_presence
from bot.local_discord.gateway.session import LARGE_THRESHOLD, Session
from bot.local_discord.model import Json
from bot.local_discord.world import World

LARGEST_THRESHOLD = 250


@dataclass(frozen=True, slots=True)
class Identity:
    """A user and, for a bot, the application."""

    user_id: int
    application_id: int | None = None


def who(world: World, token: object, key: str) -> Identity:
    """Whose token this is: a bot's, or ``local:KEY:USER_ID`` for a person.

    Raises:
        Closed: with 4004 for anything else.
    """
    if not isinstance(token, str):
        raise Closed(AUTHENTICATION_FAILED)
    application = world.application_with(token.removeprefix("Bot "))
    if application is not None:
        return Identity(application.id, application.id)
    kind, _, rest = token.partition(":")
    given, _, user = rest.rpartition(":")
    if kind == "local" and secrets.compare_digest(given.encode(), key.encode()) and user.isdecimal():
        known = world.users.get(int(user[:20]))
        if known is not None and not known.bot:
            return Identity(known.id)
    raise Closed(AUTHENTICATION_FAILED)


def new_session(world: World, data: Json, key: str, session_id: str, now_ms: int) -> Session:
    """The session that an IDENTIFY asks for.

    Raises:
        Closed: with Discord's close code when the token, the shard, the intents or the presence are not right.
    """
    identity = who(world, data.get("token"), key)
    presence = _presence(data.get("presence"), now_ms)
    if identity.application_id is None:
        return Session(
            session_id, identity.user_id, None, large_threshold=LARGEST_THRESHOLD, presence=presence
        )
    intents = data.get("intents")
    if isinstance(intents, bool) or not isinstance(intents, int) or intents < 0 or intents & ~KNOWN:
        raise Closed(INVALID_INTENTS)
    application = world.applications[identity.application_id]
    if not_granted(intents, application.privileged):
        raise Closed(DISALLOWED_INTENTS)
    return Session(
        session_id,
        identity.user_id,
        identity.application_id,
        intents=intents & EVERYTHING,
        shard=_shard(data.get("shard")),
        large_threshold=_threshold(data.get("large_threshold")),
        presence=presence,
    )


def _presence(value: object, now_ms: int) -> Presence:
    return ONLINE if value is None else read_presence(value, now_ms, whole=False)


def _threshold(value: object) -> int:
    """From 50 to 250; Discord does not say what becomes of other values, here they are brought into the range."""
    if isinstance(value, bool) or not isinstance(value, int):
        return LARGE_THRESHOLD
    return min(max(value, LARGE_THRESHOLD), LARGEST_THRESHOLD)


def _shard(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    listed = cast("list[object]", value) if isinstance(value, list) else []
    match listed:
        case [int(number), int(count)] if type(number) is type(count) is int and 0 <= number < count:
            return number, count
        case _:
            raise Closed(INVALID_SHARD)
