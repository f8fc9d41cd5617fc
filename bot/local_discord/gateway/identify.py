"""Who a client says it is when it identifies, and whether it may."""

import secrets
from dataclasses import dataclass

from bot.local_discord.gateway.intents import EVERYTHING, KNOWN, not_granted
from bot.local_discord.gateway.session import Session
from bot.local_discord.model import Json
from bot.local_discord.world import World

AUTHENTICATION_FAILED, INVALID_SHARD, INVALID_INTENTS, DISALLOWED_INTENTS = 4004, 4010, 4013, 4014
DECODE_ERROR = 4002


class Closed(Exception):
    """The connection must end with this close code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"close {code}")
        self.code = code


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


def new_session(world: World, data: Json, key: str, session_id: str, keep: int) -> Session:
    """The session that an IDENTIFY asks for.

    Raises:
        Closed: with Discord's close code when the token, the shard or the intents are not right.
    """
    identity = who(world, data.get("token"), key)
    if identity.application_id is None:
        return Session(session_id, identity.user_id, None, keep=keep)
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
        keep=keep,
    )


def _shard(value: object) -> tuple[int, int]:
    match value:
        case None:
            return 0, 1
        case [int(number), int(count)] if 0 <= number < count:
            return number, count
        case _:
            raise Closed(INVALID_SHARD)
