"""What a client is told when it has identified: READY, then each guild."""

from collections.abc import Sequence

from bot.local_discord.members.permissions import can_see
from bot.local_discord.model import Channel, Guild, Json, Member
from bot.local_discord.wire.channel import channel_object, direct_channel_object
from bot.local_discord.wire.guild import guild_object, member_object
from bot.local_discord.wire.user import application_flags, own_user_object
from bot.local_discord.wire.view import View, stamp
from bot.local_discord.world import World

LARGE = 50


def ready_object(
    view: View,
    *,
    session_id: str,
    resume_url: str,
    application_id: int | None,
    guilds: list[Guild],
    shard: tuple[int, int] | None = None,
) -> Json:
    """READY; the guilds are named here and described by the events that follow.

    A person is also told their direct message channels; bots have not been since gateway v8.
    """
    world = view.world
    direct = [] if application_id is not None else world.direct_channels(view.viewer)
    data: Json = {
        "v": 10,
        "user_settings": {},
        "user": own_user_object(world.users[view.viewer]),
        "session_type": "normal",
        "session_id": session_id,
        "resume_gateway_url": resume_url,
        "relationships": [],
        "private_channels": [direct_channel_object(view, channel) for channel in direct],
        "presences": [],
        "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "_trace": ["local-discord"],
    }
    if application_id is not None:
        flags = application_flags(world.applications[application_id])
        data["application"] = {"id": str(application_id), "flags": flags}
    if shard is not None:
        data["shard"] = list(shard)
    return data


def arrived_guild_object(
    view: View,
    guild: Guild,
    *,
    members: Sequence[Member],
    channels: list[Json],
    presences: list[Json],
    voice_states: list[Json],
    large: bool,
) -> Json:
    """GUILD_CREATE: the guild with its channels and members, and its active threads that the viewer may see.

    https://discord.com/developers/docs/events/gateway-events#guild-create
    """
    world = view.world
    own = world.member(guild.id, view.viewer)
    return {
        **guild_object(view, guild),
        "joined_at": stamp(own.joined_at) if own else None,
        "large": large,
        "unavailable": False,
        "member_count": world.member_count(guild.id),
        "voice_states": voice_states,
        "members": [member_object(view, member) for member in members],
        "channels": channels,
        "threads": [channel_object(view, thread) for thread in active_threads(world, guild.id, view.viewer)],
        "presences": presences,
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def guild_create_object(view: View, guild: Guild, *, all_members: bool, all_channels: bool) -> Json:
    """GUILD_CREATE for somebody who joins, before it is known with which sessions; the gateway fits it to each."""
    world = view.world
    own = world.member(guild.id, view.viewer)
    members = world.members_of(guild.id) if all_members else [own] if own else []
    channels = [c for c in world.channels_of(guild.id) if all_channels or can_see(world, view.viewer, c)]
    return arrived_guild_object(
        view,
        guild,
        members=members,
        channels=[channel_object(view, channel) for channel in channels],
        presences=[],
        voice_states=[],
        large=world.member_count(guild.id) > LARGE,
    )


def active_threads(world: World, guild_id: int, viewer: int) -> list[Channel]:
    """The guild's threads that are not archived and that the viewer may see."""
    threads = world.threads_of(guild_id)
    return [t for t in threads if t.thread and not t.thread.archived and can_see(world, viewer, t)]
