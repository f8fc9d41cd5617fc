"""Who may use which command where: contexts, default permissions, and what a guild has ruled about it.

https://discord.com/developers/docs/interactions/application-commands#permissions
"""

from bot.local_discord.members.permissions import ADMINISTRATOR, USE_APPLICATION_COMMANDS, in_channel
from bot.local_discord.model import Channel, Command, CommandRule, Member
from bot.local_discord.stage import Actor, Stage
from bot.local_discord.world import World

ROLE, USER, CHANNEL = 1, 2, 3
IN_GUILD, WITH_BOT = 0, 1


def usable(stage: Stage, actor: Actor, channel: Channel, command: Command) -> bool:
    """Whether the actor may use a command in a channel."""
    world = stage.world
    contexts = command.body.get("contexts")
    if channel.guild_id is None:
        with_bot = command.application_id in channel.recipients
        in_direct = command.body.get("dm_permission", True) if contexts is None else WITH_BOT in contexts
        return command.guild_id is None and with_bot and bool(in_direct)
    member = world.member(channel.guild_id, actor.user_id)
    if member is None or command.guild_id not in (None, channel.guild_id):
        return False
    if world.member(channel.guild_id, command.application_id) is None:
        return False
    if (contexts is not None and IN_GUILD not in contexts) or (
        command.body.get("nsfw") and not _place(world, channel).nsfw
    ):
        return False
    granted = in_channel(world, actor.user_id, channel)
    if granted & ADMINISTRATOR:
        return True
    return bool(granted & USE_APPLICATION_COMMANDS) and _ruled_in(world, member, channel, command, granted)


def _place(world: World, channel: Channel) -> Channel:
    """The channel itself, or the one a thread belongs to."""
    return channel if channel.thread is None else world.channels.get(channel.parent_id or 0, channel)


def _ruled_in(world: World, member: Member, channel: Channel, command: Command, granted: int) -> bool:
    """What the guild's rules say, and where they say nothing, the command's default permissions.

    A command without rules of its own is under those of its application.
    """
    own = world.command_rules.get((member.guild_id, command.id))
    general = world.command_rules.get((member.guild_id, command.application_id))
    rules = own or general
    found = {} if rules is None else {(rule.kind, rule.target): rule for rule in rules.rules}
    every_channel = found.get((CHANNEL, member.guild_id - 1))
    here = found.get((CHANNEL, _place(world, channel).id), every_channel)
    if here is not None and not here.allowed:
        return False
    personal = _for_member(found, member)
    if personal is not None:
        return personal
    required = command.body.get("default_member_permissions")
    return required is None or (int(required) != 0 and granted & int(required) == int(required))


def _for_member(found: dict[tuple[int, int], CommandRule], member: Member) -> bool | None:
    """What is ruled about the member: by name, else by any role, else for everybody."""
    own = found.get((USER, member.user_id))
    if own is not None:
        return own.allowed
    by_role = [rule.allowed for role_id in member.roles if (rule := found.get((ROLE, role_id))) is not None]
    if by_role:
        return any(by_role)
    everyone = found.get((ROLE, member.guild_id))
    return None if everyone is None else everyone.allowed
