"""Guilds, their channels, members and roles."""

from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.events import Event
from bot.local_discord.model import Guild, Member
from bot.local_discord.permissions import CHANGE_NICKNAME, MANAGE_NICKNAMES, MANAGE_ROLES, in_guild
from bot.local_discord.refusals import missing_access, missing_permissions, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.wire.channel import channel_object, thread_member_object
from bot.local_discord.wire.guild import (
    counted_guild_object,
    emoji_object,
    guild_object,
    member_object,
    own_member_object,
    role_object,
)
from bot.local_discord.wire.ready import active_threads


def own_guild(call: Call) -> tuple[Guild, Member]:
    """The guild of the path, with the membership of who asks.

    Raises:
        Refusal: 10004 when there is none, 50001 when they are not in it.
    """
    guild = call.stage.world.guilds.get(call.id("guild_id"))
    user_id = call.actor.user_id
    if guild is None:
        raise unknown("guild")
    member = call.stage.world.member(guild.id, user_id)
    if member is None:
        raise missing_access()
    return guild, member


async def get_guild(call: Call) -> Response:
    """GET /guilds/{guild_id}."""
    guild, _ = own_guild(call)
    build = counted_guild_object if call.flag("with_counts") else guild_object
    return ok(build(call.stage.view(call.actor.user_id), guild))


async def get_channels(call: Call) -> Response:
    """GET /guilds/{guild_id}/channels: all channels, threads left out."""
    guild, _ = own_guild(call)
    view = call.stage.view(call.actor.user_id)
    return ok([channel_object(view, channel) for channel in call.stage.world.channels_of(guild.id)])


async def get_roles(call: Call) -> Response:
    """GET /guilds/{guild_id}/roles."""
    guild, _ = own_guild(call)
    return ok([role_object(role) for role in call.stage.world.roles_of(guild.id)])


async def get_role(call: Call) -> Response:
    """GET /guilds/{guild_id}/roles/{role_id}."""
    guild, _ = own_guild(call)
    role = call.stage.world.roles.get(call.id("role_id"))
    if role is None or role.guild_id != guild.id:
        raise unknown("role")
    return ok(role_object(role))


async def get_emojis(call: Call) -> Response:
    """GET /guilds/{guild_id}/emojis."""
    guild, _ = own_guild(call)
    return ok([emoji_object(e) for e in call.stage.world.emojis.values() if e.guild_id == guild.id])


async def get_members(call: Call) -> Response:
    """GET /guilds/{guild_id}/members, by user id; for applications with the members intent."""
    guild, _ = own_guild(call)
    if call.actor.application_id is not None and "members" not in call.application.privileged:
        raise missing_access()
    query = call.query()
    limit = query.integer("limit", least=1, most=1000, default=1) or 1
    after = query.snowflake("after") or 0
    query.problems.raise_any()
    view = call.stage.view(call.actor.user_id)
    found = [m for m in call.stage.world.members_of(guild.id) if m.user_id > after]
    return ok([member_object(view, member) for member in found[:limit]])


async def search_members(call: Call) -> Response:
    """GET /guilds/{guild_id}/members/search: whose name or nickname starts with the query."""
    guild, _ = own_guild(call)
    query = call.query()
    limit = query.integer("limit", least=1, most=1000, default=1) or 1
    start = (query.text("query", least=1, most=100, required=True) or "").lower()
    query.problems.raise_any()
    world, view = call.stage.world, call.stage.view(call.actor.user_id)

    def matches(member: Member) -> bool:
        user = world.users[member.user_id]
        names = (user.username, user.global_name, member.nick)
        return any(name is not None and name.lower().startswith(start) for name in names)

    found = [m for m in world.members_of(guild.id) if matches(m)]
    return ok([member_object(view, member) for member in found[:limit]])


async def get_member(call: Call) -> Response:
    """GET /guilds/{guild_id}/members/{user_id}."""
    guild, _ = own_guild(call)
    member = call.stage.world.member(guild.id, call.id("user_id"))
    if member is None:
        raise unknown("member" if call.id("user_id") in call.stage.world.users else "user")
    return ok(member_object(call.stage.view(call.actor.user_id), member))


async def patch_member(call: Call) -> Response:
    """PATCH /guilds/{guild_id}/members/{user_id}: nickname and roles."""
    guild, asker = own_guild(call)
    member = call.stage.world.member(guild.id, call.id("user_id"))
    if member is None:
        raise unknown("member")
    form = await call.form()
    nick = form.text("nick", most=32)
    roles = form.snowflakes("roles", most=250)
    form.problems.raise_any()
    granted = in_guild(call.stage.world, asker)
    own = member.user_id == asker.user_id
    if form.has("nick"):
        if not granted & (CHANGE_NICKNAME if own else MANAGE_NICKNAMES):
            raise missing_permissions()
        member = replace(member, nick=nick or None)
    if roles is not None:
        if not granted & MANAGE_ROLES:
            raise missing_permissions()
        known = {role.id for role in call.stage.world.roles_of(guild.id)}
        if not set(roles) <= known:
            raise unknown("role")
        member = replace(member, roles=tuple(role for role in roles if role != guild.id))
    _put_member(call, member)
    build = own_member_object if call.text("user_id") == "@me" else member_object
    return ok(build(call.stage.view(call.actor.user_id), member))


async def put_member_role(call: Call) -> Response:
    """PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}."""
    member, role_id = _member_and_role(call)
    if role_id not in member.roles:
        _put_member(call, replace(member, roles=(*member.roles, role_id)))
    return nothing()


async def delete_member_role(call: Call) -> Response:
    """DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}."""
    member, role_id = _member_and_role(call)
    if role_id in member.roles:
        _put_member(call, replace(member, roles=tuple(r for r in member.roles if r != role_id)))
    return nothing()


def _member_and_role(call: Call) -> tuple[Member, int]:
    guild, asker = own_guild(call)
    if not in_guild(call.stage.world, asker) & MANAGE_ROLES:
        raise missing_permissions()
    member = call.stage.world.member(guild.id, call.id("user_id"))
    if member is None:
        raise unknown("member")
    role = call.stage.world.roles.get(call.id("role_id"))
    if role is None or role.guild_id != guild.id or role.id == guild.id:
        raise unknown("role")
    return member, role.id


def _put_member(call: Call, member: Member) -> None:
    stage = call.stage
    stage.world.put_member(member)
    data = {**member_object(stage.view(), member), "guild_id": str(member.guild_id)}
    stage.emit(Event("GUILD_MEMBER_UPDATE", data, guild_id=member.guild_id))
    stage.changed()


async def get_active_threads(call: Call) -> Response:
    """GET /guilds/{guild_id}/threads/active."""
    guild, _ = own_guild(call)
    user_id = call.actor.user_id
    view = call.stage.view(user_id)
    threads = active_threads(call.stage.world, guild.id, user_id)
    threads.sort(key=lambda thread: -thread.id)
    mine = [
        thread_member_object(view, thread, who)
        for thread in threads
        if thread.thread
        for who in thread.thread.members
        if who.user_id == user_id
    ]
    return ok(
        {"threads": [channel_object(view, thread) for thread in threads], "members": mine, "has_more": False}
    )
