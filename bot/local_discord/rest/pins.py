"""Pins, by the routes of 2025 (paginated) and the old ones.

https://discord.com/developers/docs/resources/message#get-channel-pins
"""

from dataclasses import replace
from datetime import datetime, timedelta

from starlette.responses import Response

from bot.local_discord.channels.thread_state import demand_awake, demand_unlocked
from bot.local_discord.members.permissions import PIN_MESSAGES, READ_MESSAGE_HISTORY
from bot.local_discord.messages.drafts import system_draft
from bot.local_discord.messages.placing import put_changed
from bot.local_discord.messages.pointing import ORDINARY
from bot.local_discord.messages.posting import Origin, post
from bot.local_discord.model import PIN_NOTICE, Channel, Json, Message, Reference
from bot.local_discord.refusals import Refusal, limit_reached, system_message, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.rest.messages import shown
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import demand, may
from bot.local_discord.wire.view import maybe_stamp, stamp


def _pinned(call: Call, channel: Channel) -> list[Message]:
    found = [m for m in call.stage.world.messages(channel.id) if m.pinned_at is not None]
    return sorted(found, key=lambda m: (m.pinned_at or m.sent_at, m.id), reverse=True)


def _readable(call: Call, channel: Channel) -> list[Message]:
    """The pinned messages, none for who may not read what was said before."""
    if not may(call.stage, call.actor, channel, READ_MESSAGE_HISTORY):
        return []
    return _pinned(call, channel)


def _shown(call: Call, message: Message) -> Json:
    data = shown(call, message)
    # Discord lists pins without their reactions
    data.pop("reactions", None)
    return data


async def list_pins(call: Call) -> Response:
    """GET /channels/{channel_id}/messages/pins, last pinned first."""
    channel = channel_of(call)
    query = call.query()
    limit = query.integer("limit", least=1, most=50, default=50) or 50
    before = query.time("before")
    query.problems.raise_any()
    found = _readable(call, channel)
    if before is not None:
        found = [m for m in found if m.pinned_at is not None and m.pinned_at < before]
    items: list[Json] = [
        {"pinned_at": stamp(m.pinned_at), "message": _shown(call, m)} for m in found[:limit] if m.pinned_at
    ]
    return ok({"items": items, "has_more": len(found) > limit})


async def list_pins_old(call: Call) -> Response:
    """GET /channels/{channel_id}/pins: the last 50."""
    return ok([_shown(call, message) for message in _readable(call, channel_of(call))[:50]])


def _target(call: Call, channel: Channel) -> Message:
    """The message of the path, if it is one of this channel that may be pinned.

    Raises:
        Refusal: 50019 for a message of another channel, 10008, 50021.
    """
    world, message_id = call.stage.world, call.id("message_id")
    message = world.message(channel.id, message_id)
    if message is None:
        if any(world.message(other, message_id) is not None for other in world.channels):
            raise Refusal(400, 50019, "A message can only be pinned to the channel it was sent in")
        raise unknown("message")
    if message.kind not in ORDINARY:
        raise system_message()
    return message


async def put_pin(call: Call) -> Response:
    """PUT /channels/{channel_id}/messages/pins/{message_id}; needs Pin Messages, 250 fit."""
    channel, stage = channel_of(call), call.stage
    demand(stage, call.actor, channel, PIN_MESSAGES)
    demand_awake(channel)
    demand_unlocked(stage, call.actor, channel)
    message = _target(call, channel)
    if message.pinned_at is not None:
        return nothing()
    others = _pinned(call, channel)
    if len(others) >= LIMITS.pins:
        raise limit_reached(30003, f"Maximum number of pins reached for the channel ({LIMITS.pins})")
    put_changed(stage, replace(message, pinned_at=_after(others, stage.now())))
    _note(call, channel)
    origin = Origin(PIN_NOTICE, reference=Reference(channel.id, message.id, channel.guild_id))
    post(stage, call.actor, stage.world.channels[channel.id], system_draft(), origin)
    return nothing()


async def delete_pin(call: Call) -> Response:
    """DELETE /channels/{channel_id}/messages/pins/{message_id}."""
    channel, stage = channel_of(call), call.stage
    demand(stage, call.actor, channel, PIN_MESSAGES)
    demand_awake(channel)
    demand_unlocked(stage, call.actor, channel)
    message = _target(call, channel)
    if message.pinned_at is not None:
        put_changed(stage, replace(message, pinned_at=None))
        _note(call, channel)
    return nothing()


def _after(others: list[Message], now: datetime) -> datetime:
    """A moment of its own, also where the clock stands: pages are told apart by it."""
    last = others[0].pinned_at if others else None
    return now if last is None or last < now else last + timedelta(microseconds=1)


def _note(call: Call, channel: Channel) -> None:
    """Remember when something was last pinned here and say so."""
    pinned = _pinned(call, channel)
    last = pinned[0].pinned_at if pinned else None
    call.stage.world.put_channel(replace(channel, last_pin_at=last))
    data: Json = {"channel_id": str(channel.id), "last_pin_timestamp": maybe_stamp(last)}
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
    call.stage.tell("CHANNEL_PINS_UPDATE", data, channel)
