"""What every dispatch must have and may have, checked before it is sent: one malformed event ends a client for good.

Required are the fields that client libraries read without asking whether they are there and those that Discord documents
as always there. Objects that are described elsewhere too (messages, channels, guilds, users, members, interactions) may
have more fields than are named here; events of their own kind may not.
https://discord.com/developers/docs/events/gateway-events
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.local_discord.model import Json

type Shape = type | tuple[type, ...] | Mapping[str, "Shape"] | list["Shape"] | Exact


@dataclass(frozen=True, slots=True)
class Exact:
    """An object with these fields and no others; a name that ends in ``?`` may be absent."""

    fields: Mapping[str, Shape]


_NONE = type(None)
_ID = str
_MAYBE = (str, _NONE)

USER: Shape = {"id": _ID, "username": str, "discriminator": str, "avatar": _MAYBE}
MEMBER: dict[str, Shape] = {"user": USER, "roles": [_ID], "joined_at": str, "nick": _MAYBE}
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
INTERACTION: Shape = {
    "id": _ID,
    "application_id": _ID,
    "type": int,
    "token": str,
    "version": int,
    "channel_id": _ID,
    "data": dict,
}
EMOJI: Shape = {"id": _MAYBE, "name": _MAYBE}
PRESENCE: Shape = Exact(
    {
        "user": {"id": _ID},
        "guild_id": _ID,
        "status": str,
        "activities": [{"type": int, "name": str, "created_at": int}],
        "client_status": {},
    }
)
THREAD_MEMBER: Shape = {"id": _ID, "user_id": _ID, "join_timestamp": str, "flags": int}
VOICE_STATE: dict[str, Shape] = {
    "user_id": _ID,
    "channel_id": _MAYBE,
    "session_id": str,
    "deaf": bool,
    "mute": bool,
    "self_deaf": bool,
    "self_mute": bool,
    "self_video": bool,
    "suppress": bool,
    "request_to_speak_timestamp": _MAYBE,
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
    "unavailable?": bool,
    "joined_at": _MAYBE,
    "large": bool,
    "voice_states": [VOICE_STATE],
    "presences": [PRESENCE],
    "stage_instances": list,
    "guild_scheduled_events": list,
    "soundboard_sounds": list,
}
_BAN: Shape = Exact({"guild_id": _ID, "user": USER})
_ROLE_CHANGE: Shape = Exact({"guild_id": _ID, "role": ROLE})
_POLL_VOTE: Shape = Exact(
    {"user_id": _ID, "channel_id": _ID, "message_id": _ID, "guild_id?": _ID, "answer_id": int}
)

SHAPES: dict[str, Shape] = {
    "READY": Exact(
        {
            "v": int,
            "user": USER,
            "guilds": [Exact({"id": _ID, "unavailable": bool})],
            "session_id": str,
            "resume_gateway_url": str,
            "application?": Exact({"id": _ID, "flags": int}),
            "shard?": [int],
            "session_type": str,
            "private_channels": [DIRECT_CHANNEL],
            "presences": list,
            "relationships": list,
            "user_settings": dict,
            "guild_join_requests": list,
            "geo_ordered_rtc_regions": [str],
            "_trace": [str],
        }
    ),
    "RESUMED": Exact({"_trace": [str]}),
    "GUILD_CREATE": GUILD,
    "GUILD_MEMBERS_CHUNK": Exact(
        {
            "guild_id": _ID,
            "members": [MEMBER],
            "chunk_index": int,
            "chunk_count": int,
            "not_found?": [str],
            "presences?": [PRESENCE],
            "nonce?": str,
        }
    ),
    "GUILD_MEMBER_ADD": {"guild_id": _ID, **MEMBER},
    "GUILD_MEMBER_UPDATE": {
        "guild_id": _ID,
        "user": USER,
        "roles": [_ID],
        "joined_at": _MAYBE,
        "avatar": _MAYBE,
        "banner": _MAYBE,
    },
    "GUILD_MEMBER_REMOVE": Exact({"guild_id": _ID, "user": USER}),
    "GUILD_UPDATE": {"id": _ID, "name": str, "owner_id": _ID, "roles": [ROLE]},
    "GUILD_DELETE": Exact({"id": _ID, "unavailable?": bool}),
    "GUILD_BAN_ADD": _BAN,
    "GUILD_BAN_REMOVE": _BAN,
    "GUILD_ROLE_CREATE": _ROLE_CHANGE,
    "GUILD_ROLE_UPDATE": _ROLE_CHANGE,
    "GUILD_ROLE_DELETE": Exact({"guild_id": _ID, "role_id": _ID}),
    "USER_UPDATE": USER,
    "APPLICATION_COMMAND_PERMISSIONS_UPDATE": Exact(
        {
            "id": _ID,
            "application_id": _ID,
            "guild_id": _ID,
            "permissions": [Exact({"id": _ID, "type": int, "permission": bool})],
        }
    ),
    "CHANNEL_CREATE": {"id": _ID, "type": int},
    "CHANNEL_UPDATE": CHANNEL,
    "CHANNEL_DELETE": CHANNEL,
    "CHANNEL_PINS_UPDATE": Exact({"guild_id?": _ID, "channel_id": _ID, "last_pin_timestamp?": _MAYBE}),
    "THREAD_CREATE": THREAD,
    "THREAD_UPDATE": THREAD,
    "THREAD_DELETE": Exact({"id": _ID, "guild_id": _ID, "parent_id": _ID, "type": int}),
    "THREAD_MEMBER_UPDATE": {
        "id": _ID,
        "user_id": _ID,
        "guild_id": _ID,
        "join_timestamp": str,
        "flags": int,
    },
    "THREAD_LIST_SYNC": Exact(
        {"guild_id": _ID, "channel_ids?": [_ID], "threads": [THREAD], "members": [THREAD_MEMBER]}
    ),
    "THREAD_MEMBERS_UPDATE": Exact(
        {
            "id": _ID,
            "guild_id": _ID,
            "member_count": int,
            "added_members?": [THREAD_MEMBER],
            "removed_member_ids?": [_ID],
        }
    ),
    "MESSAGE_CREATE": MESSAGE,
    "MESSAGE_UPDATE": MESSAGE,
    "MESSAGE_DELETE": Exact({"id": _ID, "channel_id": _ID, "guild_id?": _ID}),
    "MESSAGE_DELETE_BULK": Exact({"ids": [_ID], "channel_id": _ID, "guild_id?": _ID}),
    "MESSAGE_REACTION_ADD": Exact(
        {
            "user_id": _ID,
            "channel_id": _ID,
            "message_id": _ID,
            "guild_id?": _ID,
            "member?": MEMBER,
            "emoji": EMOJI,
            "message_author_id?": _ID,
            "burst": bool,
            "burst_colors?": [str],
            "type": int,
        }
    ),
    "MESSAGE_REACTION_REMOVE": Exact(
        {
            "user_id": _ID,
            "channel_id": _ID,
            "message_id": _ID,
            "guild_id?": _ID,
            "emoji": EMOJI,
            "burst": bool,
            "type": int,
        }
    ),
    "MESSAGE_REACTION_REMOVE_ALL": Exact({"channel_id": _ID, "message_id": _ID, "guild_id?": _ID}),
    "MESSAGE_REACTION_REMOVE_EMOJI": Exact(
        {"channel_id": _ID, "message_id": _ID, "guild_id?": _ID, "emoji": EMOJI}
    ),
    "MESSAGE_POLL_VOTE_ADD": _POLL_VOTE,
    "MESSAGE_POLL_VOTE_REMOVE": _POLL_VOTE,
    "TYPING_START": Exact(
        {"channel_id": _ID, "guild_id?": _ID, "user_id": _ID, "timestamp": int, "member?": MEMBER}
    ),
    "WEBHOOKS_UPDATE": Exact({"guild_id": _ID, "channel_id": _ID}),
    "PRESENCE_UPDATE": PRESENCE,
    "VOICE_STATE_UPDATE": {"guild_id": _ID, **VOICE_STATE},
    "VOICE_SERVER_UPDATE": Exact({"guild_id": _ID, "token": str, "endpoint": _MAYBE}),
    "SOUNDBOARD_SOUNDS": Exact({"guild_id": _ID, "soundboard_sounds": list}),
    "CHANNEL_INFO": Exact({"guild_id": _ID, "channels": [{"id": _ID}]}),
    "RATE_LIMITED": Exact({"opcode": int, "retry_after": float, "meta": {"guild_id": _ID}}),
    "INTERACTION_CREATE": INTERACTION,
    "INTERACTION_SUCCESS": {"id": _ID, "nonce": _MAYBE},
    "INTERACTION_FAILURE": {"id": _ID, "nonce": _MAYBE, "reason_code": int},
    "INTERACTION_MODAL_CREATE": {"id": _ID, "nonce": _MAYBE, "custom_id": str, "components": [dict]},
    "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE": {"nonce": _MAYBE, "choices": [dict]},
}


class MalformedEvent(Exception):
    """A dispatch lacks something that clients rely on; this is a mistake in a builder."""


def check(name: str, data: Json) -> None:
    """Raise :class:`MalformedEvent` unless ``data`` has all that clients read of the event ``name``, and nothing strange."""
    shape = SHAPES.get(name)
    if shape is None:
        raise MalformedEvent(f"{name} is not an event that is described here.")
    _check(name, data, shape)


def _check(where: str, value: object, shape: Shape) -> None:
    if isinstance(shape, Exact):
        _check_fields(where, value, shape.fields)
        _nothing_else(where, value, shape)
    elif isinstance(shape, Mapping):
        _check_fields(where, value, shape)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise MalformedEvent(f"{where} is not a list.")
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType] - JSON from a builder
        for index, item in enumerate(items):
            _check(f"{where}[{index}]", item, shape[0])
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is int):
        raise MalformedEvent(f"{where} is a {type(value).__name__}.")


def _check_fields(where: str, value: object, shape: Mapping[str, Shape]) -> None:
    if not isinstance(value, Mapping):
        raise MalformedEvent(f"{where} is not an object.")
    fields: Mapping[object, object] = value  # pyright: ignore[reportUnknownVariableType] - JSON from a builder
    for key, inner in shape.items():
        name = key.removesuffix("?")
        if name in fields:
            _check(f"{where}.{name}", fields[name], inner)
        elif name == key:
            raise MalformedEvent(f"{where}.{name} is missing.")


def _nothing_else(where: str, value: object, shape: Exact) -> None:
    if isinstance(value, Mapping):
        fields: Mapping[object, object] = value  # pyright: ignore[reportUnknownVariableType] - JSON from a builder
        for key in fields:
            if key not in shape.fields and f"{key}?" not in shape.fields:
                raise MalformedEvent(f"{where}.{key} is not a field of this event.")
