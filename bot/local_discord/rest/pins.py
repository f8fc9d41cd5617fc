"""Pins, by the routes of 2025 (paginated) and the old ones.

https://discord.com/developers/docs/resources/message#get-channel-pins
"""

from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.drafts import Draft
from bot.local_discord.mentions import Allowed
from bot.local_discord.model import PIN_NOTICE, Channel, Json, Message, Reference
from bot.local_discord.permissions import PIN_MESSAGES
from bot.local_discord.posting import Origin, post, put_changed
from bot.local_discord.refusals import limit_reached
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.rest.messages import message_of, shown
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import demand
from bot.local_discord.thread_state import demand_awake
from bot.local_discord.uploads import Files
from bot.local_discord.wire.view import maybe_stamp, stamp


def _pinned(call: Call, channel: Channel) -> list[Message]:
    found = [m for m in call.stage.world.messages(channel.id) if m.pinned_at is not None]
    return sorted(found, key=lambda m: (m.pinned_at or m.sent_at, m.id), reverse=True)


async def list_pins(call: Call) -> Response:
    """GET /channels/{channel_id}/messages/pins, last pinned first."""
    channel = channel_of(call)
    query = call.query()
    limit = query.integer("limit", least=1, most=50, default=50) or 50
    before = query.time("before")
    query.problems.raise_any()
    found = _pinned(call, channel)
    if before is not None and before.tzinfo is not None:
        found = [m for m in found if m.pinned_at is not None and m.pinned_at < before]
    items: list[Json] = [
        {"pinned_at": stamp(m.pinned_at), "message": shown(call, m)} for m in found[:limit] if m.pinned_at
    ]
    return ok({"items": items, "has_more": len(found) > limit})


async def list_pins_old(call: Call) -> Response:
    """GET /channels/{channel_id}/pins: the last 50."""
    return ok([shown(call, message) for message in _pinned(call, channel_of(call))[:50]])


async def put_pin(call: Call) -> Response:
    """PUT /channels/{channel_id}/messages/pins/{message_id}; needs Pin Messages, 250 fit."""
    channel, stage = channel_of(call), call.stage
    demand(stage, call.actor, channel, PIN_MESSAGES)
    demand_awake(channel)
    message = message_of(call, channel)
    if message.pinned_at is not None:
        return nothing()
    if len(_pinned(call, channel)) >= LIMITS.pins:
        raise limit_reached(30003, f"Maximum number of pins reached for the channel ({LIMITS.pins})")
    put_changed(stage, replace(message, pinned_at=stage.now()))
    _note(call, channel)
    notice = Draft("", None, None, Files(), Allowed(frozenset(), replied_user=False))
    origin = Origin(PIN_NOTICE, reference=Reference(channel.id, message.id, channel.guild_id))
    post(stage, call.actor, stage.world.channels[channel.id], notice, origin)
    return nothing()


async def delete_pin(call: Call) -> Response:
    """DELETE /channels/{channel_id}/messages/pins/{message_id}."""
    channel, stage = channel_of(call), call.stage
    demand(stage, call.actor, channel, PIN_MESSAGES)
    demand_awake(channel)
    message = message_of(call, channel)
    if message.pinned_at is not None:
        put_changed(stage, replace(message, pinned_at=None))
        _note(call, channel)
    return nothing()


def _note(call: Call, channel: Channel) -> None:
    """Remember when something was last pinned here and say so."""
    pinned = _pinned(call, channel)
    last = pinned[0].pinned_at if pinned else None
    call.stage.world.put_channel(replace(channel, last_pin_at=last))
    data: Json = {"channel_id": str(channel.id), "last_pin_timestamp": maybe_stamp(last)}
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
    call.stage.tell("CHANNEL_PINS_UPDATE", data, channel)
