"""Which path is answered by what; the first that fits answers."""

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from bot.local_discord.refusals import not_found
from bot.local_discord.rest import (
    channels,
    commands,
    guilds,
    interactions,
    local,
    messages,
    pins,
    reactions,
    threads,
    users,
    webhooks,
)
from bot.local_discord.rest.call import Handler
from bot.local_discord.rest.desk import Desk, Resource, refused

type Table = dict[str, dict[str, Handler]]

_CHANNEL = "/channels/{channel_id}"
_MESSAGE = f"{_CHANNEL}/messages/{{message_id}}"
_REACTIONS = f"{_MESSAGE}/reactions"
_GUILD = "/guilds/{guild_id}"
_APPLICATION = "/applications/{application_id}"
_WEBHOOK = "/webhooks/{webhook_id}"

_COMMANDS: Table = {
    "/commands": {
        "GET": commands.list_commands,
        "POST": commands.post_command,
        "PUT": commands.put_commands,
    },
    "/commands/{command_id}": {
        "GET": commands.get_command,
        "PATCH": commands.patch_command,
        "DELETE": commands.delete_command,
    },
}

DISCORD: Table = {
    "/gateway": {"GET": users.get_gateway},
    "/gateway/bot": {"GET": users.get_gateway_bot},
    "/users/@me": {"GET": users.get_me, "PATCH": users.patch_me},
    "/users/@me/guilds": {"GET": users.my_guilds},
    "/users/@me/guilds/{guild_id}/member": {"GET": users.my_member},
    "/users/@me/channels": {"POST": users.open_direct_channel},
    "/users/{user_id}": {"GET": users.get_user},
    "/applications/@me": {"GET": users.get_application},
    "/oauth2/applications/@me": {"GET": users.get_application},
    **{_APPLICATION + path: handlers for path, handlers in _COMMANDS.items()},
    f"{_APPLICATION}{_GUILD}/commands/permissions": {"GET": commands.list_permissions},
    **{_APPLICATION + _GUILD + path: handlers for path, handlers in _COMMANDS.items()},
    _GUILD: {"GET": guilds.get_guild},
    f"{_GUILD}/channels": {"GET": guilds.get_channels, "POST": channels.post_guild_channel},
    f"{_GUILD}/roles": {"GET": guilds.get_roles},
    f"{_GUILD}/roles/{{role_id}}": {"GET": guilds.get_role},
    f"{_GUILD}/emojis": {"GET": guilds.get_emojis},
    f"{_GUILD}/webhooks": {"GET": webhooks.list_of_guild},
    f"{_GUILD}/threads/active": {"GET": guilds.get_active_threads},
    f"{_GUILD}/members": {"GET": guilds.get_members},
    f"{_GUILD}/members/search": {"GET": guilds.search_members},
    f"{_GUILD}/members/{{user_id}}": {"GET": guilds.get_member, "PATCH": guilds.patch_member},
    f"{_GUILD}/members/{{user_id}}/roles/{{role_id}}": {
        "PUT": guilds.put_member_role,
        "DELETE": guilds.delete_member_role,
    },
    _CHANNEL: {
        "GET": channels.get_channel,
        "PATCH": channels.patch_channel,
        "DELETE": channels.delete_channel,
    },
    f"{_CHANNEL}/typing": {"POST": channels.post_typing},
    f"{_CHANNEL}/permissions/{{overwrite_id}}": {
        "PUT": channels.put_overwrite,
        "DELETE": channels.delete_overwrite,
    },
    f"{_CHANNEL}/application-command-index": {"GET": interactions.command_index},
    f"{_CHANNEL}/webhooks": {"GET": webhooks.list_of_channel, "POST": webhooks.post_webhook},
    f"{_CHANNEL}/pins": {"GET": pins.list_pins_old},
    f"{_CHANNEL}/pins/{{message_id}}": {"PUT": pins.put_pin, "DELETE": pins.delete_pin},
    f"{_CHANNEL}/messages": {"GET": messages.list_messages, "POST": messages.post_message},
    f"{_CHANNEL}/messages/bulk-delete": {"POST": messages.bulk_delete},
    f"{_CHANNEL}/messages/pins": {"GET": pins.list_pins},
    f"{_CHANNEL}/messages/pins/{{message_id}}": {"PUT": pins.put_pin, "DELETE": pins.delete_pin},
    _MESSAGE: {
        "GET": messages.get_message,
        "PATCH": messages.patch_message,
        "DELETE": messages.delete_message,
    },
    f"{_MESSAGE}/threads": {"POST": threads.post_from_message},
    _REACTIONS: {"DELETE": reactions.delete_all},
    f"{_REACTIONS}/{{emoji}}": {"GET": reactions.list_reactions, "DELETE": reactions.delete_emoji},
    f"{_REACTIONS}/{{emoji}}/@me": {"PUT": reactions.put_reaction, "DELETE": reactions.delete_my_reaction},
    f"{_REACTIONS}/{{emoji}}/{{user_id}}": {"DELETE": reactions.delete_reaction},
    f"{_CHANNEL}/threads": {"POST": threads.post_thread},
    f"{_CHANNEL}/threads/archived/public": {"GET": threads.archived_public},
    f"{_CHANNEL}/threads/archived/private": {"GET": threads.archived_private},
    f"{_CHANNEL}/users/@me/threads/archived/private": {"GET": threads.my_archived_private},
    f"{_CHANNEL}/thread-members": {"GET": threads.list_members},
    f"{_CHANNEL}/thread-members/{{user_id}}": {
        "GET": threads.get_member,
        "PUT": threads.put_member,
        "DELETE": threads.delete_member,
    },
    "/interactions": {"POST": interactions.post_interaction},
    "/interactions/{interaction_id}/{token}/callback": {"POST": interactions.post_callback},
    _WEBHOOK: {
        "GET": webhooks.get_webhook,
        "PATCH": webhooks.patch_webhook,
        "DELETE": webhooks.delete_webhook,
    },
    f"{_WEBHOOK}/{{token}}": {
        "GET": webhooks.get_with_token,
        "PATCH": webhooks.patch_with_token,
        "DELETE": webhooks.delete_with_token,
        "POST": interactions.execute,
    },
    f"{_WEBHOOK}/{{token}}/messages/{{message_id}}": {
        "GET": interactions.get_message,
        "PATCH": interactions.patch_message,
        "DELETE": interactions.delete_message,
    },
}


async def no_route(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a path that nothing answers, or close a websocket that is not the gateway's."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    await refused(not_found())(scope, receive, send)


def discord_router(desk: Desk) -> Router:
    """All of Discord's routes that there are here."""
    routes = [Route(path, Resource(desk, path, handlers)) for path, handlers in DISCORD.items()]
    return Router(routes, redirect_slashes=False, default=no_route)


def local_router(desk: Desk, controls: local.Controls) -> Router:
    """The routes under ``/local`` that only exist here."""
    table = local.routes(desk, controls)
    routes = [Route(path, Resource(desk, "/local" + path, handlers)) for path, handlers in table.items()]
    return Router(routes, redirect_slashes=False, default=no_route)
