"""Which channels a session can view, what it gets of the others, and what it is told when that changes.

Until 2026 bots got every channel whole. Since 16 November 2026 they get an outline of those they cannot view:
https://discord.com/developers/docs/change-log "Channel Obfuscation for Users and Bots" and
https://discord.com/developers/docs/resources/channel#channel-object-obfuscated-channels (the id, type, position and
parent stay; the name, the flag and the one overwrite are as said there; other fields are "nulled or reduced").
People are shown here what Discord's own clients show: no trace of such a channel.
"""

from collections.abc import Iterator

from bot.local_discord.events import Event
from bot.local_discord.gateway.session import Session
from bot.local_discord.members.permissions import VIEW_CHANNEL, can_see
from bot.local_discord.model import CATEGORY, Channel, Json
from bot.local_discord.wire.channel import channel_object, thread_member_object
from bot.local_discord.wire.ready import active_threads
from bot.local_discord.wire.view import View
from bot.local_discord.world import World

OBFUSCATED = 1 << 17
HIDDEN_NAME = "___hidden___"
_KEPT = frozenset({"id", "type", "guild_id", "position", "parent_id"})
_REDUCED: Json = {
    "topic": None,
    "last_message_id": None,
    "last_pin_timestamp": None,
    "rate_limit_per_user": 0,
    "nsfw": False,
    "bitrate": 64_000,
    "user_limit": 0,
    "rtc_region": None,
    "video_quality_mode": 1,
    "available_tags": [],
    "default_reaction_emoji": None,
    "default_sort_order": None,
    "default_forum_layout": 0,
    "default_thread_rate_limit_per_user": 0,
}
"""What stands in the other fields, where a channel of its type has them; whatever is not named here is left out."""

CHANGES_SIGHT = frozenset(
    {
        "CHANNEL_CREATE",
        "CHANNEL_UPDATE",
        "CHANNEL_DELETE",
        "GUILD_UPDATE",
        "GUILD_MEMBER_UPDATE",
        "GUILD_ROLE_UPDATE",
        "GUILD_ROLE_DELETE",
    }
)
"""Events after which somebody may see more or fewer channels."""


def outline(data: Json) -> Json:
    """What is told of a channel to who cannot view it."""
    hidden: Json = {
        name: value if name in _KEPT else _REDUCED[name]
        for name, value in data.items()
        if name in _KEPT or name in _REDUCED
    }
    deny = {"id": str(data["guild_id"]), "type": 0, "allow": "0", "deny": str(VIEW_CHANNEL)}
    return {**hidden, "name": HIDDEN_NAME, "flags": OBFUSCATED, "permission_overwrites": [deny]}


def visible_channels(world: World, user_id: int, guild_id: int) -> frozenset[int]:
    """The guild's channels that a user can view; a category where they can view one in it."""
    channels = world.channels_of(guild_id)
    seen = {channel.id for channel in channels if can_see(world, user_id, channel)}
    parents = {channel.parent_id for channel in channels if channel.id in seen}
    return frozenset(seen | {c.id for c in channels if c.kind == CATEGORY and c.id in parents})


def channels_for(view: View, session: Session, guild_id: int, *, obfuscate: bool) -> list[Json]:
    """The channels of GUILD_CREATE."""
    visible = session.visible.get(guild_id, frozenset())
    told: list[Json] = []
    for channel in view.world.channels_of(guild_id):
        if channel.id in visible:
            told.append(channel_object(view, channel))
        elif not session.person:
            whole = channel_object(view, channel)
            told.append(outline(whole) if obfuscate else whole)
    return told


def channel_event(
    session: Session, event: Event, data: Json, before: frozenset[int], *, obfuscate: bool
) -> tuple[str, Json] | None:
    """An event about a guild's channel as a session gets it; None when it does not."""
    channel_id = int(data["id"])
    now_visible = channel_id in session.visible.get(event.guild_id or 0, frozenset())
    if event.name == "CHANNEL_DELETE":
        now_visible = channel_id in before
    if not session.person:
        return event.name, data if now_visible or not obfuscate else outline(data)
    if event.name == "CHANNEL_UPDATE" and now_visible != (channel_id in before):
        return "CHANNEL_CREATE" if now_visible else "CHANNEL_DELETE", data
    return (event.name, data) if now_visible else None


def follow_ups(
    view: View, session: Session, event: Event, before: frozenset[int]
) -> Iterator[tuple[str, Json]]:
    """What a session is told beside an event that let it see more or fewer channels than ``before``.

    A bot gets CHANNEL_UPDATE with all of a channel, then the threads; about channels that it lost it gets nothing but
    the event that took them: https://discord.com/developers/docs/topics/threads#losing-access-to-channels
    """
    guild_id = event.guild_id or 0
    after = session.visible.get(guild_id, frozenset())
    subject = int(event.data["id"]) if event.name.startswith("CHANNEL_") else 0
    gained = sorted(after - before)
    if event.name == "CHANNEL_CREATE":
        gained = [channel_id for channel_id in gained if channel_id != subject]
    for channel_id in gained:
        if channel_id != subject:
            told = "CHANNEL_CREATE" if session.person else "CHANNEL_UPDATE"
            yield told, channel_object(view, view.world.channels[channel_id])
    if gained:
        yield "THREAD_LIST_SYNC", _threads(view, guild_id, gained)
    if session.person:
        for channel_id in sorted(before - after - {subject}):
            channel = view.world.channels.get(channel_id)
            if channel is not None:
                yield "CHANNEL_DELETE", channel_object(view, channel)


def _threads(view: View, guild_id: int, channel_ids: list[int]) -> Json:
    threads = [t for t in active_threads(view.world, guild_id, view.viewer) if t.parent_id in channel_ids]
    return {
        "guild_id": str(guild_id),
        "channel_ids": [str(channel_id) for channel_id in channel_ids],
        "threads": [channel_object(view, thread) for thread in threads],
        "members": [member for thread in threads for member in _own_membership(view, thread)],
    }


def _own_membership(view: View, thread: Channel) -> list[Json]:
    state = thread.thread
    members = state.members if state is not None else ()
    return [thread_member_object(view, thread, who) for who in members if who.user_id == view.viewer]
