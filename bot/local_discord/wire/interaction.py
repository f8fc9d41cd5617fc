"""Interactions as applications receive them."""

from bot.local_discord.members.permissions import in_channel
from bot.local_discord.model import Channel, Interaction, Json, Message
from bot.local_discord.wire.channel import channel_object
from bot.local_discord.wire.guild import member_object
from bot.local_discord.wire.message import message_object
from bot.local_discord.wire.user import user_object
from bot.local_discord.wire.view import View


def interaction_object(
    view: View, interaction: Interaction, channel: Channel, message: Message | None, *, attachment_limit: int
) -> Json:
    """An interaction; ``message`` is the one whose component was used, the limit is in bytes a file."""
    world = view.world
    data: Json = {
        "id": str(interaction.id),
        "application_id": str(interaction.application_id),
        "type": interaction.kind,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": {
            **channel_object(View(world, view.base_url, interaction.user_id), channel),
            "permissions": str(in_channel(world, interaction.user_id, channel)),
        },
        "token": interaction.token,
        "version": 1,
        "app_permissions": str(in_channel(world, interaction.application_id, channel)),
        "locale": interaction.locale,
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(interaction.guild_id or 0)},
        "context": 0 if interaction.guild_id else 1,
        "attachment_size_limit": attachment_limit,
    }
    member = world.member(interaction.guild_id or 0, interaction.user_id)
    if interaction.guild_id is not None and member is not None:
        data["guild_id"] = str(interaction.guild_id)
        data["guild"] = {"id": str(interaction.guild_id), "locale": "en-US", "features": []}
        data["guild_locale"] = "en-US"
        data["member"] = {
            **member_object(view, member),
            "permissions": str(in_channel(world, interaction.user_id, channel)),
        }
    else:
        data["user"] = user_object(world.users[interaction.user_id])
    if message is not None:
        data["message"] = message_object(View(world, view.base_url, interaction.application_id), message)
    return data
