"""Makes many guilds, to see how a bot fares in a crowd: ``--guilds 1000 --channels 50``."""

from dataclasses import dataclass

from bot.clock import Clock
from bot.errors import ConfigError
from bot.local_discord.members.permissions import EVERYONE_DEFAULT
from bot.local_discord.model import TEXT, Channel, Guild, Member, Role
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.world import World

MOST_GUILDS, MOST_CHANNELS = 5_000, 500
"""Discord has at most 500 channels in a guild. A client is cut off when ten thousand frames wait, and a guild is one."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many guilds there are beside the scene's, and how many text channels in each."""

    guilds: int
    channels: int = 10

    def __post_init__(self) -> None:
        if not 0 <= self.guilds <= MOST_GUILDS or not 1 <= self.channels <= MOST_CHANNELS:
            raise ConfigError(
                f"Up to {MOST_GUILDS} guilds and 1 to {MOST_CHANNELS} channels in each can be made."
            )


def add_crowd(world: World, crowd: Crowd, *, clock: Clock, ids: Snowflakes) -> list[Guild]:
    """Add the crowd's guilds to a world and give them, in the order in which they were made.

    All people of the world are members of each, and so are its bots, with the permissions that they have in the first
    guild that they are in. The owner is the world's default member.

    Raises:
        ConfigError: the world has no people who could own a guild.
    """
    if not crowd.guilds:
        return []
    if world.default_member not in world.users:
        raise ConfigError("The scene has no people, so nobody could own more guilds.")
    granted = {bot_id: _granted(world, bot_id) for bot_id in world.applications}
    people = [user.id for user in world.users.values() if not user.bot]
    now, made = clock.now(), list[Guild]()
    for number in range(1, crowd.guilds + 1):
        guild = Guild(ids.take(), f"Guild {number}", world.default_member)
        world.put_guild(guild)
        world.put_role(Role(guild.id, guild.id, "@everyone", EVERYONE_DEFAULT))
        for user_id in people:
            world.put_member(Member(guild.id, user_id, now))
        for bot_id, permissions in granted.items():
            role = Role(ids.take(), guild.id, world.users[bot_id].username, permissions, 1, bot_id=bot_id)
            world.put_role(role)
            world.put_member(Member(guild.id, bot_id, now, (role.id,)))
        for position in range(crowd.channels):
            channel = Channel(
                ids.take(), TEXT, f"channel-{position + 1}", guild_id=guild.id, position=position
            )
            world.put_channel(channel)
        made.append(guild)
    return made


def _granted(world: World, bot_id: int) -> int:
    """What a bot was invited with to the first guild that it is in."""
    invited = (role.permissions for role in world.roles.values() if role.bot_id == bot_id)
    return next(invited, EVERYONE_DEFAULT)
