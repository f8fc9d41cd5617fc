"""What a member may do where, computed as Discord does.

https://discord.com/developers/docs/topics/permissions#permission-hierarchy
"""

from bot.local_discord.model import PRIVATE_THREAD, STAGE_VOICE, VOICE, Channel, Member
from bot.local_discord.world import World

CREATE_INSTANT_INVITE = 1 << 0
KICK_MEMBERS = 1 << 1
BAN_MEMBERS = 1 << 2
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_AUDIT_LOG = 1 << 7
PRIORITY_SPEAKER = 1 << 8
STREAM = 1 << 9
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
SEND_TTS_MESSAGES = 1 << 12
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
VIEW_GUILD_INSIGHTS = 1 << 19
CONNECT = 1 << 20
SPEAK = 1 << 21
MUTE_MEMBERS = 1 << 22
DEAFEN_MEMBERS = 1 << 23
MOVE_MEMBERS = 1 << 24
USE_VAD = 1 << 25
CHANGE_NICKNAME = 1 << 26
MANAGE_NICKNAMES = 1 << 27
MANAGE_ROLES = 1 << 28
MANAGE_WEBHOOKS = 1 << 29
MANAGE_GUILD_EXPRESSIONS = 1 << 30
USE_APPLICATION_COMMANDS = 1 << 31
REQUEST_TO_SPEAK = 1 << 32
MANAGE_EVENTS = 1 << 33
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
USE_EXTERNAL_STICKERS = 1 << 37
SEND_MESSAGES_IN_THREADS = 1 << 38
USE_EMBEDDED_ACTIVITIES = 1 << 39
MODERATE_MEMBERS = 1 << 40
VIEW_CREATOR_MONETIZATION_ANALYTICS = 1 << 41
USE_SOUNDBOARD = 1 << 42
CREATE_GUILD_EXPRESSIONS = 1 << 43
CREATE_EVENTS = 1 << 44
USE_EXTERNAL_SOUNDS = 1 << 45
SEND_VOICE_MESSAGES = 1 << 46
SET_VOICE_CHANNEL_STATUS = 1 << 48
SEND_POLLS = 1 << 49
USE_EXTERNAL_APPS = 1 << 50
PIN_MESSAGES = 1 << 51
BYPASS_SLOWMODE = 1 << 52

ALL = (1 << 53) - 1
"""What owners and administrators have: every bit up to the newest, gaps included."""

NAMES = {
    "create_instant_invite": CREATE_INSTANT_INVITE,
    "kick_members": KICK_MEMBERS,
    "ban_members": BAN_MEMBERS,
    "administrator": ADMINISTRATOR,
    "manage_channels": MANAGE_CHANNELS,
    "manage_guild": MANAGE_GUILD,
    "add_reactions": ADD_REACTIONS,
    "view_audit_log": VIEW_AUDIT_LOG,
    "priority_speaker": PRIORITY_SPEAKER,
    "stream": STREAM,
    "view_channel": VIEW_CHANNEL,
    "send_messages": SEND_MESSAGES,
    "send_tts_messages": SEND_TTS_MESSAGES,
    "manage_messages": MANAGE_MESSAGES,
    "embed_links": EMBED_LINKS,
    "attach_files": ATTACH_FILES,
    "read_message_history": READ_MESSAGE_HISTORY,
    "mention_everyone": MENTION_EVERYONE,
    "use_external_emojis": USE_EXTERNAL_EMOJIS,
    "view_guild_insights": VIEW_GUILD_INSIGHTS,
    "connect": CONNECT,
    "speak": SPEAK,
    "mute_members": MUTE_MEMBERS,
    "deafen_members": DEAFEN_MEMBERS,
    "move_members": MOVE_MEMBERS,
    "use_vad": USE_VAD,
    "change_nickname": CHANGE_NICKNAME,
    "manage_nicknames": MANAGE_NICKNAMES,
    "manage_roles": MANAGE_ROLES,
    "manage_webhooks": MANAGE_WEBHOOKS,
    "manage_guild_expressions": MANAGE_GUILD_EXPRESSIONS,
    "use_application_commands": USE_APPLICATION_COMMANDS,
    "request_to_speak": REQUEST_TO_SPEAK,
    "manage_events": MANAGE_EVENTS,
    "manage_threads": MANAGE_THREADS,
    "create_public_threads": CREATE_PUBLIC_THREADS,
    "create_private_threads": CREATE_PRIVATE_THREADS,
    "use_external_stickers": USE_EXTERNAL_STICKERS,
    "send_messages_in_threads": SEND_MESSAGES_IN_THREADS,
    "use_embedded_activities": USE_EMBEDDED_ACTIVITIES,
    "moderate_members": MODERATE_MEMBERS,
    "view_creator_monetization_analytics": VIEW_CREATOR_MONETIZATION_ANALYTICS,
    "use_soundboard": USE_SOUNDBOARD,
    "create_guild_expressions": CREATE_GUILD_EXPRESSIONS,
    "create_events": CREATE_EVENTS,
    "use_external_sounds": USE_EXTERNAL_SOUNDS,
    "send_voice_messages": SEND_VOICE_MESSAGES,
    "set_voice_channel_status": SET_VOICE_CHANNEL_STATUS,
    "send_polls": SEND_POLLS,
    "use_external_apps": USE_EXTERNAL_APPS,
    "pin_messages": PIN_MESSAGES,
    "bypass_slowmode": BYPASS_SLOWMODE,
}
"""The names a scene may use."""

EVERYONE_DEFAULT = (
    CREATE_INSTANT_INVITE
    | ADD_REACTIONS
    | STREAM
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | MENTION_EVERYONE
    | USE_EXTERNAL_EMOJIS
    | CONNECT
    | SPEAK
    | USE_VAD
    | CHANGE_NICKNAME
    | USE_APPLICATION_COMMANDS
    | REQUEST_TO_SPEAK
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | USE_EXTERNAL_STICKERS
    | SEND_MESSAGES_IN_THREADS
    | USE_EMBEDDED_ACTIVITIES
    | USE_SOUNDBOARD
    | CREATE_GUILD_EXPRESSIONS
    | CREATE_EVENTS
    | USE_EXTERNAL_SOUNDS
    | SEND_VOICE_MESSAGES
    | SET_VOICE_CHANNEL_STATUS
    | SEND_POLLS
    | USE_EXTERNAL_APPS
)
"""What ``@everyone`` may do in a new guild."""

DIRECT_MESSAGES = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | ADD_REACTIONS
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | MENTION_EVERYONE
    | USE_EXTERNAL_EMOJIS
    | USE_APPLICATION_COMMANDS
    | PIN_MESSAGES
)
"""What either side may do in a direct message channel."""

TIMED_OUT = VIEW_CHANNEL | READ_MESSAGE_HISTORY
"""What is left to a member who was timed out."""

_WITH_SENDING = MENTION_EVERYONE | SEND_TTS_MESSAGES | ATTACH_FILES | EMBED_LINKS
_WITH_CONNECTING = (
    PRIORITY_SPEAKER
    | STREAM
    | SPEAK
    | MUTE_MEMBERS
    | DEAFEN_MEMBERS
    | MOVE_MEMBERS
    | USE_VAD
    | REQUEST_TO_SPEAK
    | USE_SOUNDBOARD
    | USE_EXTERNAL_SOUNDS
    | SET_VOICE_CHANNEL_STATUS
    | MANAGE_CHANNELS
    | MANAGE_ROLES
)


def timed_out(world: World, member: Member) -> bool:
    """Whether a member may not speak for now; owners and administrators are beyond that.

    https://discord.com/developers/docs/topics/permissions#permissions-for-timed-out-members
    """
    return member.timeout_until is not None and member.timeout_until > world.now()


def in_guild(world: World, member: Member) -> int:
    """The member's permissions before any channel's overwrites."""
    base = _base(world, member)
    return base & TIMED_OUT if base != ALL and timed_out(world, member) else base


def _base(world: World, member: Member) -> int:
    """What roles grant; a timeout is applied last."""
    if world.guilds[member.guild_id].owner_id == member.user_id:
        return ALL
    granted = world.roles[member.guild_id].permissions
    for role_id in member.roles:
        role = world.roles.get(role_id)
        granted |= role.permissions if role else 0
    return ALL if granted & ADMINISTRATOR else granted


def _overwritten(base: int, member: Member, channel: Channel) -> int:
    overwrites = {(overwrite.kind, overwrite.id): overwrite for overwrite in channel.overwrites}
    everyone = overwrites.get((0, member.guild_id))
    if everyone:
        base = (base & ~everyone.deny) | everyone.allow
    allow = deny = 0
    for role_id in member.roles:
        if role := overwrites.get((0, role_id)):
            allow |= role.allow
            deny |= role.deny
    base = (base & ~deny) | allow
    own = overwrites.get((1, member.user_id))
    return (base & ~own.deny) | own.allow if own else base


def _without_implied(granted: int, channel: Channel) -> int:
    """Take away what makes no sense without something else that is missing.

    https://discord.com/developers/docs/topics/permissions#implicit-permissions
    """
    if not granted & VIEW_CHANNEL:
        return 0
    if not granted & (SEND_MESSAGES if channel.thread is None else SEND_MESSAGES_IN_THREADS):
        granted &= ~_WITH_SENDING
    if channel.kind in (VOICE, STAGE_VOICE) and not granted & CONNECT:
        granted &= ~_WITH_CONNECTING
    return granted


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
    base = _base(world, member)
    if base & ADMINISTRATOR:
        return ALL
    granted = _overwritten(base, member, place)
    if timed_out(world, member):
        granted &= TIMED_OUT
    if channel.kind == PRIVATE_THREAD and not granted & MANAGE_THREADS and not takes_part(channel, user_id):
        return 0
    return _without_implied(granted, channel)


def takes_part(thread: Channel, user_id: int) -> bool:
    """Whether the user is a member of the thread."""
    return thread.thread is not None and any(member.user_id == user_id for member in thread.thread.members)


def can_see(world: World, user_id: int, channel: Channel) -> bool:
    """Whether the user may view the channel or thread."""
    return bool(in_channel(world, user_id, channel) & VIEW_CHANNEL)
