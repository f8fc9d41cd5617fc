"""Makes, changes and removes guild channels and threads."""

from dataclasses import replace

from bot.local_discord.events import Event
from bot.local_discord.form import Form
from bot.local_discord.model import (
    ANNOUNCEMENT,
    CATEGORY,
    FORUM,
    MEDIA,
    STAGE_VOICE,
    TEXT,
    VOICE,
    Channel,
    ForumTag,
    Json,
    Overwrite,
)
from bot.local_discord.permissions import MANAGE_CHANNELS, MANAGE_THREADS, in_guild
from bot.local_discord.refusals import Refusal, missing_permissions
from bot.local_discord.stage import Actor, Stage, demand, may
from bot.local_discord.thread_state import demand_awake, state_of, tell_thread
from bot.local_discord.wire.channel import guild_channel_object

KINDS = (TEXT, VOICE, CATEGORY, ANNOUNCEMENT, STAGE_VOICE, FORUM, MEDIA)
ARCHIVE_MINUTES = (60, 1440, 4320, 10080)
SIX_HOURS = 21_600


def create_channel(stage: Stage, actor: Actor, guild_id: int, form: Form) -> Channel:
    """Make a channel in a guild.

    Raises:
        Refusal: 50013 without Manage Channels, 50035 for wrong fields.
    """
    member = stage.world.member(guild_id, actor.user_id)
    if member is None or not in_guild(stage.world, member) & MANAGE_CHANNELS:
        raise missing_permissions()
    kind = form.choice("type", KINDS) or TEXT
    name = form.text("name", least=1, most=100, required=True) or ""
    last = max((channel.position for channel in stage.world.channels_of(guild_id)), default=-1)
    position = form.integer("position")
    blank = Channel(
        0, kind, _as_name(kind, name), guild_id=guild_id, position=last + 1 if position is None else position
    )
    channel = _with_fields(stage, blank, form)
    form.problems.raise_any()
    channel = replace(channel, id=stage.ids.take())
    stage.world.put_channel(channel)
    stage.tell("CHANNEL_CREATE", guild_channel_object(channel), channel)
    return channel


def change_channel(stage: Stage, actor: Actor, channel: Channel, form: Form) -> Channel:
    """Change a guild channel.

    Raises:
        Refusal: 50013 without Manage Channels, 50035 for wrong fields.
    """
    demand(stage, actor, channel, MANAGE_CHANNELS)
    name = form.text("name", least=1, most=100)
    if name:
        channel = replace(channel, name=_as_name(channel.kind, name))
    position = form.integer("position")
    if position is not None:
        channel = replace(channel, position=position)
    channel = _with_fields(stage, channel, form)
    form.problems.raise_any()
    stage.world.put_channel(channel)
    stage.tell("CHANNEL_UPDATE", guild_channel_object(channel), channel)
    return channel


def _as_name(kind: int, name: str) -> str:
    """Text channels are named in lower case with dashes, as Discord makes them."""
    return "-".join(name.lower().split()) if kind in (TEXT, ANNOUNCEMENT, FORUM, MEDIA) else name


def _with_fields(stage: Stage, channel: Channel, form: Form) -> Channel:
    if form.has("topic"):
        channel = replace(channel, topic=form.text("topic", most=4096) or None)
    nsfw = form.boolean("nsfw")
    if nsfw is not None:
        channel = replace(channel, nsfw=nsfw)
    slowmode = form.integer("rate_limit_per_user", most=SIX_HOURS)
    if slowmode is not None:
        channel = replace(channel, slowmode=slowmode)
    minutes = form.choice("default_auto_archive_duration", ARCHIVE_MINUTES)
    if minutes is not None:
        channel = replace(channel, default_auto_archive_minutes=minutes)
    if form.has("parent_id"):
        parent_id = form.snowflake("parent_id")
        parent = stage.world.channels.get(parent_id or 0)
        if parent_id is not None and (
            parent is None or parent.kind != CATEGORY or parent.guild_id != channel.guild_id
        ):
            form.refuse("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist")
        channel = replace(channel, parent_id=parent_id)
    overwrites = form.forms("permission_overwrites", most=100)
    if overwrites is not None:
        found = [read_overwrite(each, each.snowflake("id", required=True) or 0) for each in overwrites]
        channel = replace(channel, overwrites=tuple(found))
    tags = form.forms("available_tags", most=20)
    if tags is not None:
        channel = replace(channel, tags=tuple(_tag(stage, each) for each in tags))
    return channel


def _tag(stage: Stage, form: Form) -> ForumTag:
    name = form.text("name", least=1, most=20, required=True) or ""
    return ForumTag(form.snowflake("id") or stage.ids.take(), name, bool(form.boolean("moderated")))


def read_overwrite(form: Form, target: int) -> Overwrite:
    """A permission overwrite for a role or member."""
    kind = form.choice("type", (0, 1)) or 0
    most = (1 << 63) - 1
    return Overwrite(
        target,
        kind,
        form.integer("allow", most=most, default=0) or 0,
        form.integer("deny", most=most, default=0) or 0,
    )


def change_thread(stage: Stage, actor: Actor, thread: Channel, form: Form) -> Channel:
    """Change a thread: rename, archive, lock.

    Its owner may rename and archive it and anybody who may write may wake it; the rest needs Manage Threads.

    Raises:
        Refusal: 50013, 50083 for a change to an archived thread that does not wake it, 50035 for wrong fields.
    """
    state = state_of(thread)
    name = form.text("name", least=1, most=100)
    archived, locked, invitable = form.boolean("archived"), form.boolean("locked"), form.boolean("invitable")
    minutes = form.choice("auto_archive_duration", ARCHIVE_MINUTES)
    slowmode = form.integer("rate_limit_per_user", most=SIX_HOURS)
    tags = form.snowflakes("applied_tags", most=5)
    form.problems.raise_any()
    manages = may(stage, actor, thread, MANAGE_THREADS)
    owns = state.owner_id == actor.user_id
    wakes = archived is False and not state.locked and set(form.data) <= {"archived"}
    if not (manages or owns or wakes) or ((locked is not None or slowmode is not None) and not manages):
        raise missing_permissions()
    if state.locked and not manages:
        raise missing_permissions()
    if archived is None:
        demand_awake(thread)
    moved = archived is not None and archived != state.archived
    state = replace(
        state,
        archived=state.archived if archived is None else archived,
        archive_timestamp=stage.now() if moved else state.archive_timestamp,
        locked=state.locked if locked is None else locked,
        invitable=state.invitable if invitable is None else invitable,
        auto_archive_minutes=minutes or state.auto_archive_minutes,
        applied_tags=state.applied_tags if tags is None else tuple(tags),
    )
    thread = replace(
        thread,
        name=name or thread.name,
        slowmode=thread.slowmode if slowmode is None else slowmode,
        thread=state,
    )
    stage.world.put_channel(thread)
    tell_thread(stage, "THREAD_UPDATE", thread)
    return thread


def remove_channel(stage: Stage, actor: Actor, channel: Channel) -> None:
    """Remove a channel with its threads, or a thread.

    Raises:
        Refusal: 50013; 50074 never, since no channel here is required by a community.
    """
    if channel.guild_id is None:
        raise Refusal(403, 50003, "Cannot execute action on a DM channel")
    demand(stage, actor, channel, MANAGE_CHANNELS if channel.thread is None else MANAGE_THREADS)
    for thread in stage.world.threads_of(channel.guild_id):
        if thread.parent_id == channel.id:
            _drop_thread(stage, thread)
    if channel.thread is not None:
        _drop_thread(stage, channel)
        return
    stage.tell("CHANNEL_DELETE", guild_channel_object(channel), channel)
    stage.world.drop_channel(channel.id)


def _drop_thread(stage: Stage, thread: Channel) -> None:
    data: Json = {
        "id": str(thread.id),
        "guild_id": str(thread.guild_id),
        "parent_id": str(thread.parent_id),
        "type": thread.kind,
    }
    stage.emit(Event("THREAD_DELETE", data, guild_id=thread.guild_id, channel=thread))
    stage.world.drop_channel(thread.id)
    stage.changed()
