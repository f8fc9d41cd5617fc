"""Who hears of an event, and what of it they may read."""

from bot.local_discord.events import Event
from bot.local_discord.gateway.intents import GUILD_MEMBERS, MESSAGE_CONTENT, needed
from bot.local_discord.gateway.session import Session
from bot.local_discord.members.permissions import can_see
from bot.local_discord.model import Json
from bot.local_discord.wire.message import readable_by
from bot.local_discord.world import World

OF_EVERY_CHANNEL = frozenset({"CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"})
"""Bots hear these of all channels of a guild; of those they cannot view only the outline is told."""


def hears(world: World, session: Session, event: Event) -> bool:
    """Whether a session is told of an event: by who it is, its shard, its intents and what it may see."""
    if event.only is not None and session.user_id not in event.only and not _sent_it(session, event):
        return False
    if event.application_id not in (None, session.application_id):
        return False
    if not session.person and not asked_for(session, event):
        return False
    if event.channel is not None and not _of_itself(session, event):
        if event.name in OF_EVERY_CHANNEL and not session.person and event.guild_id is not None:
            return world.member(event.guild_id, session.user_id) is not None
        return can_see(world, session.user_id, event.channel)
    return event.guild_id is None or world.member(event.guild_id, session.user_id) is not None


def asked_for(session: Session, event: Event) -> bool:
    """Whether an application's shard and intents cover an event; what concerns itself it is told anyway.

    https://discord.com/developers/docs/events/gateway#caveats
    """
    guild_id = None if _ephemeral(event) else event.guild_id
    if not session.covers(guild_id):
        return False
    if event.name == "CHANNEL_CREATE" and guild_id is None:
        # "Bots no longer receive Channel Create Gateway Event for DM channels": change log, gateway v8
        return False
    if event.name == "GUILD_MEMBER_UPDATE" and event.data["user"]["id"] == str(session.user_id):
        return True
    intent = needed(event.name, in_guild=guild_id is not None)
    if intent and not session.intents & intent:
        return False
    if event.name != "THREAD_MEMBERS_UPDATE" or session.intents & GUILD_MEMBERS:
        return True
    return _of_itself(session, event)


def _of_itself(session: Session, event: Event) -> bool:
    """Whether somebody is told that they were added to a thread or removed, which hides a private one from them."""
    if event.name != "THREAD_MEMBERS_UPDATE":
        return False
    own = str(session.user_id)
    added = [member["user_id"] for member in event.data.get("added_members", [])]
    return own in added or own in event.data.get("removed_member_ids", [])


def _sent_it(session: Session, event: Event) -> bool:
    """Whether this is the application whose ephemeral message is told; it hears of it beside the member."""
    message = event.message
    return message is not None and message.seen_by is not None and message.author_id == session.user_id


def _ephemeral(event: Event) -> bool:
    """Ephemeral messages go as direct messages do: by that intent, and without the guild.

    https://discord.com/developers/docs/events/gateway-events#messages
    """
    return event.message is not None and event.message.seen_by is not None


def as_heard(session: Session, event: Event) -> Json:
    """An event's data as this session gets it."""
    data = event.data if event.varies is None else {**event.data, **event.varies(session.user_id)}
    if session.person:
        return data
    if _ephemeral(event):
        return {name: value for name, value in data.items() if name not in ("guild_id", "member")}
    blind = not session.intents & MESSAGE_CONTENT
    if blind and event.message is not None and event.guild_id is not None:
        return readable_by(data, session.user_id)
    return data
