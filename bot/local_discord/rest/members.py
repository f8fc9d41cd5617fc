"""The members of a guild: read, find, change, give roles to, kick."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from bot.local_discord.form import Form
from bot.local_discord.members.hierarchy import OWNER, demand_above, demand_in_guild, rank
from bot.local_discord.members.membership import go_out, put_member
from bot.local_discord.members.permissions import (
    ADMINISTRATOR,
    BAN_MEMBERS,
    CHANGE_NICKNAME,
    KICK_MEMBERS,
    MANAGE_GUILD,
    MANAGE_NICKNAMES,
    MANAGE_ROLES,
    MODERATE_MEMBERS,
    in_guild,
)
from bot.local_discord.members.role_changes import demand_assignable, found_role
from bot.local_discord.model import Json, Member, Role
from bot.local_discord.refusals import Refusal, missing_access, missing_permissions, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.guilds import own_guild
from bot.local_discord.wire.guild import member_object, own_member_object

MOST_ROLES = 350
LONGEST_NICK = 32
LONGEST_TIMEOUT = timedelta(days=28)
MOST_FLAGS = (1 << 31) - 1
BYPASSES_VERIFICATION = 1 << 2
"""The only member flag that can be set."""


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


def _member(call: Call) -> tuple[Member, Member]:
    """Who asks, and the member of the path.

    Raises:
        Refusal: 10004, 50001, or 10007 and 10013 for somebody who is not in the guild or nowhere.
    """
    guild, asker = own_guild(call)
    user_id = call.id("user_id")
    member = call.stage.world.member(guild.id, user_id)
    if member is None:
        raise unknown("member" if user_id in call.stage.world.users else "user")
    return asker, member


async def get_member(call: Call) -> Response:
    """GET /guilds/{guild_id}/members/{user_id}."""
    _, member = _member(call)
    return ok(member_object(call.stage.view(call.actor.user_id), member))


async def patch_member(call: Call) -> Response:
    """PATCH /guilds/{guild_id}/members/{user_id}: nickname, roles, timeout and flags."""
    asker, member = _member(call)
    form = await call.form()
    nick = form.text("nick", most=LONGEST_NICK)
    roles = form.snowflakes("roles", most=MOST_ROLES)
    until, flags = form.time("communication_disabled_until"), form.integer("flags", most=MOST_FLAGS)
    voice = [form.boolean("mute"), form.boolean("deaf"), form.snowflake("channel_id")]
    if roles is not None and len(set(roles)) != len(roles):
        form.refuse("roles", "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value.")
    form.problems.raise_any()
    if any(value is not None for value in voice):
        raise Refusal(400, 40032, "Target user is not connected to voice.")
    changed = member
    if form.has("nick"):
        _demand_naming(call, asker, member)
        changed = replace(changed, nick=nick or None)
    if roles is not None:
        changed = replace(changed, roles=_new_roles(call, asker, member, roles))
    if form.has("communication_disabled_until"):
        changed = replace(changed, timeout_until=_timeout(call, asker, member, form, until))
    if flags is not None:
        _demand_flagging(call, asker)
        kept = member.flags & ~BYPASSES_VERIFICATION
        changed = replace(changed, flags=kept | (flags & BYPASSES_VERIFICATION))
    changed = put_member(call.stage, changed)
    return ok(member_object(call.stage.view(call.actor.user_id), changed))


def _demand_naming(call: Call, asker: Member, member: Member) -> None:
    world = call.stage.world
    if asker.user_id == member.user_id and in_guild(world, asker) & CHANGE_NICKNAME:
        return
    demand_in_guild(world, asker, MANAGE_NICKNAMES)
    if asker.user_id != member.user_id:
        demand_above(world, asker, member)


def _new_roles(call: Call, asker: Member, member: Member, wanted: list[int]) -> tuple[int, ...]:
    """The roles a member will have; each that comes or goes must be one the asker may give."""
    demand_in_guild(call.stage.world, asker, MANAGE_ROLES)
    for role_id in set(wanted) ^ set(member.roles):
        demand_assignable(call.stage, asker, found_role(call.stage, member.guild_id, role_id))
    return tuple(wanted)


def _timeout(
    call: Call, asker: Member, member: Member, form: Form, until: datetime | None
) -> datetime | None:
    """When a timeout ends, None when it is lifted."""
    world = call.stage.world
    demand_in_guild(world, asker, MODERATE_MEMBERS)
    if asker.user_id != member.user_id or until is not None:
        demand_above(world, asker, member)
    if until is None:
        return None
    if rank(world, member) == OWNER or _administers(call, member):
        raise missing_permissions()
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    if until > call.stage.now() + LONGEST_TIMEOUT:
        form.refuse(
            "communication_disabled_until",
            "INVALID_COMMUNICATION_DISABLED_TIMESTAMP",
            "Invalid communication disabled timestamp",
        )
        form.problems.raise_any()
    return until.astimezone(UTC)


def _administers(call: Call, member: Member) -> bool:
    untimed = replace(member, timeout_until=None)
    return bool(in_guild(call.stage.world, untimed) & ADMINISTRATOR)


def _demand_flagging(call: Call, asker: Member) -> None:
    granted = in_guild(call.stage.world, asker)
    moderates = MODERATE_MEMBERS | KICK_MEMBERS | BAN_MEMBERS
    if not (granted & (MANAGE_GUILD | MANAGE_ROLES) or granted & moderates == moderates):
        raise missing_permissions()


async def patch_me(call: Call) -> Response:
    """PATCH /guilds/{guild_id}/members/@me: the own nickname; pictures are accepted and not kept."""
    _, asker = own_guild(call)
    form = await call.form()
    changed = _renamed(call, asker, form)
    form.text("bio", most=190)
    form.problems.raise_any()
    changed = put_member(call.stage, changed)
    return ok(own_member_object(call.stage.view(call.actor.user_id), changed))


async def patch_my_nick(call: Call) -> Response:
    """PATCH /guilds/{guild_id}/members/@me/nick: the old route for the own nickname."""
    _, asker = own_guild(call)
    form = await call.form()
    changed = _renamed(call, asker, form)
    form.problems.raise_any()
    put_member(call.stage, changed)
    return ok({"nick": changed.nick})


def _renamed(call: Call, asker: Member, form: Form) -> Member:
    nick = form.text("nick", most=LONGEST_NICK)
    if form.has("nick"):
        demand_in_guild(call.stage.world, asker, CHANGE_NICKNAME)
        return replace(asker, nick=nick or None)
    return asker


async def delete_member(call: Call) -> Response:
    """DELETE /guilds/{guild_id}/members/{user_id}: a kick."""
    asker, member = _member(call)
    demand_in_guild(call.stage.world, asker, KICK_MEMBERS)
    demand_above(call.stage.world, asker, member)
    go_out(call.stage, call.stage.world.guilds[member.guild_id], member)
    return nothing()


async def put_role(call: Call) -> Response:
    """PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}."""
    member, role = _member_and_role(call)
    if role.id not in member.roles:
        put_member(call.stage, replace(member, roles=(*member.roles, role.id)))
    return nothing()


async def delete_role(call: Call) -> Response:
    """DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}."""
    member, role = _member_and_role(call)
    if role.id in member.roles:
        put_member(call.stage, replace(member, roles=tuple(r for r in member.roles if r != role.id)))
    return nothing()


def _member_and_role(call: Call) -> tuple[Member, Role]:
    asker, member = _member(call)
    demand_in_guild(call.stage.world, asker, MANAGE_ROLES)
    role = found_role(call.stage, member.guild_id, call.id("role_id"))
    demand_assignable(call.stage, asker, role)
    return member, role


def member_counts(members: list[Member], roles: list[Role]) -> Json:
    """How many members each role has, ``@everyone`` left out."""
    return {
        str(role.id): sum(role.id in member.roles for member in members)
        for role in roles
        if role.id != role.guild_id
    }
