"""What a member may do where, computed as Discord does.

https://discord.com/developers/docs/topics/permissions#permission-hierarchy
"""

from bot.local_discord.model import PRIVATE_THREAD, Channel, Member
from bot.local_discord.world import World

CREATE_INSTANT_INVITE = 1 << 0
KICK_MEMBERS = 1 << 1
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
SEND_TTS_MESSAGES = 1 << 12
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
CHANGE_NICKNAME = 1 << 26
MANAGE_NICKNAMES = 1 << 27
MANAGE_ROLES = 1 << 28
MANAGE_WEBHOOKS = 1 << 29
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_MESSAGES_IN_THREADS = 1 << 38
MODERATE_MEMBERS = 1 << 40
SEND_POLLS = 1 << 49
PIN_MESSAGES = 1 << 51
BYPASS_SLOWMODE = 1 << 52

ALL = (1 << 53) - 1

NAMES = {
    "create_instant_invite": CREATE_INSTANT_INVITE,
    "kick_members": KICK_MEMBERS,
    "administrator": ADMINISTRATOR,
    "manage_channels": MANAGE_CHANNELS,
    "manage_guild": MANAGE_GUILD,
    "add_reactions": ADD_REACTIONS,
    "view_channel": VIEW_CHANNEL,
    "send_messages": SEND_MESSAGES,
    "send_tts_messages": SEND_TTS_MESSAGES,
    "manage_messages": MANAGE_MESSAGES,
    "embed_links": EMBED_LINKS,
    "attach_files": ATTACH_FILES,
    "read_message_history": READ_MESSAGE_HISTORY,
    "mention_everyone": MENTION_EVERYONE,
    "use_external_emojis": USE_EXTERNAL_EMOJIS,
    "change_nickname": CHANGE_NICKNAME,
    "manage_nicknames": MANAGE_NICKNAMES,
    "manage_roles": MANAGE_ROLES,
    "manage_webhooks": MANAGE_WEBHOOKS,
    "use_application_commands": USE_APPLICATION_COMMANDS,
    "manage_threads": MANAGE_THREADS,
    "create_public_threads": CREATE_PUBLIC_THREADS,
    "create_private_threads": CREATE_PRIVATE_THREADS,
    "send_messages_in_threads": SEND_MESSAGES_IN_THREADS,
    "moderate_members": MODERATE_MEMBERS,
    "send_polls": SEND_POLLS,
    "pin_messages": PIN_MESSAGES,
    "bypass_slowmode": BYPASS_SLOWMODE,
}
"""The names a scene may use."""

EVERYONE_DEFAULT = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | ADD_REACTIONS
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | MENTION_EVERYONE
    | USE_EXTERNAL_EMOJIS
    | CHANGE_NICKNAME
    | CREATE_INSTANT_INVITE
    | USE_APPLICATION_COMMANDS
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | SEND_MESSAGES_IN_THREADS
    | SEND_POLLS
)
"""What ``@everyone`` may do in a new guild, near enough."""

DIRECT_MESSAGES = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | ADD_REACTIONS
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_EXTERNAL_EMOJIS
    | USE_APPLICATION_COMMANDS
    | PIN_MESSAGES
)
"""What either side may do in a direct message channel."""


def in_guild(world: World, member: Member) -> int:
    """The member's permissions before any channel's overwrites."""
    if world.guilds[member.guild_id].owner_id == member.user_id:
        return ALL
    granted = world.roles[member.guild_id].permissions
    for role_id in member.roles:
        role = world.roles.get(role_id)
        granted |= role.permissions if role else 0
    return ALL if granted & ADMINISTRATOR else granted


def _overwritten(base: int, member: Member, channel: Channel) -> int:
    overwrites = {overwrite.id: overwrite for overwrite in channel.overwrites}
    everyone = overwrites.get(member.guild_id)
    if everyone:
        base = (base & ~everyone.deny) | everyone.allow
    allow = deny = 0
    for role_id in member.roles:
        if role := overwrites.get(role_id):
            allow |= role.allow
            deny |= role.deny
    base = (base & ~deny) | allow
    own = overwrites.get(member.user_id)
    if own and own.kind == 1:
        base = (base & ~own.deny) | own.allow
    return base


def in_channel(world: World, user_id: int, channel: Channel) -> int:
    """The user's permissions in a channel or thread; 0 where it cannot be seen.

    A thread has its parent's overwrites; a private one is seen by those in it and by who manages threads.
    """
    if channel.guild_id is None:
        return DIRECT_MESSAGES if user_id in channel.recipients else 0
    member = world.member(channel.guild_id, user_id)
    place = channel if channel.thread is None else world.channels.get(channel.parent_id or 0)
    if member is None or place is None:
        return 0
    base = in_guild(world, member)
    if base & ADMINISTRATOR:
        return ALL
    granted = _overwritten(base, member, place)
    hidden = not granted & VIEW_CHANNEL or (
        channel.kind == PRIVATE_THREAD and not granted & MANAGE_THREADS and not takes_part(channel, user_id)
    )
    return 0 if hidden else granted


def takes_part(thread: Channel, user_id: int) -> bool:
    """Whether the user is a member of the thread."""
    return thread.thread is not None and any(member.user_id == user_id for member in thread.thread.members)


def can_see(world: World, user_id: int, channel: Channel) -> bool:
    """Whether the user may view the channel or thread."""
    return bool(in_channel(world, user_id, channel) & VIEW_CHANNEL)
