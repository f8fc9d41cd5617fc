"""People and bots come into guilds and leave them: by themselves, by invitation, by a kick or a ban."""

from dataclasses import replace
from datetime import timedelta

from bot.local_discord.events import Event
from bot.local_discord.members.permissions import BAN_MEMBERS, VIEW_AUDIT_LOG, in_guild
from bot.local_discord.messages.drafts import system_draft
from bot.local_discord.messages.posting import Origin, delete_together, post
from bot.local_discord.model import Ban, Channel, Guild, Json, Member, Role
from bot.local_discord.refusals import Refusal
from bot.local_discord.snowflake import EPOCH
from bot.local_discord.stage import Actor, Stage
from bot.local_discord.wire.guild import member_object, role_object
from bot.local_discord.wire.ready import guild_create_object
from bot.local_discord.wire.user import user_object

USER_JOIN = 7
SUPPRESS_JOINS = 1 << 0


def put_member(stage: Stage, member: Member) -> Member:
    """Store a changed member and tell the guild."""
    stage.world.put_member(member)
    data = {**member_object(stage.view(), member), "guild_id": str(member.guild_id)}
    stage.emit(Event("GUILD_MEMBER_UPDATE", data, guild_id=member.guild_id))
    stage.changed()
    return member


def come_in(
    stage: Stage,
    guild: Guild,
    user_id: int,
    *,
    roles: tuple[int, ...] = (),
    nick: str | None = None,
    permissions: int = 0,
) -> Member:
    """Let a user into a guild; nothing happens when they are in it. A bot gets a role with ``permissions``.

    Raises:
        Refusal: 40007 for a banned user.
    """
    world = stage.world
    present = world.member(guild.id, user_id)
    if present is not None:
        return present
    if world.ban(guild.id, user_id) is not None:
        raise Refusal(403, 40007, "The user is banned from this guild.")
    is_bot = user_id in world.applications
    if is_bot:
        roles = (*roles, _role_of_bot(stage, guild, user_id, permissions).id)
    member = Member(guild.id, user_id, stage.now(), roles, nick)
    world.put_member(member)
    data = {**member_object(stage.view(), member), "guild_id": str(guild.id)}
    others = frozenset(each.user_id for each in world.members_of(guild.id)) - {user_id}
    stage.emit(Event("GUILD_MEMBER_ADD", data, guild_id=guild.id, only=others))
    created = guild_create_object(stage.view(user_id), guild, all_members=not is_bot, all_channels=is_bot)
    stage.emit(Event("GUILD_CREATE", created, guild_id=guild.id, only=frozenset({user_id})))
    _welcome(stage, guild, user_id)
    stage.changed()
    return member


def _role_of_bot(stage: Stage, guild: Guild, bot_id: int, permissions: int) -> Role:
    """The role that Discord makes for an invited bot; nobody can give or delete it."""
    name = stage.world.users[bot_id].username
    top = max((role.position for role in stage.world.roles_of(guild.id)), default=0)
    role = Role(stage.ids.take(), guild.id, name, permissions, top + 1, bot_id=bot_id)
    stage.world.put_role(role)
    data: Json = {"guild_id": str(guild.id), "role": role_object(role)}
    stage.emit(Event("GUILD_ROLE_CREATE", data, guild_id=guild.id))
    return role


def _welcome(stage: Stage, guild: Guild, user_id: int) -> None:
    channel = stage.world.channels.get(guild.system_channel_id or 0)
    if channel is None or int(guild.settings.get("system_channel_flags") or 0) & SUPPRESS_JOINS:
        return
    post(stage, Actor(user_id), channel, system_draft(), Origin(USER_JOIN))


def go_out(stage: Stage, guild: Guild, member: Member) -> None:
    """Take a member out of a guild: its threads, and for a bot its own role, go with them."""
    world, user_id = stage.world, member.user_id
    gone: Json = {"id": str(guild.id)}
    # told while they are still in it, since only members hear of a guild
    stage.emit(Event("GUILD_DELETE", gone, guild_id=guild.id, only=frozenset({user_id})))
    for thread in world.threads_of(guild.id):
        _leave_thread(stage, thread, user_id)
    world.drop_member(guild.id, user_id)
    data: Json = {"guild_id": str(guild.id), "user": user_object(world.users[user_id])}
    stage.emit(Event("GUILD_MEMBER_REMOVE", data, guild_id=guild.id))
    for role in world.roles_of(guild.id):
        if role.bot_id == user_id:
            remove_role(stage, role)
    stage.changed()


def _leave_thread(stage: Stage, thread: Channel, user_id: int) -> None:
    state = thread.thread
    if state is None or all(each.user_id != user_id for each in state.members):
        return
    members = tuple(each for each in state.members if each.user_id != user_id)
    stage.world.put_channel(replace(thread, thread=replace(state, members=members)))


def remove_role(stage: Stage, role: Role) -> None:
    """Remove a role and tell the guild."""
    stage.world.drop_role(role)
    data: Json = {"guild_id": str(role.guild_id), "role_id": str(role.id)}
    stage.emit(Event("GUILD_ROLE_DELETE", data, guild_id=role.guild_id))
    stage.changed()


def ban(stage: Stage, guild: Guild, user_id: int, *, reason: str | None, seconds: int) -> None:
    """Ban a user, member or not, and delete what they wrote in the last ``seconds``."""
    world = stage.world
    if world.ban(guild.id, user_id) is None:
        world.put_ban(Ban(guild.id, user_id, reason))
        _tell_moderators(stage, "GUILD_BAN_ADD", guild, user_id)
    member = world.member(guild.id, user_id)
    if seconds:
        _delete_messages(stage, guild, user_id, seconds)
    if member is not None:
        go_out(stage, guild, member)
    stage.changed()


def unban(stage: Stage, guild: Guild, lifted: Ban) -> None:
    """Lift a ban."""
    stage.world.drop_ban(lifted)
    _tell_moderators(stage, "GUILD_BAN_REMOVE", guild, lifted.user_id)
    stage.changed()


def _tell_moderators(stage: Stage, name: str, guild: Guild, user_id: int) -> None:
    """Bans are told only to those who may ban or read the audit log."""
    world = stage.world
    told = frozenset(
        member.user_id
        for member in world.members_of(guild.id)
        if in_guild(world, member) & (BAN_MEMBERS | VIEW_AUDIT_LOG)
    )
    data: Json = {"guild_id": str(guild.id), "user": user_object(world.users[user_id])}
    stage.emit(Event(name, data, guild_id=guild.id, only=told))


def _delete_messages(stage: Stage, guild: Guild, user_id: int, seconds: int) -> None:
    world = stage.world
    oldest = (stage.now() - EPOCH - timedelta(seconds=seconds)) // timedelta(milliseconds=1) << 22
    for channel in (*world.channels_of(guild.id), *world.threads_of(guild.id)):
        gone = [
            message
            for message in world.messages(channel.id)
            if message.author_id == user_id and message.id >= oldest and message.face is None
        ]
        if gone:
            delete_together(stage, channel, gone)
