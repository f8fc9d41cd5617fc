"""Reads what a request says about a guild channel, and who may say it.

https://discord.com/developers/docs/resources/channel#modify-channel
"""

from dataclasses import replace

from bot.local_discord.form import Form
from bot.local_discord.members.permissions import ALL, MANAGE_ROLES, in_channel, in_guild
from bot.local_discord.model import (
    CATEGORY,
    FORUM,
    MEDIA,
    STAGE_VOICE,
    VOICE,
    Channel,
    ForumTag,
    Json,
    Member,
    Overwrite,
)
from bot.local_discord.refusals import Refusal, missing_permissions, unknown
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage
from bot.local_discord.wire.view import maybe_id

ARCHIVE_MINUTES = (60, 1440, 4320, 10080)
SIX_HOURS = 21_600
MOST_BITS = (1 << 63) - 1
HIGHEST_BITRATE = {VOICE: 96_000, STAGE_VOICE: 64_000}
MOST_USERS = {VOICE: 99, STAGE_VOICE: 10_000}
REQUIRE_TAG, HIDE_MEDIA_DOWNLOAD = 1 << 4, 1 << 15


def with_fields(stage: Stage, channel: Channel, form: Form) -> Channel:
    """The channel with what the form says of it; problems go into the form's.

    Raises:
        Refusal: 30052 for a bitrate over the limit, 40061 and 10087 for tags.
    """
    most = 4096 if channel.kind in (FORUM, MEDIA) else 1024
    if form.has("topic"):
        channel = replace(channel, topic=form.text("topic", most=most) or None)
    nsfw = form.boolean("nsfw")
    slowmode = form.integer("rate_limit_per_user", most=SIX_HOURS)
    in_threads = form.integer("default_thread_rate_limit_per_user", most=SIX_HOURS)
    minutes = form.choice("default_auto_archive_duration", ARCHIVE_MINUTES)
    channel = replace(
        channel,
        nsfw=channel.nsfw if nsfw is None else nsfw,
        slowmode=channel.slowmode if slowmode is None else slowmode,
        default_thread_slowmode=channel.default_thread_slowmode if in_threads is None else in_threads,
        default_auto_archive_minutes=minutes or channel.default_auto_archive_minutes,
    )
    if form.has("parent_id"):
        channel = replace(channel, parent_id=_parent(stage, channel, form))
    if channel.kind in (FORUM, MEDIA):
        return _with_forum_fields(stage, channel, form)
    if channel.kind in (VOICE, STAGE_VOICE):
        return _with_voice_fields(channel, form)
    return channel


def _parent(stage: Stage, channel: Channel, form: Form) -> int | None:
    parent_id = form.snowflake("parent_id")
    if parent_id is None:
        return None
    parent = stage.world.channels.get(parent_id)
    if parent is None or parent.kind != CATEGORY or parent.guild_id != channel.guild_id:
        form.refuse("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist")
        return None
    if channel.kind == CATEGORY:
        form.refuse("parent_id", "CHANNEL_PARENT_INVALID_TYPE", "Not a category")
    children = [c for c in stage.world.channels_of(parent.guild_id or 0) if c.parent_id == parent.id]
    if len(children) >= LIMITS.category_channels and channel.parent_id != parent.id:
        message = f"Maximum number of channels in category reached ({LIMITS.category_channels})"
        form.refuse("parent_id", "CHANNEL_PARENT_MAX_CHANNELS", message)
    return parent_id


def _with_voice_fields(channel: Channel, form: Form) -> Channel:
    settings: Json = dict(channel.settings)
    bitrate = form.integer("bitrate", least=8000)
    if bitrate is not None and bitrate > HIGHEST_BITRATE[channel.kind]:
        raise Refusal(400, 30052, "Bitrate is too high for channel of this type")
    found = {
        "bitrate": bitrate,
        "user_limit": form.integer("user_limit", most=MOST_USERS[channel.kind]),
        "video_quality_mode": form.choice("video_quality_mode", (1, 2)),
    }
    settings |= {name: value for name, value in found.items() if value is not None}
    if form.has("rtc_region"):
        settings["rtc_region"] = form.text("rtc_region", most=100)
    return replace(channel, settings=settings)


def _with_forum_fields(stage: Stage, channel: Channel, form: Form) -> Channel:
    settings: Json = dict(channel.settings)
    order = form.choice("default_sort_order", (0, 1))
    layout = form.choice("default_forum_layout", (0, 1, 2))
    settings |= {"default_sort_order": order} if form.has("default_sort_order") else {}
    settings |= {} if layout is None else {"default_forum_layout": layout}
    if form.has("default_reaction_emoji"):
        emoji = form.form("default_reaction_emoji")
        settings["default_reaction_emoji"] = None if emoji is None else _emoji(emoji)
    flags = form.integer("flags")
    if flags is not None:
        settable = REQUIRE_TAG | (HIDE_MEDIA_DOWNLOAD if channel.kind == MEDIA else 0)
        channel = replace(channel, flags=flags & settable)
    tags = form.forms("available_tags", most=20)
    if tags is not None:
        channel = replace(channel, tags=tuple(_tag(stage, channel, each) for each in tags))
        if len({tag.name for tag in channel.tags}) != len(channel.tags):
            raise Refusal(400, 40061, "Tag names must be unique")
    return replace(channel, settings=settings)


def _emoji(form: Form) -> Json:
    return {
        "emoji_id": maybe_id(form.snowflake("emoji_id")),
        "emoji_name": form.text("emoji_name", most=100),
    }


def _tag(stage: Stage, channel: Channel, form: Form) -> ForumTag:
    name = form.text("name", least=1, most=20, required=True) or ""
    given = form.snowflake("id")
    if given and all(tag.id != given for tag in channel.tags):
        raise Refusal(404, 10087, "Unknown Tag")
    return ForumTag(
        given or stage.ids.take(),
        name,
        bool(form.boolean("moderated")),
        form.snowflake("emoji_id"),
        form.text("emoji_name", most=100),
    )


def read_overwrite(form: Form, target: int) -> Overwrite:
    """A permission overwrite for a role or member."""
    kind = form.choice("type", (0, 1)) or 0
    return Overwrite(
        target,
        kind,
        form.integer("allow", most=MOST_BITS, default=0) or 0,
        form.integer("deny", most=MOST_BITS, default=0) or 0,
    )


def read_overwrites(stage: Stage, guild_id: int, form: Form) -> tuple[Overwrite, ...] | None:
    """The ``permission_overwrites`` of a body, None where it has none.

    Raises:
        Refusal: 10009 for a role or user that does not exist.
    """
    forms = form.forms("permission_overwrites", most=100)
    if forms is None:
        return None
    found = [read_overwrite(each, each.snowflake("id", required=True) or 0) for each in forms]
    form.problems.raise_any()
    for overwrite in found:
        demand_target(stage, guild_id, overwrite)
    return tuple({(each.kind, each.id): each for each in found}.values())


def demand_target(stage: Stage, guild_id: int, overwrite: Overwrite) -> None:
    """Raise 10009 unless the role or user exists whom an overwrite is for."""
    role = stage.world.roles.get(overwrite.id)
    known = (
        overwrite.id in stage.world.users
        if overwrite.kind
        else role is not None and role.guild_id == guild_id
    )
    if not known:
        raise unknown("overwrite")


def demand_overwriting(
    stage: Stage, asker: Member, channel: Channel, before: tuple[Overwrite, ...], after: tuple[Overwrite, ...]
) -> None:
    """Raise 50013 unless the asker may change a channel's overwrites in this way.

    That takes Manage Roles, and every permission that is touched, in the guild or the category; who has Manage
    Roles by an overwrite of the channel itself may touch any.
    """
    world = stage.world
    granted = in_guild(world, asker)
    if granted == ALL:
        return
    held = in_channel(world, asker.user_id, channel) if channel.id in world.channels else granted
    if not held & MANAGE_ROLES:
        raise missing_permissions()
    mine = {asker.user_id, asker.guild_id, *asker.roles}
    if any(each.id in mine and each.allow & MANAGE_ROLES for each in channel.overwrites):
        return
    category = world.channels.get(channel.parent_id or 0)
    if category is not None:
        granted |= in_channel(world, asker.user_id, category)
    if _touched(before, after) & ~granted:
        raise missing_permissions()


def _touched(before: tuple[Overwrite, ...], after: tuple[Overwrite, ...]) -> int:
    """The permissions that differ between two sets of overwrites."""
    old = {(each.kind, each.id): each for each in before}
    new = {(each.kind, each.id): each for each in after}
    bits = 0
    for key in old.keys() | new.keys():
        one, two = old.get(key), new.get(key)
        allows = (one.allow if one else 0) ^ (two.allow if two else 0)
        denies = (one.deny if one else 0) ^ (two.deny if two else 0)
        bits |= allows | denies
    return bits
