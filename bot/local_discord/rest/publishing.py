"""Announcement channels: follow one, and publish a message to those who follow."""

from starlette.responses import Response

from bot.local_discord.channels.thread_state import demand_awake
from bot.local_discord.messages.publishing import announce_following, follow, publish
from bot.local_discord.refusals import unknown
from bot.local_discord.rest.call import Call, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.rest.messages import message_of, shown
from bot.local_discord.rest.webhooks import put
from bot.local_discord.stage import seen_channel


async def post_follower(call: Call) -> Response:
    """POST /channels/{channel_id}/followers: let another channel follow this one."""
    source, stage = channel_of(call), call.stage
    form = await call.form()
    target_id = form.snowflake("webhook_channel_id", required=True)
    form.problems.raise_any()
    if target_id is None:
        raise unknown("channel")
    webhook = follow(stage, call.actor, source, seen_channel(stage, call.actor, target_id))
    put(stage, webhook)
    announce_following(stage, call.actor, webhook, source)
    return ok({"channel_id": str(source.id), "webhook_id": str(webhook.id)})


async def post_crosspost(call: Call) -> Response:
    """POST /channels/{channel_id}/messages/{message_id}/crosspost."""
    channel = channel_of(call)
    message = message_of(call, channel)
    demand_awake(channel)
    return ok(shown(call, publish(call.stage, call.actor, channel, message)))
