"""Channels: read, make, change, remove; permission overwrites; typing."""

from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.channel_changes import (
    change_channel,
    change_thread,
    create_channel,
    read_overwrite,
    remove_channel,
)
from bot.local_discord.events import Event
from bot.local_discord.model import Channel, Json
from bot.local_discord.permissions import MANAGE_ROLES, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS
from bot.local_discord.refusals import Refusal, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.guilds import own_guild
from bot.local_discord.stage import demand, seen_channel
from bot.local_discord.wire.channel import channel_object, guild_channel_object
from bot.local_discord.wire.guild import member_object


def channel_of(call: Call) -> Channel:
    """The channel of the path, which who asks must be able to see."""
    return seen_channel(call.stage, call.actor, call.id("channel_id"))


async def get_channel(call: Call) -> Response:
    """GET /channels/{channel_id}."""
    return ok(channel_object(call.stage.view(call.actor.user_id), channel_of(call)))


async def post_guild_channel(call: Call) -> Response:
    """POST /guilds/{guild_id}/channels."""
    guild, _ = own_guild(call)
    channel = create_channel(call.stage, call.actor, guild.id, await call.form())
    return ok(guild_channel_object(channel), 201)


async def patch_channel(call: Call) -> Response:
    """PATCH /channels/{channel_id}: a channel or a thread."""
    channel = channel_of(call)
    if channel.guild_id is None:
        raise Refusal(403, 50003, "Cannot execute action on a DM channel")
    change = change_channel if channel.thread is None else change_thread
    changed = change(call.stage, call.actor, channel, await call.form())
    return ok(channel_object(call.stage.view(call.actor.user_id), changed))


async def delete_channel(call: Call) -> Response:
    """DELETE /channels/{channel_id}; answers with what was removed."""
    channel = channel_of(call)
    gone = channel_object(call.stage.view(call.actor.user_id), channel)
    remove_channel(call.stage, call.actor, channel)
    return ok(gone)


async def put_overwrite(call: Call) -> Response:
    """PUT /channels/{channel_id}/permissions/{overwrite_id}."""
    channel = channel_of(call)
    demand(call.stage, call.actor, channel, MANAGE_ROLES)
    form = await call.form()
    overwrite = read_overwrite(form, call.id("overwrite_id"))
    form.problems.raise_any()
    others = tuple(each for each in channel.overwrites if each.id != overwrite.id)
    _put_changed(call, replace(channel, overwrites=(*others, overwrite)))
    return nothing()


async def delete_overwrite(call: Call) -> Response:
    """DELETE /channels/{channel_id}/permissions/{overwrite_id}."""
    channel = channel_of(call)
    demand(call.stage, call.actor, channel, MANAGE_ROLES)
    others = tuple(each for each in channel.overwrites if each.id != call.id("overwrite_id"))
    if len(others) == len(channel.overwrites):
        raise unknown("overwrite")
    _put_changed(call, replace(channel, overwrites=others))
    return nothing()


def _put_changed(call: Call, channel: Channel) -> None:
    if channel.thread is not None or channel.guild_id is None:
        raise unknown("channel")
    call.stage.world.put_channel(channel)
    call.stage.tell("CHANNEL_UPDATE", guild_channel_object(channel), channel)


async def post_typing(call: Call) -> Response:
    """POST /channels/{channel_id}/typing."""
    channel, stage, user_id = channel_of(call), call.stage, call.actor.user_id
    demand(stage, call.actor, channel, SEND_MESSAGES if channel.thread is None else SEND_MESSAGES_IN_THREADS)
    data: Json = {
        "channel_id": str(channel.id),
        "user_id": str(user_id),
        "timestamp": int(stage.now().timestamp()),
    }
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
        member = stage.world.member(channel.guild_id, user_id)
        if member is not None:
            data["member"] = member_object(stage.view(), member)
    stage.emit(Event("TYPING_START", data, guild_id=channel.guild_id, channel=channel))
    return nothing()
