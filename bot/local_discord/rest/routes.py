"""Which path is answered by what; the first that fits answers."""

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from bot.local_discord.gateway.hub import Hub
from bot.local_discord.refusals import not_found
from bot.local_discord.rest import (
    bans,
    channels,
    command_permissions,
    commands,
    gateway,
    guilds,
    interactions,
    local,
    members,
    messages,
    pins,
    polls,
    publishing,
    reactions,
    roles,
    search,
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
    "/users/@me": {"GET": users.get_me, "PATCH": users.patch_me},
    "/users/@me/guilds": {"GET": users.my_guilds},
    "/users/@me/guilds/{guild_id}": {"DELETE": users.leave_guild},
    "/users/@me/guilds/{guild_id}/member": {"GET": users.my_member},
    "/users/@me/channels": {"POST": users.open_direct_channel},
    "/users/{user_id}": {"GET": users.get_user},
    "/applications/@me": {"GET": users.get_application},
    "/oauth2/applications/@me": {"GET": users.get_application},
    **{_APPLICATION + path: handlers for path, handlers in _COMMANDS.items()},
    f"{_APPLICATION}{_GUILD}/commands/permissions": {"GET": command_permissions.list_permissions},
    **{_APPLICATION + _GUILD + path: handlers for path, handlers in _COMMANDS.items()},
    f"{_APPLICATION}{_GUILD}/commands/{{command_id}}/permissions": {
        "GET": command_permissions.get_permissions,
        "PUT": command_permissions.put_permissions,
    },
    _GUILD: {"GET": guilds.get_guild, "PATCH": guilds.patch_guild},
    f"{_GUILD}/channels": {
        "GET": guilds.get_channels,
        "POST": channels.post_guild_channel,
        "PATCH": guilds.patch_channels,
    },
    f"{_GUILD}/roles": {"GET": roles.get_roles, "POST": roles.post_role, "PATCH": roles.patch_roles},
    f"{_GUILD}/roles/member-counts": {"GET": roles.get_member_counts},
    f"{_GUILD}/roles/{{role_id}}": {
        "GET": roles.get_role,
        "PATCH": roles.patch_role,
        "DELETE": roles.remove_role,
    },
    f"{_GUILD}/bans": {"GET": bans.list_bans},
    f"{_GUILD}/bans/{{user_id}}": {"GET": bans.get_ban, "PUT": bans.put_ban, "DELETE": bans.delete_ban},
    f"{_GUILD}/bulk-ban": {"POST": bans.post_bulk_ban},
    f"{_GUILD}/messages/search": {"GET": search.search_messages},
    f"{_GUILD}/emojis": {"GET": guilds.get_emojis},
    f"{_GUILD}/webhooks": {"GET": webhooks.list_of_guild},
    f"{_GUILD}/threads/active": {"GET": guilds.get_active_threads},
    f"{_GUILD}/members": {"GET": members.get_members},
    f"{_GUILD}/members/search": {"GET": members.search_members},
    f"{_GUILD}/members/@me": {"PATCH": members.patch_me},
    f"{_GUILD}/members/@me/nick": {"PATCH": members.patch_my_nick},
    f"{_GUILD}/members/{{user_id}}": {
        "GET": members.get_member,
        "PATCH": members.patch_member,
        "DELETE": members.delete_member,
    },
    f"{_GUILD}/members/{{user_id}}/roles/{{role_id}}": {
        "PUT": members.put_role,
        "DELETE": members.delete_role,
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
    f"{_MESSAGE}/crosspost": {"POST": publishing.post_crosspost},
    f"{_CHANNEL}/followers": {"POST": publishing.post_follower},
    f"{_MESSAGE}/threads": {"POST": threads.post_from_message},
    _REACTIONS: {"DELETE": reactions.delete_all},
    f"{_REACTIONS}/{{emoji}}": {"GET": reactions.list_reactions, "DELETE": reactions.delete_emoji},
    f"{_REACTIONS}/{{emoji}}/@me": {"PUT": reactions.put_reaction, "DELETE": reactions.delete_my_reaction},
    f"{_REACTIONS}/{{emoji}}/{{user_id}}": {"DELETE": reactions.delete_reaction},
    f"{_CHANNEL}/polls/{{message_id}}/answers/@me": {"PUT": polls.put_vote},
    f"{_CHANNEL}/polls/{{message_id}}/answers/{{answer_id}}": {"GET": polls.list_voters},
    f"{_CHANNEL}/polls/{{message_id}}/expire": {"POST": polls.post_expire},
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


def discord_router(desk: Desk, hub: Hub) -> Router:
    """All of Discord's routes that there are here."""
    table = {**gateway.routes(hub), **DISCORD}
    routes = [Route(path, Resource(desk, path, handlers)) for path, handlers in table.items()]
    return Router(routes, redirect_slashes=False, default=no_route)


def local_router(desk: Desk, controls: local.Controls) -> Router:
    """The routes under ``/local`` that only exist here."""
    table = local.routes(desk, controls)
    routes = [Route(path, Resource(desk, "/local" + path, handlers)) for path, handlers in table.items()]
    return Router(routes, redirect_slashes=False, default=no_route)
