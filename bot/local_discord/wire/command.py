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


_LOCALIZED = ("name", "description")


def localized(data: Json, locale: str | None) -> Json:
    """The same command, option or choice without its languages, in one of them where it has that.

    https://discord.com/developers/docs/interactions/application-commands#localization
    """
    found: Json = {}
    for field, value in data.items():
        if field in ("options", "choices"):
            found[field] = [localized(each, locale) for each in value]
        elif not field.endswith("_localizations"):
            found[field] = value
    for field in _LOCALIZED:
        texts: Json = data.get(f"{field}_localizations") or {}
        text: object = texts.get(locale or "")
        if text is not None:
            found[f"{field}_localized"] = text
    return found


def webhook_object(view: View, webhook: Webhook, *, with_token: bool, with_user: bool = True) -> Json:
    """A webhook; without the token for a bot that did not make it, without the user where no bot asks."""
    data: Json = {
        "application_id": None if webhook.application_id is None else str(webhook.application_id),
        "avatar": webhook.avatar,
        "channel_id": str(webhook.channel_id),
        "guild_id": str(webhook.guild_id),
        "id": str(webhook.id),
        "name": webhook.name,
        "type": 1 if webhook.source_channel_id is None else 2,
    }
    if webhook.source_channel_id is not None:
        data |= _source(view, webhook.source_channel_id)
    if with_user:
        data["user"] = user_object(view.world.users[webhook.user_id])
    if with_token and webhook.token:
        data["token"] = webhook.token
        data["url"] = f"{view.base_url}/api/webhooks/{webhook.id}/{webhook.token}"
    return data


def _source(view: View, channel_id: int) -> Json:
    """The announcement channel that a webhook brings the posts of; nothing when it is gone."""
    channel = view.world.channels.get(channel_id)
    if channel is None or channel.guild_id is None:
        return {}
    guild = view.world.guilds[channel.guild_id]
    return {
        "source_guild": {"id": str(guild.id), "name": guild.name, "icon": None},
        "source_channel": {"id": str(channel.id), "name": channel.name},
    }
