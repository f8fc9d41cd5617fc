"""What people do under a load: write, react, type. Nobody does what they are not allowed to do."""

from collections.abc import Callable

from bot.local_discord.members.permissions import (
    ADD_REACTIONS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
)
from bot.local_discord.messages.drafts import Draft
from bot.local_discord.messages.mentions import Allowed
from bot.local_discord.messages.posting import post
from bot.local_discord.messages.reacting import add_reaction, reaction_to, take_reaction
from bot.local_discord.messages.sending import demand_may_send
from bot.local_discord.messages.typing_start import tell_typing
from bot.local_discord.messages.uploads import Files
from bot.local_discord.model import MESSAGE_CHANNEL_TYPES, Channel, Message, Reaction
from bot.local_discord.refusals import Refusal
from bot.local_discord.stage import Actor, Stage, may

EMOJIS = ("👍", "🎉", "👀", "🚀", "💡")

type Deed = Callable[[Stage, Channel, int, int], bool]
"""Lets a user do the event with this number, from 0, in a channel; False where that cannot be."""


def _say(stage: Stage, channel: Channel, user_id: int, number: int) -> bool:
    actor = Actor(user_id)
    text = f"Message {number + 1}"
    draft = Draft(content=text, embeds=None, components=None, files=Files(), allowed=Allowed())
    try:
        demand_may_send(stage, actor, channel, draft)
    except Refusal:
        return False
    post(stage, actor, channel, draft)
    return True


def _react(stage: Stage, channel: Channel, user_id: int, number: int) -> bool:
    """Choose an emoji under the channel's newest message, or take it back where it was chosen before."""
    message = _newest(stage, channel)
    needed = ADD_REACTIONS | READ_MESSAGE_HISTORY
    archived = channel.thread is not None and channel.thread.archived
    if message is None or archived or not may(stage, Actor(user_id), channel, needed):
        return False
    reaction = reaction_to(message, Reaction(EMOJIS[number % len(EMOJIS)], ()))
    change = take_reaction if user_id in reaction.users else add_reaction
    change(stage, channel, message, reaction, user_id)
    return True


def _newest(stage: Stage, channel: Channel) -> Message | None:
    found = stage.world.message(channel.id, channel.last_message_id or 0)
    return found or next(iter(stage.world.page(channel.id, limit=1)), None)


def _type(stage: Stage, channel: Channel, user_id: int, _number: int) -> bool:
    needed = SEND_MESSAGES if channel.thread is None else SEND_MESSAGES_IN_THREADS
    if channel.kind not in MESSAGE_CHANNEL_TYPES or not may(stage, Actor(user_id), channel, needed):
        return False
    tell_typing(stage, channel, user_id)
    return True


DEEDS: dict[str, Deed] = {"messages": _say, "reactions": _react, "typing": _type}


def usual_channels(stage: Stage, kind: str) -> list[int]:
    """Where a kind of event may happen unless it is said where: in the guilds' channels, threads left out."""
    return [
        channel.id
        for channel in stage.world.channels.values()
        if channel.guild_id is not None
        and channel.thread is None
        and channel.kind in MESSAGE_CHANNEL_TYPES
        and (kind != "reactions" or channel.last_message_id is not None)
    ]
