"""What a token reaches: every place that a call names goes through here before anything is done."""

from http import HTTPStatus

from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused
from bot.errors import UserError
from bot.mcp.serving.arguments import Arguments
from bot.mcp.serving.grants import Grant
from bot.mcp.serving.tools import Desk, Json, Place
from bot.mirror import channel_table
from bot.mirror.picture import Channel
from bot.storage.database import Database

NO_CHANNEL = "This token reaches no channel {id}; list_channels names those it does."
NO_SERVER = "This token reaches no server {id}; list_servers names those it does."
WHICH_SERVER = "Name the server with guildId; list_servers names those that this token reaches."
NO_MEMBER = "There is no member {id} on this server; list_members names who there is."
NO_WEBHOOK = "This token reaches no webhook {id}; list_webhooks names those of a channel."


def guild(grant: Grant, guild_id: int | None) -> int:
    """The server that is meant. Raises `UserError` where the token does not reach it."""
    if guild_id is None:
        if grant.only_server is None:
            raise UserError(WHICH_SERVER)
        return grant.only_server
    if guild_id not in grant.servers:
        raise UserError(NO_SERVER.format(id=guild_id))
    return guild_id


async def channel(desk: Desk, grant: Grant, channel_id: int) -> Channel:
    """A channel or thread. Raises `UserError` where the token does not reach it, whether there is one or not."""
    try:
        found = await look_up(desk.database, desk.api, channel_id)
        parent = None
        if found.is_thread and found.parent_id is not None and grant.channels is not None:
            parent = await look_up(desk.database, desk.api, found.parent_id)
    except DiscordRefused as error:
        raise UserError(NO_CHANNEL.format(id=channel_id)) from error
    if not reaches(grant, found, parent):
        raise UserError(NO_CHANNEL.format(id=channel_id))
    return found


def reaches(grant: Grant, found: Channel, parent: Channel | None = None) -> bool:
    """Whether a token reaches a channel: it, its category, or of a thread its channel (``parent``), is named."""
    if found.guild_id not in grant.servers:
        return False
    if grant.channels is None:
        return True
    named = {found.id, found.parent_id, None if parent is None else parent.parent_id}
    return bool(named & grant.channels)


async def place(desk: Desk, grant: Grant, given: Arguments) -> Place | None:
    """Where a call has its effect, from its arguments; None where they name no place."""
    fields = type(given).model_fields
    channel_id: int | None = getattr(given, "channel_id", None)
    if channel_id is not None:
        found = await channel(desk, grant, channel_id)
        return Place(found.guild_id or 0, found)
    webhook_id: int | None = getattr(given, "webhook_id", None)
    if webhook_id is not None:
        hook = await webhook(desk.api, webhook_id)
        try:
            found = await channel(desk, grant, int(hook["channel_id"]))
        except UserError:
            raise UserError(NO_WEBHOOK.format(id=webhook_id)) from None
        return Place(found.guild_id or 0, found)
    if "guild_id" in fields:
        return Place(guild(grant, getattr(given, "guild_id", None)))
    return None


async def look_up(database: Database, api: DiscordApi, channel_id: int) -> Channel:
    """What a channel is, as it is now: categories can change. Raises `DiscordRefused` where it cannot be seen."""
    async with database.connection() as conn:
        known = next(iter(await channel_table.find(conn, [channel_id])), None)
    if known is not None:
        return known
    raw = await api.request("GET", "/channels/{channel_id}", channel_id=channel_id)
    guild_id, parent = raw.get("guild_id"), raw.get("parent_id")
    return Channel(
        channel_id, int(guild_id) if guild_id else None, int(parent) if parent else None, int(raw["type"])
    )


async def member(api: DiscordApi, guild_id: int, user_id: int) -> Json:
    """A member of a server, as Discord describes them. Raises `UserError` where they are none."""
    try:
        return await api.request(
            "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild_id, user_id=user_id
        )
    except DiscordRefused as error:
        if error.status == HTTPStatus.NOT_FOUND:
            raise UserError(NO_MEMBER.format(id=user_id)) from error
        raise


async def webhook(api: DiscordApi, webhook_id: int) -> Json:
    """A webhook; its secrets are in it. Raises `UserError` where there is none that the bot sees."""
    try:
        return await api.request("GET", "/webhooks/{webhook_id}", webhook_id=webhook_id)
    except DiscordRefused as error:
        raise UserError(NO_WEBHOOK.format(id=webhook_id)) from error
