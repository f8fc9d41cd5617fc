"""Channels: read, make, change, remove; permission overwrites; typing."""

from starlette.responses import Response

from bot.local_discord.channels import channel_changes
from bot.local_discord.channels.channel_changes import (
    change_channel,
    create_channel,
    remove_channel,
)
from bot.local_discord.channels.channel_fields import read_overwrite
from bot.local_discord.channels.thread_changes import change_thread
from bot.local_discord.members.permissions import SEND_MESSAGES, SEND_MESSAGES_IN_THREADS
from bot.local_discord.messages.typing_start import tell_typing
from bot.local_discord.model import Channel
from bot.local_discord.refusals import Refusal, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.guilds import own_guild
from bot.local_discord.stage import demand, seen_channel
from bot.local_discord.wire.channel import channel_object, guild_channel_object


def channel_of(call: Call) -> Channel:
    """The channel of the path, which who asks must be able to see."""
    return seen_channel(call.stage, call.actor, call.id("channel_id"))


async def get_channel(call: Call) -> Response:
    """GET /channels/{channel_id}."""
    return ok(channel_object(call.stage.view(call.actor.user_id), channel_of(call)))


async def post_guild_channel(call: Call) -> Response:
    """POST /guilds/{guild_id}/channels."""
    _, asker = own_guild(call)
    channel = create_channel(call.stage, asker, await call.form())
    return ok(guild_channel_object(channel), 201)


async def patch_channel(call: Call) -> Response:
    """PATCH /channels/{channel_id}: a channel or a thread."""
    channel = channel_of(call)
    if channel.guild_id is None:
        raise direct_channel()
    change = change_channel if channel.thread is None else change_thread
    changed = change(call.stage, call.actor, channel, await call.form())
    return ok(channel_object(call.stage.view(call.actor.user_id), changed))


def direct_channel() -> Refusal:
    """403 for what cannot be done to a direct message channel."""
    return Refusal(403, 50003, "Cannot execute action on a DM channel")


async def delete_channel(call: Call) -> Response:
    """DELETE /channels/{channel_id}; answers with what was removed. Closing a direct channel keeps its messages."""
    channel = channel_of(call)
    gone = channel_object(call.stage.view(call.actor.user_id), channel)
    if channel.guild_id is not None:
        remove_channel(call.stage, call.actor, channel)
    return ok(gone)


def _guild_channel(call: Call) -> Channel:
    channel = channel_of(call)
    if channel.guild_id is None:
        raise direct_channel()
    if channel.thread is not None:
        raise unknown("channel")
    return channel


async def put_overwrite(call: Call) -> Response:
    """PUT /channels/{channel_id}/permissions/{overwrite_id}."""
    channel = _guild_channel(call)
    form = await call.form()
    overwrite = read_overwrite(form, call.id("overwrite_id"))
    form.problems.raise_any()
    channel_changes.put_overwrite(call.stage, call.actor, channel, overwrite)
    return nothing()


async def delete_overwrite(call: Call) -> Response:
    """DELETE /channels/{channel_id}/permissions/{overwrite_id}."""
    channel = _guild_channel(call)
    channel_changes.drop_overwrite(call.stage, call.actor, channel, call.id("overwrite_id"))
    return nothing()


async def post_typing(call: Call) -> Response:
    """POST /channels/{channel_id}/typing."""
    channel, stage, user_id = channel_of(call), call.stage, call.actor.user_id
    demand(stage, call.actor, channel, SEND_MESSAGES if channel.thread is None else SEND_MESSAGES_IN_THREADS)
    tell_typing(stage, channel, user_id)
    return nothing()
