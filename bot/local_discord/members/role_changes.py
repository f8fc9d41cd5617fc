"""Makes, changes, sorts and removes the roles of a guild, within the order of roles.

https://discord.com/developers/docs/topics/permissions#permission-hierarchy
"""

from dataclasses import replace

from bot.local_discord.events import Event
from bot.local_discord.form import Form
from bot.local_discord.members.hierarchy import (
    demand_above_role,
    demand_grantable,
    demand_in_guild,
    rank,
)
from bot.local_discord.members.membership import remove_role
from bot.local_discord.members.permissions import MANAGE_ROLES
from bot.local_discord.model import Guild, Json, Member, Role
from bot.local_discord.refusals import Refusal, limit_reached, missing_permissions, unknown
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage
from bot.local_discord.wire.guild import role_object

LARGEST_COLOR = 0xFFFFFF
MOST_BITS = (1 << 63) - 1
LONGEST_IMAGE = 1 << 24


def invalid_role() -> Refusal:
    """400 for what cannot be done to ``@everyone`` or to the role of a bot."""
    return Refusal(400, 50028, "Invalid Role")


def found_role(stage: Stage, guild_id: int, role_id: int) -> Role:
    """A role of a guild.

    Raises:
        Refusal: 10011 when there is none.
    """
    role = stage.world.roles.get(role_id)
    if role is None or role.guild_id != guild_id:
        raise unknown("role")
    return role


def _with_fields(role: Role, form: Form) -> Role:
    name = form.text("name", least=1, most=100)
    permissions = form.integer("permissions", most=MOST_BITS)
    color = form.integer("color", most=LARGEST_COLOR)
    colors = form.form("colors")
    hoist, mentionable = form.boolean("hoist"), form.boolean("mentionable")
    if colors is not None:
        color = colors.integer("primary_color", most=LARGEST_COLOR, default=color)
    pictured = [field for field in ("icon", "unicode_emoji") if form.text(field, most=LONGEST_IMAGE)]
    form.problems.raise_any()
    if pictured:
        raise Refusal(400, 50101, "This server needs more boosts to perform this action")
    return replace(
        role,
        name=name or role.name,
        permissions=role.permissions if permissions is None else permissions,
        color=role.color if color is None else color,
        hoist=role.hoist if hoist is None else hoist,
        mentionable=role.mentionable if mentionable is None else mentionable,
    )


def create_role(stage: Stage, guild: Guild, asker: Member, form: Form) -> Role:
    """Make a role just above ``@everyone``.

    Raises:
        Refusal: 50013 without Manage Roles or for permissions the asker lacks, 30005, 50101 for icons, 50035.
    """
    world = stage.world
    demand_in_guild(world, asker, MANAGE_ROLES)
    blank = Role(0, guild.id, "new role", world.roles[guild.id].permissions, position=1)
    role = _with_fields(blank, form)
    if role.permissions != blank.permissions:
        demand_grantable(world, asker, role.permissions)
    if len(world.roles_of(guild.id)) >= LIMITS.roles:
        raise limit_reached(30005, f"Maximum number of guild roles reached ({LIMITS.roles})")
    role = replace(role, id=stage.ids.take())
    world.put_role(role)
    _tell(stage, "GUILD_ROLE_CREATE", role)
    return role


def change_role(stage: Stage, asker: Member, role: Role, form: Form) -> Role:
    """Change a role below the asker's highest; of ``@everyone`` only the permissions change.

    Raises:
        Refusal: 50013, 50101 for icons, 50035.
    """
    world = stage.world
    demand_in_guild(world, asker, MANAGE_ROLES)
    demand_above_role(world, asker, role)
    changed = _with_fields(role, form)
    demand_grantable(world, asker, changed.permissions & ~role.permissions)
    if role.id == role.guild_id:
        changed = replace(role, permissions=changed.permissions)
    world.put_role(changed)
    _tell(stage, "GUILD_ROLE_UPDATE", changed)
    return changed


def sort_roles(stage: Stage, guild: Guild, asker: Member, forms: list[Form]) -> None:
    """Move roles below the asker's highest to positions that stay below it.

    Raises:
        Refusal: 10011, 50013, 50028 for moving ``@everyone``, 50035.
    """
    world = stage.world
    demand_in_guild(world, asker, MANAGE_ROLES)
    moved: list[Role] = []
    for form in forms:
        role_id, position = form.snowflake("id", required=True), form.integer("position")
        form.problems.raise_any()
        role = found_role(stage, guild.id, role_id or 0)
        if position is None or position == role.position:
            continue
        if role.id == guild.id:
            raise invalid_role()
        demand_above_role(world, asker, role)
        if position >= rank(world, asker)[0]:
            raise missing_permissions()
        moved.append(replace(role, position=max(1, position)))
    for role in moved:
        world.put_role(role)
        _tell(stage, "GUILD_ROLE_UPDATE", role)


def delete_role(stage: Stage, asker: Member, role: Role) -> None:
    """Remove a role below the asker's highest, from its members too.

    Raises:
        Refusal: 50013, 50028 for ``@everyone`` and roles of bots.
    """
    demand_in_guild(stage.world, asker, MANAGE_ROLES)
    if role.id == role.guild_id or role.bot_id is not None:
        raise invalid_role()
    demand_above_role(stage.world, asker, role)
    remove_role(stage, role)


def demand_assignable(stage: Stage, asker: Member, role: Role) -> None:
    """Raise unless the asker may give this role to somebody or take it away: 50013, or 50028."""
    demand_in_guild(stage.world, asker, MANAGE_ROLES)
    if role.id == role.guild_id or role.bot_id is not None:
        raise invalid_role()
    demand_above_role(stage.world, asker, role)


def _tell(stage: Stage, name: str, role: Role) -> None:
    data: Json = {"guild_id": str(role.guild_id), "role": role_object(role)}
    stage.emit(Event(name, data, guild_id=role.guild_id))
    stage.changed()
