"""Makes, changes, sorts and removes guild channels and threads."""

from dataclasses import replace

from bot.local_discord.channels.channel_fields import (
    demand_overwriting,
    demand_target,
    read_overwrites,
    with_fields,
)
from bot.local_discord.events import Event
from bot.local_discord.form import Form
from bot.local_discord.members.hierarchy import demand_in_guild
from bot.local_discord.members.permissions import (
    MANAGE_CHANNELS,
    MANAGE_ROLES,
    MANAGE_THREADS,
    in_channel,
    in_guild,
)
from bot.local_discord.messages.uploads import drop_files_of_channel
from bot.local_discord.model import (
    ANNOUNCEMENT,
    CATEGORY,
    FORUM,
    MEDIA,
    STAGE_VOICE,
    TEXT,
    VOICE,
    Channel,
    Json,
    Member,
    Overwrite,
)
from bot.local_discord.refusals import (
    Refusal,
    limit_reached,
    missing_access,
    unknown,
)
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Actor, Stage, demand, may
from bot.local_discord.wire.channel import guild_channel_object

KINDS = (TEXT, VOICE, CATEGORY, ANNOUNCEMENT, STAGE_VOICE, FORUM)
"""What can be made by request."""


def create_channel(stage: Stage, asker: Member, form: Form) -> Channel:
    """Make a channel in a guild; in a category it starts with the category's overwrites.

    Raises:
        Refusal: 50013 without Manage Channels or for overwrites the asker may not set, 30013, 50035.
    """
    world, guild_id = stage.world, asker.guild_id
    demand_in_guild(world, asker, MANAGE_CHANNELS)
    kind = form.choice("type", KINDS) or TEXT
    name = _name(kind, form, required=True)
    channels = world.channels_of(guild_id)
    position = form.integer("position")
    if position is None:
        position = max((channel.position for channel in channels), default=-1) + 1
    channel = with_fields(stage, Channel(0, kind, name, guild_id=guild_id, position=position), form)
    overwrites = read_overwrites(stage, guild_id, form)
    form.problems.raise_any()
    if overwrites:
        demand_overwriting(stage, asker, channel, (), overwrites)
    if len(channels) >= LIMITS.guild_channels:
        raise limit_reached(30013, f"Maximum number of server channels reached ({LIMITS.guild_channels})")
    parent = world.channels.get(channel.parent_id or 0)
    inherited = parent.overwrites if parent is not None else ()
    channel = replace(
        channel, id=stage.ids.take(), overwrites=inherited if overwrites is None else overwrites
    )
    world.put_channel(channel)
    stage.tell("CHANNEL_CREATE", guild_channel_object(channel), channel)
    return channel


def change_channel(stage: Stage, actor: Actor, channel: Channel, form: Form) -> Channel:
    """Change a guild channel; channels that had their category's overwrites follow it.

    Raises:
        Refusal: 50013 without Manage Channels or for overwrites the actor may not set, 50035.
    """
    demand(stage, actor, channel, MANAGE_CHANNELS)
    before = channel
    kind = _kind(channel, form)
    channel = replace(channel, kind=kind, name=_name(kind, form) or channel.name)
    position = form.integer("position")
    if position is not None:
        channel = replace(channel, position=position)
    channel = with_fields(stage, channel, form)
    overwrites = read_overwrites(stage, channel.guild_id or 0, form)
    form.problems.raise_any()
    if overwrites is not None:
        member = _member(stage, actor, channel)
        demand_overwriting(stage, member, before, before.overwrites, overwrites)
        channel = replace(channel, overwrites=overwrites)
    put_changed(stage, before, channel)
    return channel


def _member(stage: Stage, actor: Actor, channel: Channel) -> Member:
    member = stage.world.member(channel.guild_id or 0, actor.user_id)
    if member is None:
        raise missing_access()
    return member


def _kind(channel: Channel, form: Form) -> int:
    """The type a channel will have: only text and announcement channels turn into each other."""
    kind = form.choice("type", KINDS)
    if kind is None or kind == channel.kind:
        return channel.kind
    if {kind, channel.kind} != {TEXT, ANNOUNCEMENT}:
        form.refuse("type", "CHANNEL_TYPE_INVALID", "Invalid channel type")
    return kind


def _name(kind: int, form: Form, *, required: bool = False) -> str:
    """Text channels are named in lower case with dashes, as Discord makes them."""
    name = form.text("name", least=1, most=100, required=required) or ""
    if not name:
        return ""
    if kind in (TEXT, ANNOUNCEMENT, FORUM, MEDIA):
        name = "-".join(name.lower().split())
    if not name.strip():
        form.refuse("name", "BASE_TYPE_REQUIRED", "This field is required")
    return name


def put_overwrite(stage: Stage, actor: Actor, channel: Channel, overwrite: Overwrite) -> None:
    """Set what one role or member may do in a channel.

    Raises:
        Refusal: 10009 for a role or user that does not exist, 30060, 50013.
    """
    demand(stage, actor, channel, MANAGE_ROLES)
    demand_target(stage, channel.guild_id or 0, overwrite)
    others = tuple(each for each in channel.overwrites if each.id != overwrite.id)
    after = (*others, overwrite)
    demand_overwriting(stage, _member(stage, actor, channel), channel, channel.overwrites, after)
    if len(after) > LIMITS.overwrites:
        message = f"Maximum number of channel permission overwrites reached ({LIMITS.overwrites})"
        raise limit_reached(30060, message)
    put_changed(stage, channel, replace(channel, overwrites=after))


def drop_overwrite(stage: Stage, actor: Actor, channel: Channel, target: int) -> None:
    """Remove what one role or member may do in a channel beyond the rest.

    Raises:
        Refusal: 10009 when there is no such overwrite, 50013.
    """
    demand(stage, actor, channel, MANAGE_ROLES)
    others = tuple(each for each in channel.overwrites if each.id != target)
    if len(others) == len(channel.overwrites):
        raise unknown("overwrite")
    demand_overwriting(stage, _member(stage, actor, channel), channel, channel.overwrites, others)
    put_changed(stage, channel, replace(channel, overwrites=others))


def put_changed(stage: Stage, before: Channel, channel: Channel) -> None:
    """Store a changed channel and tell everybody; whom it hides from or shows to is the gateway's to find out."""
    stage.world.put_channel(channel)
    stage.tell("CHANNEL_UPDATE", guild_channel_object(channel), channel)
    if channel.kind != CATEGORY or before.overwrites == channel.overwrites:
        return
    for child in stage.world.channels_of(channel.guild_id or 0):
        if child.parent_id == channel.id and set(child.overwrites) == set(before.overwrites):
            put_changed(stage, child, replace(child, overwrites=channel.overwrites))


def sort_channels(stage: Stage, actor: Actor, asker: Member, guild_id: int, forms: list[Form]) -> None:
    """Move channels to other positions, and at most one into another category.

    https://discord.com/developers/docs/resources/guild#modify-guild-channel-positions

    Raises:
        Refusal: 10003, 40009 for more than one new category, 50001 and 50013, 50035.
    """
    world = stage.world
    changes: list[tuple[Channel, Channel]] = []
    moves = 0
    for form in forms:
        channel = world.channels.get(form.snowflake("id", required=True) or 0)
        position, lock = form.integer("position"), form.boolean("lock_permissions")
        form.problems.raise_any()
        if channel is None or channel.guild_id != guild_id or channel.thread is not None:
            raise unknown("channel")
        changed = channel if position is None else replace(channel, position=position)
        if form.has("parent_id"):
            changed = with_fields(
                stage, changed, Form({"parent_id": form.data["parent_id"]}, form.problems, form.path)
            )
            form.problems.raise_any()
        if changed.parent_id != channel.parent_id:
            moves += 1
            _demand_moving(stage, actor, asker, channel, changed)
        else:
            _demand_sorting(stage, actor, asker, channel)
        parent = world.channels.get(changed.parent_id or 0)
        if lock and parent is not None:
            demand(stage, actor, channel, MANAGE_ROLES)
            changed = replace(changed, overwrites=parent.overwrites)
        changes.append((channel, changed))
    if moves > 1:
        raise Refusal(400, 40009, "Only one channel can have a parent_id modified at a time")
    for channel, changed in changes:
        if changed != channel:
            put_changed(stage, channel, changed)


def _demand_sorting(stage: Stage, actor: Actor, asker: Member, channel: Channel) -> None:
    parent = stage.world.channels.get(channel.parent_id or 0)
    if parent is None or not in_channel(stage.world, actor.user_id, parent) & MANAGE_CHANNELS:
        demand_in_guild(stage.world, asker, MANAGE_CHANNELS)


def _demand_moving(stage: Stage, actor: Actor, asker: Member, channel: Channel, changed: Channel) -> None:
    target = stage.world.channels.get(changed.parent_id or 0)
    there = in_guild(stage.world, asker) if target is None else in_channel(stage.world, actor.user_id, target)
    if not may(stage, actor, channel, MANAGE_CHANNELS) or not there & MANAGE_CHANNELS:
        raise missing_access()


def remove_channel(stage: Stage, actor: Actor, channel: Channel) -> None:
    """Remove a channel with its threads, or a thread; the channels of a category stay without one.

    Raises:
        Refusal: 50013; 50074 never, since no channel here is required by a community.
    """
    world, guild_id = stage.world, channel.guild_id or 0
    demand(stage, actor, channel, MANAGE_CHANNELS if channel.thread is None else MANAGE_THREADS)
    for thread in world.threads_of(guild_id):
        if thread.parent_id == channel.id:
            _drop_thread(stage, thread)
    if channel.thread is not None:
        _drop_thread(stage, channel)
        return
    stage.tell("CHANNEL_DELETE", guild_channel_object(channel), channel)
    drop_files_of_channel(stage, channel.id)
    world.drop_channel(channel.id)
    for child in world.channels_of(guild_id):
        if child.parent_id == channel.id:
            put_changed(stage, child, replace(child, parent_id=None))
    guild = world.guilds[guild_id]
    if guild.system_channel_id == channel.id:
        world.put_guild(replace(guild, system_channel_id=None))


def _drop_thread(stage: Stage, thread: Channel) -> None:
    data: Json = {
        "id": str(thread.id),
        "guild_id": str(thread.guild_id),
        "parent_id": str(thread.parent_id),
        "type": thread.kind,
    }
    stage.emit(Event("THREAD_DELETE", data, guild_id=thread.guild_id, channel=thread))
    drop_files_of_channel(stage, thread.id)
    stage.world.drop_channel(thread.id)
    stage.changed()
