"""The roles of a guild: read, make, change, sort, remove."""

from starlette.responses import Response

from bot.local_discord.members.role_changes import (
    change_role,
    create_role,
    delete_role,
    found_role,
    sort_roles,
)
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.guilds import guild_forms, own_guild
from bot.local_discord.rest.members import member_counts
from bot.local_discord.wire.guild import role_object


async def get_roles(call: Call) -> Response:
    """GET /guilds/{guild_id}/roles."""
    guild, _ = own_guild(call)
    return ok([role_object(role) for role in call.stage.world.roles_of(guild.id)])


async def get_role(call: Call) -> Response:
    """GET /guilds/{guild_id}/roles/{role_id}."""
    guild, _ = own_guild(call)
    return ok(role_object(found_role(call.stage, guild.id, call.id("role_id"))))


async def get_member_counts(call: Call) -> Response:
    """GET /guilds/{guild_id}/roles/member-counts."""
    guild, _ = own_guild(call)
    world = call.stage.world
    return ok(member_counts(world.members_of(guild.id), world.roles_of(guild.id)))


async def post_role(call: Call) -> Response:
    """POST /guilds/{guild_id}/roles."""
    guild, asker = own_guild(call)
    return ok(role_object(create_role(call.stage, guild, asker, await call.form())))


async def patch_roles(call: Call) -> Response:
    """PATCH /guilds/{guild_id}/roles: positions; answers with all roles."""
    guild, asker = own_guild(call)
    sort_roles(call.stage, guild, asker, await guild_forms(call))
    return ok([role_object(role) for role in call.stage.world.roles_of(guild.id)])


async def patch_role(call: Call) -> Response:
    """PATCH /guilds/{guild_id}/roles/{role_id}."""
    guild, asker = own_guild(call)
    role = found_role(call.stage, guild.id, call.id("role_id"))
    return ok(role_object(change_role(call.stage, asker, role, await call.form())))


async def remove_role(call: Call) -> Response:
    """DELETE /guilds/{guild_id}/roles/{role_id}."""
    guild, asker = own_guild(call)
    delete_role(call.stage, asker, found_role(call.stage, guild.id, call.id("role_id")))
    return nothing()
