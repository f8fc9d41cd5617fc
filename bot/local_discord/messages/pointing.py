"""Messages that point at others: replies, and forwards with their copy of what was said.

https://discord.com/developers/docs/resources/message#message-reference-content-attribution
"""

from dataclasses import replace

from bot.local_discord.members.permissions import READ_MESSAGE_HISTORY
from bot.local_discord.messages.drafts import Answered, Carried
from bot.local_discord.messages.uploads import copied
from bot.local_discord.model import (
    CONTEXT_COMMAND,
    DEFAULT,
    REPLY,
    SLASH_COMMAND,
    THREAD_CREATED,
    THREAD_STARTER,
    Channel,
    Forwarded,
    Message,
)
from bot.local_discord.refusals import Refusal, invalid_form
from bot.local_discord.stage import Actor, Stage, may, seen_channel

ORDINARY = frozenset({DEFAULT, REPLY, SLASH_COMMAND, CONTEXT_COMMAND})
"""The types of messages that somebody wrote; the others are Discord's own."""
_UNANSWERABLE = frozenset({THREAD_STARTER, THREAD_CREATED})


def answered_message(stage: Stage, channel: Channel, answered: Answered) -> Message | None:
    """The message that a reply answers; None when it is gone and need not exist.

    Raises:
        Refusal: 50035 for an unknown message, one of another channel, or a system message.
    """
    target = stage.world.message(channel.id, answered.message_id)
    elsewhere = answered.channel_id not in (None, channel.id) or answered.guild_id not in (
        None,
        channel.guild_id,
    )
    if target is None or elsewhere:
        if not answered.must_exist:
            return None
        raise _wrong_reference("REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if target.kind in _UNANSWERABLE:
        raise _wrong_reference("REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "Cannot reply to a system message")
    return target


def forwarded_message(stage: Stage, actor: Actor, carried: Carried) -> Message:
    """The message to forward, which the actor must be able to see and to read.

    Raises:
        Refusal: 10003 and 50001 for its channel, 160009, 160014 for an application that cannot read it,
            50035 for an unknown message, 50068 for one that is no ordinary message.
    """
    channel = seen_channel(stage, actor, carried.channel_id)
    if not may(stage, actor, channel, READ_MESSAGE_HISTORY):
        raise Refusal(403, 160009, "Cannot reference a message without permission to read message history")
    message = stage.world.message(channel.id, carried.message_id)
    if message is None:
        raise _wrong_reference("REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if message.kind not in ORDINARY:
        raise Refusal(400, 50068, "Invalid message type")
    if not _readable(stage, actor, channel, message):
        raise Refusal(403, 160014, "You cannot forward a message whose content you cannot read")
    return message


def _readable(stage: Stage, actor: Actor, channel: Channel, message: Message) -> bool:
    if actor.application_id is None or channel.guild_id is None:
        return True
    own = actor.user_id
    application = stage.world.applications[actor.application_id]
    return "message_content" in application.privileged or message.author_id == own or own in message.mentions


def snapshot_of(stage: Stage, message: Message, channel_id: int) -> Forwarded:
    """A copy of what a message says, files included, for ``channel_id``; of a forward, what that carries."""
    carried = message.forwarded
    if carried is None:
        carried = Forwarded(
            kind=message.kind,
            content=message.content,
            sent_at=message.sent_at,
            edited_at=message.edited_at,
            flags=message.flags,
            mentions=message.mentions,
            mention_roles=message.mention_roles,
            attachments=message.attachments,
            embeds=message.embeds,
            components=message.components,
        )
    return replace(carried, attachments=copied(stage, channel_id, carried.attachments))


def _wrong_reference(code: str, message: str) -> Refusal:
    return invalid_form({"message_reference": {"_errors": [{"code": code, "message": message}]}})
