"""Puts reactions under messages, takes them away, and tells everybody who may see it."""

from dataclasses import replace

from bot.local_discord.events import Event
from bot.local_discord.model import Channel, Json, Message, Reaction
from bot.local_discord.stage import Stage
from bot.local_discord.wire.guild import member_object
from bot.local_discord.wire.message import reaction_emoji_object

_VARIATION = "\ufe0f"


def same_emoji(left: Reaction, right: Reaction) -> bool:
    """Whether two emojis are one; the variation selector, which clients send or leave out, does not count."""
    if left.emoji_id is not None or right.emoji_id is not None:
        return left.emoji_id == right.emoji_id
    return left.name.replace(_VARIATION, "") == right.name.replace(_VARIATION, "")


def reaction_to(message: Message, emoji: Reaction) -> Reaction:
    """The message's reaction with this emoji; the emoji itself, which nobody chose, where there is none."""
    return next((each for each in message.reactions if same_emoji(each, emoji)), emoji)


def add_reaction(stage: Stage, channel: Channel, message: Message, reaction: Reaction, user_id: int) -> None:
    """Let a user choose a reaction, who has not yet; whether they may has been asked before."""
    chosen = replace(reaction, users=(*reaction.users, user_id))
    store_reaction(stage, message, chosen)
    _tell(stage, "MESSAGE_REACTION_ADD", channel, message, chosen, user_id)


def take_reaction(stage: Stage, channel: Channel, message: Message, reaction: Reaction, user_id: int) -> None:
    """Take a user's reaction away."""
    store_reaction(stage, message, replace(reaction, users=tuple(u for u in reaction.users if u != user_id)))
    _tell(stage, "MESSAGE_REACTION_REMOVE", channel, message, reaction, user_id)


def store_reaction(stage: Stage, message: Message, changed: Reaction) -> None:
    """Put a changed reaction in its place, at the end when it is new, away when nobody is left."""
    kept = [changed if same_emoji(r, changed) else r for r in message.reactions]
    if not any(same_emoji(r, changed) for r in message.reactions):
        kept.append(changed)
    stage.world.put_message(replace(message, reactions=tuple(r for r in kept if r.users)))


def message_place(channel: Channel, message: Message) -> Json:
    """Where a message is, as events about its reactions name it."""
    place: Json = {"channel_id": str(channel.id), "message_id": str(message.id)}
    if channel.guild_id is not None:
        place["guild_id"] = str(channel.guild_id)
    return place


def _tell(
    stage: Stage, name: str, channel: Channel, message: Message, reaction: Reaction, user_id: int
) -> None:
    data: Json = {
        **message_place(channel, message),
        "user_id": str(user_id),
        "emoji": reaction_emoji_object(reaction),
        "burst": False,
        "type": 0,
    }
    if name == "MESSAGE_REACTION_ADD":
        data["message_author_id"] = str(message.author_id)
        member = stage.world.member(channel.guild_id or 0, user_id)
        if member is not None:
            data["member"] = member_object(stage.view(), member)
    stage.emit(Event(name, data, guild_id=channel.guild_id, channel=channel))
    stage.changed()
