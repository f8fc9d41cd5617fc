"""Who may write what where, beyond being able to see the channel."""

from bot.local_discord.channels.thread_state import demand_unlocked
from bot.local_discord.members.permissions import (
    ATTACH_FILES,
    EMBED_LINKS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    SEND_POLLS,
    SEND_TTS_MESSAGES,
    USE_EXTERNAL_EMOJIS,
)
from bot.local_discord.messages.drafts import Draft
from bot.local_discord.messages.pace import demand_message_pace
from bot.local_discord.messages.poll_drafts import NewPoll
from bot.local_discord.model import DM, FORUM, MEDIA, MESSAGE_CHANNEL_TYPES, Channel
from bot.local_discord.refusals import Refusal
from bot.local_discord.stage import Actor, Stage, demand, may


def demand_may_send(stage: Stage, actor: Actor, channel: Channel, draft: Draft) -> None:
    """Raise what Discord answers to somebody who may not post this here, slowmode included."""
    if channel.kind in (FORUM, MEDIA):
        raise Refusal(400, 40058, "Cannot send messages in a forum channel")
    if channel.kind not in MESSAGE_CHANNEL_TYPES:
        raise Refusal(400, 50008, "Cannot send messages in a non-text channel")
    if channel.kind == DM:
        _demand_reachable(stage, actor, channel)
    demand(stage, actor, channel, SEND_MESSAGES if channel.thread is None else SEND_MESSAGES_IN_THREADS)
    demand_unlocked(stage, actor, channel)
    demand_parts(stage, actor, channel, draft)
    if draft.answered is not None and not may(stage, actor, channel, READ_MESSAGE_HISTORY):
        raise Refusal(403, 160002, "Cannot reply without permission to read message history")
    demand_message_pace(stage, actor, channel)


def demand_parts(stage: Stage, actor: Actor, channel: Channel, draft: Draft) -> None:
    """Raise 50013 for files, embeds, speech or a poll that the actor may not post in the channel, 520004 for its emojis."""
    if draft.files.new:
        demand(stage, actor, channel, ATTACH_FILES)
    if draft.embeds:
        demand(stage, actor, channel, EMBED_LINKS)
    if draft.tts:
        demand(stage, actor, channel, SEND_TTS_MESSAGES)
    if draft.poll is not None:
        demand(stage, actor, channel, SEND_POLLS)
        _demand_emojis(stage, actor, channel, draft.poll)


def _demand_emojis(stage: Stage, actor: Actor, channel: Channel, poll: NewPoll) -> None:
    for answer in poll.answers:
        if answer.emoji_id is None:
            continue
        emoji = stage.world.emojis.get(answer.emoji_id)
        known = emoji is not None and stage.world.member(emoji.guild_id, actor.user_id) is not None
        home = emoji is not None and emoji.guild_id == channel.guild_id
        if not known or not (home or may(stage, actor, channel, USE_EXTERNAL_EMOJIS)):
            raise Refusal(400, 520004, "Cannot use an emoji included with the poll")


def _demand_reachable(stage: Stage, actor: Actor, channel: Channel) -> None:
    """Raise 50007 for a bot that writes to another bot, or to somebody with whom it shares no guild."""
    if actor.application_id is None:
        return
    world = stage.world
    for user_id in channel.recipients:
        if user_id == actor.user_id:
            continue
        shared = any(world.member(guild.id, user_id) for guild in world.guilds_of(actor.user_id))
        if world.users[user_id].bot or not shared:
            raise Refusal(403, 50007, "Cannot send messages to this user")
