"""Guilds with their channels, emojis and active threads."""

from dataclasses import replace
from typing import cast

from starlette.responses import Response

from bot.local_discord.channels.channel_changes import sort_channels
from bot.local_discord.events import Event
from bot.local_discord.form import Form, Problems
from bot.local_discord.interactions.command_rules import LOCALES
from bot.local_discord.members.hierarchy import demand_in_guild
from bot.local_discord.members.permissions import MANAGE_GUILD, can_see
from bot.local_discord.model import CATEGORY, Channel, Guild, Json, Member
from bot.local_discord.refusals import bad_json, missing_access, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.wire.channel import channel_object, thread_member_object
from bot.local_discord.wire.guild import (
    counted_guild_object,
    emoji_object,
    guild_object,
)
from bot.local_discord.wire.ready import active_threads

AFK_TIMEOUTS = (60, 300, 900, 1800, 3600)
_CHOICES = {
    "verification_level": range(5),
    "default_message_notifications": range(2),
    "explicit_content_filter": range(3),
    "afk_timeout": AFK_TIMEOUTS,
}
_CHANNELS = ("afk_channel_id", "rules_channel_id", "public_updates_channel_id", "safety_alerts_channel_id")
MOST_SYSTEM_FLAGS = 0x3F
LONGEST_DESCRIPTION = 300


async def guild_forms(call: Call) -> list[Form]:
    """The objects of a body that is a list.

    Raises:
        Refusal: 50109 when it is none.
    """
    given = await call.json()
    if not isinstance(given, list):
        raise bad_json()
    problems = Problems()
    found: list[Form] = []
    for index, item in enumerate(cast("list[object]", given)):
        if isinstance(item, dict):
            found.append(Form(cast("Json", item), problems, (str(index),)))
        else:
            problems.add((str(index),), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    problems.raise_any()
    return found


def own_guild(call: Call) -> tuple[Guild, Member]:
    """The guild of the path, with the membership of who asks.

    Raises:
        Refusal: 10004 when there is none, 50001 when they are not in it.
    """
    guild = call.stage.world.guilds.get(call.id("guild_id"))
    user_id = call.actor.user_id
    if guild is None:
        raise unknown("guild")
    member = call.stage.world.member(guild.id, user_id)
    if member is None:
        raise missing_access()
    return guild, member


async def get_guild(call: Call) -> Response:
    """GET /guilds/{guild_id}."""
    guild, _ = own_guild(call)
    build = counted_guild_object if call.flag("with_counts") else guild_object
    return ok(build(call.stage.view(call.actor.user_id), guild))


async def patch_guild(call: Call) -> Response:
    """PATCH /guilds/{guild_id}; pictures are accepted and not kept."""
    guild, asker = own_guild(call)
    demand_in_guild(call.stage.world, asker, MANAGE_GUILD)
    form = await call.form()
    changed = _changed(call, guild, form)
    form.problems.raise_any()
    call.stage.world.put_guild(changed)
    view = call.stage.view(call.actor.user_id)
    call.stage.emit(Event("GUILD_UPDATE", guild_object(view, changed), guild_id=guild.id))
    call.stage.changed()
    return ok(guild_object(view, changed))


def _changed(call: Call, guild: Guild, form: Form) -> Guild:
    name = form.text("name", least=2, most=100)
    if form.has("name") and form.data["name"] is None:
        form.refuse("name", "BASE_TYPE_REQUIRED", "This field is required")
    settings: Json = dict(guild.settings)
    for field, among in _CHOICES.items():
        value = form.choice(field, among)
        if value is not None:
            settings[field] = value
    for field in _CHANNELS:
        if form.has(field):
            settings[field] = _channel_id(call, guild, form, field)
    flags = form.integer("system_channel_flags", most=MOST_SYSTEM_FLAGS)
    if flags is not None:
        settings["system_channel_flags"] = flags
    locale = form.text("preferred_locale")
    if locale is not None and locale not in LOCALES:
        form.refuse("preferred_locale", "BASE_TYPE_CHOICES", f"Value must be one of {sorted(LOCALES)}.")
    elif locale is not None:
        settings["preferred_locale"] = locale
    bar = form.boolean("premium_progress_bar_enabled")
    if bar is not None:
        settings["premium_progress_bar_enabled"] = bar
    description = form.text("description", most=LONGEST_DESCRIPTION)
    system = _channel_id(call, guild, form, "system_channel_id")
    return replace(
        guild,
        name=name or guild.name,
        description=(description or None) if form.has("description") else guild.description,
        system_channel_id=(None if system is None else int(system))
        if form.has("system_channel_id")
        else guild.system_channel_id,
        settings=settings,
    )


def _channel_id(call: Call, guild: Guild, form: Form, field: str) -> str | None:
    """The id of a channel of the guild, as it is shown."""
    channel_id = form.snowflake(field)
    if channel_id is None:
        return None
    channel = call.stage.world.channels.get(channel_id)
    if channel is None or channel.guild_id != guild.id or channel.thread is not None:
        form.refuse(field, "CHANNEL_INVALID", "Channel does not exist in this guild")
        return None
    return str(channel_id)


async def get_channels(call: Call) -> Response:
    """GET /guilds/{guild_id}/channels: those that the asker may view, threads left out.

    A category is there when one of its channels is.
    https://discord.com/developers/docs/topics/permissions#channel-visibility
    """
    guild, _ = own_guild(call)
    world, user_id = call.stage.world, call.actor.user_id
    every = world.channels_of(guild.id)
    seen = {channel.id for channel in every if can_see(world, user_id, channel)}
    above = {channel.parent_id for channel in every if channel.id in seen}

    def shown(channel: Channel) -> bool:
        return channel.id in seen or (channel.kind == CATEGORY and channel.id in above)

    view = call.stage.view(user_id)
    return ok([channel_object(view, channel) for channel in every if shown(channel)])


async def patch_channels(call: Call) -> Response:
    """PATCH /guilds/{guild_id}/channels: positions and categories of several channels."""
    guild, asker = own_guild(call)
    sort_channels(call.stage, call.actor, asker, guild.id, await guild_forms(call))
    return nothing()


async def get_emojis(call: Call) -> Response:
    """GET /guilds/{guild_id}/emojis."""
    guild, _ = own_guild(call)
    return ok([emoji_object(emoji) for emoji in call.stage.world.emojis_of(guild.id)])


async def get_active_threads(call: Call) -> Response:
    """GET /guilds/{guild_id}/threads/active."""
    guild, _ = own_guild(call)
    user_id = call.actor.user_id
    view = call.stage.view(user_id)
    threads = active_threads(call.stage.world, guild.id, user_id)
    threads.sort(key=lambda thread: -thread.id)
    mine = [
        thread_member_object(view, thread, who)
        for thread in threads
        if thread.thread
        for who in thread.thread.members
        if who.user_id == user_id
    ]
    return ok(
        {"threads": [channel_object(view, thread) for thread in threads], "members": mine, "has_more": False}
    )
