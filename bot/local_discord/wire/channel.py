"""Channels, threads, thread members and direct message channels."""

from bot.local_discord.model import (
    FORUM,
    MEDIA,
    STAGE_VOICE,
    VOICE,
    Channel,
    Json,
    Overwrite,
    ThreadMember,
    ThreadState,
)
from bot.local_discord.wire.guild import member_object
from bot.local_discord.wire.user import user_object
from bot.local_discord.wire.view import View, maybe_id, maybe_stamp, stamp


def overwrite_object(overwrite: Overwrite) -> Json:
    """A permission overwrite."""
    return {
        "id": str(overwrite.id),
        "type": overwrite.kind,
        "allow": str(overwrite.allow),
        "deny": str(overwrite.deny),
    }


def channel_object(view: View, channel: Channel) -> Json:
    """Any channel, by its kind."""
    if channel.thread is not None:
        return thread_object(view, channel, channel.thread)
    if channel.guild_id is None:
        return direct_channel_object(view, channel)
    return guild_channel_object(channel)


def guild_channel_object(channel: Channel) -> Json:
    """A channel of a guild."""
    data: Json = {
        "id": str(channel.id),
        "type": channel.kind,
        "last_message_id": maybe_id(channel.last_message_id),
        "flags": channel.flags,
        "last_pin_timestamp": maybe_stamp(channel.last_pin_at),
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "parent_id": maybe_id(channel.parent_id),
        "rate_limit_per_user": channel.slowmode,
        "topic": channel.topic,
        "default_auto_archive_duration": channel.default_auto_archive_minutes,
        "default_thread_rate_limit_per_user": channel.default_thread_slowmode,
        "position": channel.position,
        "permission_overwrites": [overwrite_object(overwrite) for overwrite in channel.overwrites],
        "nsfw": channel.nsfw,
    }
    if channel.kind in (VOICE, STAGE_VOICE):
        data |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None, "video_quality_mode": 1}
    if channel.kind in (FORUM, MEDIA):
        data |= {
            "available_tags": [
                {
                    "id": str(t.id),
                    "name": t.name,
                    "moderated": t.moderated,
                    "emoji_id": maybe_id(t.emoji_id),
                    "emoji_name": t.emoji_name,
                }
                for t in channel.tags
            ],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
        }
    return data | channel.settings


def thread_object(view: View, channel: Channel, state: ThreadState) -> Json:
    """A thread; ``member`` is there when the viewer takes part."""
    data: Json = {
        "id": str(channel.id),
        "type": channel.kind,
        "last_message_id": maybe_id(channel.last_message_id),
        "flags": channel.flags,
        "last_pin_timestamp": maybe_stamp(channel.last_pin_at),
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "parent_id": maybe_id(channel.parent_id),
        "rate_limit_per_user": channel.slowmode,
        "owner_id": str(state.owner_id),
        "thread_metadata": {
            "archived": state.archived,
            "archive_timestamp": stamp(state.archive_timestamp),
            "auto_archive_duration": state.auto_archive_minutes,
            "locked": state.locked,
            "create_timestamp": stamp(state.created_at),
            "invitable": state.invitable,
        },
        "message_count": state.message_count,
        "member_count": min(len(state.members), 50),
        "total_message_sent": state.total_message_sent,
        "applied_tags": [str(tag) for tag in state.applied_tags],
    }
    own = next((m for m in state.members if m.user_id == view.viewer), None)
    if own is not None:
        data["member"] = thread_member_object(view, channel, own)
    return data


def thread_member_object(
    view: View, channel: Channel, who: ThreadMember, *, with_member: bool = False
) -> Json:
    """A thread member, on request with the guild member."""
    data: Json = {
        "id": str(channel.id),
        "user_id": str(who.user_id),
        "join_timestamp": stamp(who.joined_at),
        "flags": 1,
    }
    member = view.world.member(channel.guild_id or 0, who.user_id)
    if with_member and member is not None:
        data["member"] = member_object(view, member)
    return data


def direct_channel_object(view: View, channel: Channel) -> Json:
    """A direct message channel; the recipients are the others."""
    others = [view.world.users[u] for u in channel.recipients if u != view.viewer]
    return {
        "id": str(channel.id),
        "type": channel.kind,
        "last_message_id": maybe_id(channel.last_message_id),
        "flags": channel.flags,
        "last_pin_timestamp": maybe_stamp(channel.last_pin_at),
        "recipients": [user_object(user) for user in others],
    }
