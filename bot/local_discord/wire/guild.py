"""Guilds, roles, emojis and members."""

from bot.local_discord.members.permissions import in_guild
from bot.local_discord.model import Emoji, Guild, Json, Member, Role
from bot.local_discord.wire.user import user_object
from bot.local_discord.wire.view import View, maybe_id, maybe_stamp, stamp


def role_object(role: Role) -> Json:
    """A role; a bot's own carries the bot in its tags."""
    data: Json = {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": role.color,
        "colors": {"primary_color": role.color, "secondary_color": None, "tertiary_color": None},
        "hoist": role.hoist,
        "managed": role.bot_id is not None,
        "mentionable": role.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if role.bot_id is not None:
        data["tags"] = {"bot_id": str(role.bot_id)}
    return data


def emoji_object(emoji: Emoji) -> Json:
    """A guild's own emoji."""
    return {
        "id": str(emoji.id),
        "name": emoji.name,
        "roles": [],
        "require_colons": True,
        "managed": False,
        "animated": emoji.animated,
        "available": True,
    }


def bare_member_object(member: Member) -> Json:
    """A member without the user, as messages carry it beside their author."""
    return {
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "collectibles": None,
        "communication_disabled_until": maybe_stamp(member.timeout_until),
        "flags": member.flags,
        "joined_at": stamp(member.joined_at),
        "nick": member.nick,
        "pending": False,
        "premium_since": None,
        "roles": [str(role_id) for role_id in member.roles],
        "mute": False,
        "deaf": False,
    }


def member_object(view: View, member: Member) -> Json:
    """A member with the user."""
    return {**bare_member_object(member), "user": user_object(view.world.users[member.user_id])}


def own_member_object(view: View, member: Member) -> Json:
    """A member with the user and what they may do in the guild."""
    return {**member_object(view, member), "permissions": str(in_guild(view.world, member))}


def guild_object(view: View, guild: Guild) -> Json:
    """A guild without its channels and members."""
    world = view.world
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "description": guild.description,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(guild.owner_id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": maybe_id(guild.system_channel_id),
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role_object(role) for role in world.roles_of(guild.id)],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "premium_progress_bar_enabled_user_updated_at": None,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [emoji_object(emoji) for emoji in world.emojis_of(guild.id)],
        "stickers": [],
        "incidents_data": None,
        **guild.settings,
    }


def counted_guild_object(view: View, guild: Guild) -> Json:
    """A guild with how many members it has; everybody counts as present."""
    count = view.world.member_count(guild.id)
    return {
        **guild_object(view, guild),
        "approximate_member_count": count,
        "approximate_presence_count": count,
    }


def my_guild_object(view: View, guild: Guild, member: Member) -> Json:
    """A guild in the list of those a user is in."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": guild.owner_id == member.user_id,
        "permissions": str(in_guild(view.world, member)),
        "features": [],
    }
