"""Application commands and webhooks."""

from bot.local_discord.model import Command, Json, Webhook
from bot.local_discord.wire.user import user_object
from bot.local_discord.wire.view import View


def command_object(command: Command) -> Json:
    """A stored command."""
    data: Json = {
        "id": str(command.id),
        "application_id": str(command.application_id),
        "version": str(command.version),
        "type": command.kind,
        "name": command.name,
        **command.body,
    }
    if command.guild_id is not None:
        data["guild_id"] = str(command.guild_id)
    return data


def webhook_object(view: View, webhook: Webhook, *, with_token: bool, with_user: bool = True) -> Json:
    """A webhook; without the token for a bot that did not make it, without the user where no bot asks."""
    data: Json = {
        "application_id": None if webhook.application_id is None else str(webhook.application_id),
        "avatar": webhook.avatar,
        "channel_id": str(webhook.channel_id),
        "guild_id": str(webhook.guild_id),
        "id": str(webhook.id),
        "name": webhook.name,
        "type": 1,
    }
    if with_user:
        data["user"] = user_object(view.world.users[webhook.user_id])
    if with_token:
        data["token"] = webhook.token
        data["url"] = f"{view.base_url}/api/webhooks/{webhook.id}/{webhook.token}"
    return data
