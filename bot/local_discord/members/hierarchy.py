"""Who stands above whom in a guild: the order of roles, and what it keeps members from doing to each other.

https://discord.com/developers/docs/topics/permissions#permission-hierarchy
"""

from bot.local_discord.members.permissions import ALL, in_guild
from bot.local_discord.model import Member, Role
from bot.local_discord.refusals import missing_permissions
from bot.local_discord.world import World

type Rank = tuple[int, int]

OWNER: Rank = (1 << 31, 0)
"""The owner stands above every role."""


def rank_of(role: Role) -> Rank:
    """Where a role stands; of two at one position the older one is higher."""
    return role.position, -role.id


def rank(world: World, member: Member) -> Rank:
    """Where a member stands: at their highest role."""
    if world.guilds[member.guild_id].owner_id == member.user_id:
        return OWNER
    held = (world.roles[role_id] for role_id in member.roles if role_id in world.roles)
    return max((rank_of(role) for role in held), default=rank_of(world.roles[member.guild_id]))


def demand_in_guild(world: World, member: Member, permission: int) -> None:
    """Raise 50013 unless the member has these permissions in the whole guild."""
    if in_guild(world, member) & permission != permission:
        raise missing_permissions()


def demand_above(world: World, member: Member, other: Member) -> None:
    """Raise 50013 unless the member stands above the other one."""
    if not rank(world, member) > rank(world, other):
        raise missing_permissions()


def demand_above_role(world: World, member: Member, role: Role) -> None:
    """Raise 50013 unless the member stands above the role."""
    if not rank(world, member) > rank_of(role):
        raise missing_permissions()


def demand_grantable(world: World, member: Member, permissions: int) -> None:
    """Raise 50013 unless the member has every permission they want to give."""
    granted = in_guild(world, member)
    if granted != ALL and permissions & ~granted:
        raise missing_permissions()
