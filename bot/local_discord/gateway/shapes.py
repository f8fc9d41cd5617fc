"""What every dispatch must have, checked before it is sent: one malformed event ends a client for good.

The lists hold the fields that client libraries read without asking whether they are there.
"""

from collections.abc import Mapping

from bot.local_discord.model import Json

type Shape = type | tuple[type, ...] | Mapping[str, "Shape"] | list["Shape"]

_NONE = type(None)
_ID = str
_MAYBE = (str, _NONE)

USER: Shape = {"id": _ID, "username": str, "discriminator": str, "avatar": _MAYBE}
BARE_MEMBER: Shape = {"roles": [_ID], "joined_at": str, "nick": _MAYBE}
MEMBER: Shape = {"user": USER, "roles": [_ID], "joined_at": str, "nick": _MAYBE}
ROLE: Shape = {"id": _ID, "name": str, "permissions": str, "position": int}
CHANNEL: Shape = {"id": _ID, "type": int, "name": str, "position": int}
DIRECT_CHANNEL: Shape = {"id": _ID, "type": int, "recipients": [USER]}
THREAD: Shape = {
    "id": _ID,
    "type": int,
    "guild_id": _ID,
    "parent_id": _ID,
    "owner_id": _ID,
    "name": str,
    "message_count": int,
    "member_count": int,
    "thread_metadata": {"archived": bool, "auto_archive_duration": int, "archive_timestamp": str},
}
MESSAGE: Shape = {
    "id": _ID,
    "channel_id": _ID,
    "author": USER,
    "content": str,
    "timestamp": str,
    "edited_timestamp": _MAYBE,
    "tts": bool,
    "mention_everyone": bool,
    "mentions": [USER],
    "mention_roles": [_ID],
    "attachments": [{"id": _ID, "filename": str, "size": int, "url": str, "proxy_url": str}],
    "embeds": [dict],
    "components": [dict],
    "pinned": bool,
    "type": int,
    "flags": int,
}
REACTION: Shape = {
    "user_id": _ID,
    "channel_id": _ID,
    "message_id": _ID,
    "emoji": {"id": _MAYBE, "name": _MAYBE},
}
GUILD: Shape = {
    "id": _ID,
    "name": str,
    "owner_id": _ID,
    "roles": [ROLE],
    "channels": [CHANNEL],
    "threads": [THREAD],
    "members": [MEMBER],
    "member_count": int,
    "unavailable": bool,
}
INTERACTION: Shape = {
    "id": _ID,
    "application_id": _ID,
    "type": int,
    "token": str,
    "version": int,
    "channel_id": _ID,
    "data": dict,
}
_DELETED: Shape = {"id": _ID, "channel_id": _ID}
_OF_GUILD: Shape = {"guild_id": _ID}

SHAPES: dict[str, Shape] = {
    "READY": {"user": USER, "guilds": [dict], "session_id": str, "resume_gateway_url": str},
    "RESUMED": {},
    "GUILD_CREATE": GUILD,
    "GUILD_MEMBERS_CHUNK": {"guild_id": _ID, "members": [MEMBER], "chunk_index": int, "chunk_count": int},
    "GUILD_MEMBER_ADD": {"guild_id": _ID, "user": USER, "roles": [_ID]},
    "GUILD_MEMBER_UPDATE": {"guild_id": _ID, "user": USER, "roles": [_ID]},
    "GUILD_MEMBER_REMOVE": {"guild_id": _ID, "user": USER},
    "CHANNEL_CREATE": {"id": _ID, "type": int},
    "CHANNEL_UPDATE": CHANNEL,
    "CHANNEL_DELETE": CHANNEL,
    "CHANNEL_PINS_UPDATE": {"channel_id": _ID, "last_pin_timestamp": _MAYBE},
    "THREAD_CREATE": THREAD,
    "THREAD_UPDATE": THREAD,
    "THREAD_DELETE": {"id": _ID, "guild_id": _ID, "parent_id": _ID, "type": int},
    "THREAD_MEMBERS_UPDATE": {"id": _ID, "guild_id": _ID, "member_count": int},
    "MESSAGE_CREATE": MESSAGE,
    "MESSAGE_UPDATE": MESSAGE,
    "MESSAGE_DELETE": _DELETED,
    "MESSAGE_DELETE_BULK": {"ids": [_ID], "channel_id": _ID},
    "MESSAGE_REACTION_ADD": REACTION,
    "MESSAGE_REACTION_REMOVE": REACTION,
    "MESSAGE_REACTION_REMOVE_ALL": {"channel_id": _ID, "message_id": _ID},
    "MESSAGE_REACTION_REMOVE_EMOJI": {"channel_id": _ID, "message_id": _ID, "emoji": dict},
    "TYPING_START": {"channel_id": _ID, "user_id": _ID, "timestamp": int},
    "WEBHOOKS_UPDATE": {"guild_id": _ID, "channel_id": _ID},
    "INTERACTION_CREATE": INTERACTION,
    "INTERACTION_SUCCESS": {"id": _ID, "nonce": _MAYBE},
    "INTERACTION_FAILURE": {"id": _ID, "nonce": _MAYBE, "reason_code": int},
    "INTERACTION_MODAL_CREATE": {"id": _ID, "nonce": _MAYBE, "custom_id": str, "components": [dict]},
    "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE": {"nonce": _MAYBE, "choices": [dict]},
}


class MalformedEvent(Exception):
    """A dispatch lacks something that clients rely on; this is a mistake in a builder."""


def check(name: str, data: Json) -> None:
    """Raise :class:`MalformedEvent` unless ``data`` has all that clients read of the event ``name``."""
    shape = SHAPES.get(name)
    if shape is None:
        raise MalformedEvent(f"{name} is not an event that is described here.")
    _check(name, data, shape)


def _check(where: str, value: object, shape: Shape) -> None:
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            raise MalformedEvent(f"{where} is not an object.")
        fields: Mapping[object, object] = value  # pyright: ignore[reportUnknownVariableType] - JSON from a builder
        for key, inner in shape.items():
            if key not in fields:
                raise MalformedEvent(f"{where}.{key} is missing.")
            _check(f"{where}.{key}", fields[key], inner)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise MalformedEvent(f"{where} is not a list.")
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType] - JSON from a builder
        for index, item in enumerate(items):
            _check(f"{where}[{index}]", item, shape[0])
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is int):
        raise MalformedEvent(f"{where} is a {type(value).__name__}.")
