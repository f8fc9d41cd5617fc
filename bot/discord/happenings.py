"""Changes that Discord tells of messages, reactions and threads, as the rest of the program sees them."""

from datetime import datetime
from typing import Any, Literal, cast

import nextcord

from bot.discord.events import NOBODY_ID, Author, Edit, Reaction, ThreadChange, Where
from bot.discord.incoming import author_of, where_of
from bot.discord.missed.guild_seen import permissions_of
from bot.discord.raw_messages import is_bot, message_from, name_of

_NOBODY = Author(NOBODY_ID, "")


def place_of(client: nextcord.Client, guild_id: int | None, channel_id: int) -> Where:
    """Where a channel or thread is, as far as nextcord knows it."""
    guild = None if guild_id is None else client.get_guild(guild_id)
    channel = None if guild is None else guild.get_channel_or_thread(channel_id)
    return where_of(guild_id, channel, channel_id)


def edit_of(
    client: nextcord.Client, event: nextcord.RawMessageUpdateEvent, me: int, *, reads_all: bool
) -> Edit | None:
    """A changed message; None where its text was not what changed."""
    data = cast("dict[str, Any]", event.data)
    at = data.get("edited_timestamp")
    if not at or not data.get("author"):
        return None
    where = place_of(client, event.guild_id, event.channel_id)
    author = _author_of(client, event.guild_id, data)
    return Edit(message_from(data, where, author, me, reads_all=reads_all), datetime.fromisoformat(at))


def _author_of(client: nextcord.Client, guild_id: int | None, data: dict[str, Any]) -> Author:
    user: dict[str, Any] = data["author"]
    member: dict[str, Any] = data.get("member") or {}
    roles = tuple(int(role) for role in member.get("roles", ()))
    guild = None if guild_id is None else client.get_guild(guild_id)
    granted = 0
    if guild is not None:
        known = {role.id: role.permissions.value for role in guild.roles}
        granted = permissions_of(guild.id, guild.owner_id, known, int(user["id"]), roles)
    return Author(int(user["id"]), name_of(user, member), is_bot(data), roles, granted)


def reaction_of(
    client: nextcord.Client, event: nextcord.RawReactionActionEvent, action: Literal["added", "removed"]
) -> Reaction:
    """A reaction put under a message or taken back."""
    where = place_of(client, event.guild_id, event.channel_id)
    member = event.member
    author = Author(event.user_id, "") if member is None else author_of(member, is_bot=member.bot)
    return Reaction(event.message_id, where, author, emoji_of(event.emoji), action)


def cleared_of(
    client: nextcord.Client,
    event: nextcord.RawReactionClearEvent | nextcord.RawReactionClearEmojiEvent,
    emoji: nextcord.PartialEmoji | None = None,
) -> Reaction:
    """Reactions that a moderator took away: of one kind, or all."""
    where = place_of(client, event.guild_id, event.channel_id)
    return Reaction(event.message_id, where, _NOBODY, "" if emoji is None else emoji_of(emoji), "cleared")


def emoji_of(emoji: nextcord.PartialEmoji) -> str:
    """The character itself, or ``name:id`` of a server's own emoji."""
    return emoji.name if emoji.id is None else f"{emoji.name}:{emoji.id}"


def thread_of(thread: nextcord.Thread, action: Literal["created", "changed", "deleted"]) -> ThreadChange:
    """A thread as it is now."""
    where = where_of(thread.guild.id, thread, thread.id)
    return ThreadChange(
        where, action, _name(thread), archived=thread.archived, locked=thread.locked, tags=_tags(thread)
    )


def differs(before: nextcord.Thread, after: nextcord.Thread) -> bool:
    """Whether what is told of a thread has changed; much else of it changes with every message."""
    first, second = ((_name(one), one.archived, one.locked, one.applied_tag_ids) for one in (before, after))
    return first != second


def _tags(thread: nextcord.Thread) -> tuple[str, ...] | None:
    tags = thread.applied_tags
    return None if tags is None else tuple(one.name for one in tags)


def _name(thread: nextcord.Thread) -> str:
    return str(getattr(thread, "name", ""))
