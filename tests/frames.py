"""Holds the gateway's frames against the hand-written shapes and, where it knows the objects in them, Discord's description.

The description is of the REST API only; events carry the same objects with a few fields more, which Discord documents at
https://discord.com/developers/docs/events/gateway-events and which are taken off here.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

from bot.local_discord.gateway.shapes import SHAPES, MalformedEvent, check
from bot.local_discord.traffic.traffic import Passed
from tests.description import Description

type Json = dict[str, Any]
type Part = tuple[str, object]
"""The name of a described object and what should fit it."""


def _without(data: Json, *names: str) -> Json:
    return {name: value for name, value in data.items() if name not in names}


def _message(data: Json) -> Iterator[Part]:
    mentions = [_without(user, "member") for user in data["mentions"]]
    whole = _without(data, "guild_id", "member", "channel_type")
    yield "MessageResponse", {**whole, "mentions": mentions}
    for member in [data["member"]] if "member" in data else []:
        yield "GuildMemberResponse", {**member, "user": data["author"]}


def _channel(data: Json) -> Iterator[Part]:
    yield ("GuildChannelResponse" if "guild_id" in data else "PrivateChannelResponse"), data


def _thread(data: Json) -> Iterator[Part]:
    yield "ThreadResponse", _without(data, "newly_created")


def _member(data: Json) -> Iterator[Part]:
    yield "GuildMemberResponse", _without(data, "guild_id")


def _user_in(data: Json) -> Iterator[Part]:
    yield "UserResponse", data["user"]


def _member_in(data: Json) -> Iterator[Part]:
    if "member" in data:
        yield "GuildMemberResponse", data["member"]


def _role(data: Json) -> Iterator[Part]:
    yield "GuildRoleResponse", data["role"]


GUILD_EXTRAS = (
    "joined_at",
    "large",
    "unavailable",
    "member_count",
    "voice_states",
    "members",
    "channels",
    "threads",
    "presences",
    "stage_instances",
    "guild_scheduled_events",
    "soundboard_sounds",
)


def _guild(data: Json) -> Iterator[Part]:
    yield "GuildResponse", _without(data, *GUILD_EXTRAS)
    for member in data.get("members", []):
        yield from _member(member)
    for channel in data.get("channels", []):
        yield from _channel(channel)
    for thread in data.get("threads", []):
        yield from _thread(thread)
    for state in data.get("voice_states", []):
        yield "VoiceStateResponse", {**state, "guild_id": data["id"]}


def _ready(data: Json) -> Iterator[Part]:
    yield "UserPIIResponse", data["user"]
    for channel in data["private_channels"]:
        yield from _channel(channel)


def _chunk(data: Json) -> Iterator[Part]:
    for member in data["members"]:
        yield from _member(member)


def _thread_list(data: Json) -> Iterator[Part]:
    for thread in data["threads"]:
        yield from _thread(thread)
    for member in data["members"]:
        yield "ThreadMemberResponse", member


def _thread_members(data: Json) -> Iterator[Part]:
    for member in data.get("added_members", []):
        yield "ThreadMemberResponse", _without(member, "presence")


def _interaction(data: Json) -> Iterator[Part]:
    for member in [data["member"]] if "member" in data else []:
        yield "GuildMemberResponse", _without(member, "permissions")
    for user in [data["user"]] if "user" in data else []:
        yield "UserResponse", user
    for message in [data["message"]] if "message" in data else []:
        yield "MessageResponse", message
    resolved = data["data"].get("resolved", {})
    for message in resolved.get("messages", {}).values():
        yield "MessageResponse", message
    for user in resolved.get("users", {}).values():
        yield "UserResponse", user
    for role in resolved.get("roles", {}).values():
        yield "GuildRoleResponse", role
    for attachment in resolved.get("attachments", {}).values():
        yield "MessageAttachmentResponse", attachment


PARTS: dict[str, Callable[[Json], Iterator[Part]]] = {
    "READY": _ready,
    "GUILD_CREATE": _guild,
    "GUILD_UPDATE": _guild,
    "GUILD_MEMBERS_CHUNK": _chunk,
    "GUILD_MEMBER_ADD": _member,
    "GUILD_MEMBER_UPDATE": _member,
    "GUILD_MEMBER_REMOVE": _user_in,
    "GUILD_BAN_ADD": _user_in,
    "GUILD_BAN_REMOVE": _user_in,
    "GUILD_ROLE_CREATE": _role,
    "GUILD_ROLE_UPDATE": _role,
    "USER_UPDATE": lambda data: iter([("UserPIIResponse", data)]),
    "CHANNEL_CREATE": _channel,
    "CHANNEL_UPDATE": _channel,
    "CHANNEL_DELETE": _channel,
    "THREAD_CREATE": _thread,
    "THREAD_UPDATE": _thread,
    "THREAD_LIST_SYNC": _thread_list,
    "THREAD_MEMBER_UPDATE": lambda data: iter([("ThreadMemberResponse", _without(data, "guild_id"))]),
    "THREAD_MEMBERS_UPDATE": _thread_members,
    "MESSAGE_CREATE": _message,
    "MESSAGE_UPDATE": _message,
    "MESSAGE_REACTION_ADD": _member_in,
    "TYPING_START": _member_in,
    "VOICE_STATE_UPDATE": lambda data: iter([("VoiceStateResponse", data)]),
    "INTERACTION_CREATE": _interaction,
}
"""Which described objects an event carries. The others are made of ids and numbers only, or are not described."""


def frame_problems(held: Description | None, frame: Passed) -> list[str]:
    """What is wrong with a session's frame that was sent.

    One that was broken on purpose is not looked at, nor an event that nobody knows: the gateway does not send any, but
    tests of the recording make some up.
    """
    if not frame.outward or frame.session_id is None:
        return []
    try:
        payload = cast("Json", json.loads(frame.text))
    except ValueError:
        return []
    return event_problems(held, payload["t"], payload["d"]) if payload["op"] == 0 else []


def event_problems(held: Description | None, name: str, data: Json) -> list[str]:
    """What is wrong with an event, where it is one that the gateway knows."""
    if name not in SHAPES:
        return []
    try:
        check(name, data)
        parts = list(PARTS[name](data)) if name in PARTS else []
    except (MalformedEvent, KeyError) as error:
        return [f"{name}: {error}"]
    return (
        []
        if held is None
        else [f"{name}: {one}: {p}" for one, part in parts for p in held.misfits(one, part)]
    )
