"""Puts a message that has been made into its channel, or a changed one in its place, and tells everybody who may see it."""

from dataclasses import replace

from bot.local_discord.channels.thread_sleep import watch
from bot.local_discord.channels.thread_state import join
from bot.local_discord.events import Event
from bot.local_discord.members.permissions import MANAGE_THREADS, VIEW_CHANNEL, in_channel
from bot.local_discord.messages.pointing import ORDINARY
from bot.local_discord.model import THREAD_CREATED, THREAD_STARTER, THREAD_TYPES, Channel, Message
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage
from bot.local_discord.wire.message import dispatched_message, viewed_fields

UNCOUNTED = frozenset({THREAD_STARTER, THREAD_CREATED})


def put_new(stage: Stage, channel: Channel, message: Message) -> Message:
    """Put a new message into its channel; in a thread it counts, and makes its author a member."""
    stage.world.put_message(message)
    if message.seen_by is None:
        _note_in_channel(stage, channel, message)
    tell_message(stage, "MESSAGE_CREATE", message)
    return message


def counts(channel: Channel, message: Message) -> bool:
    """Whether a message is among those that its thread counts; what a thread starts with is not."""
    return message.kind not in UNCOUNTED and message.id != channel.id and message.seen_by is None


def _note_in_channel(stage: Stage, channel: Channel, message: Message) -> None:
    channel = replace(channel, last_message_id=message.id)
    state = channel.thread
    if state is not None and counts(channel, message):
        counted = replace(
            state, message_count=state.message_count + 1, total_message_sent=state.total_message_sent + 1
        )
        channel = replace(channel, thread=counted)
    stage.world.put_channel(channel)
    if channel.kind in THREAD_TYPES and message.kind not in UNCOUNTED:
        _bring_in(stage, channel, message)
        watch(stage, channel)


def _bring_in(stage: Stage, thread: Channel, message: Message) -> None:
    """Who writes in a thread or is mentioned in it takes part, while there is room and they see its channel.

    Into a private thread that is closed to invitations only who looks after threads brings somebody in.
    """
    parent = stage.world.channels[thread.parent_id or 0]
    manages = in_channel(stage.world, message.author_id, thread) & MANAGE_THREADS
    closed = thread.thread is not None and not thread.thread.invitable and not manages
    invited = () if closed or message.kind not in ORDINARY else message.mentions
    for user_id in (message.author_id, *invited):
        full = thread.thread is not None and len(thread.thread.members) >= LIMITS.thread_members
        if not full and in_channel(stage.world, user_id, parent) & VIEW_CHANNEL:
            thread = join(stage, thread, user_id)


def put_changed(stage: Stage, message: Message) -> Message:
    """Store a changed message and tell everybody."""
    stage.world.put_message(message)
    tell_message(stage, "MESSAGE_UPDATE", message)
    return message


def tell_message(stage: Stage, name: str, message: Message) -> None:
    """Send a message's event to all who may see it, an ephemeral one's only to the member it is for."""
    channel = stage.world.channels[message.channel_id]
    data = dispatched_message(stage.view(), message, with_nonce=name == "MESSAGE_CREATE")
    varied = bool(message.reactions) or message.poll is not None
    stage.emit(
        Event(
            name,
            data,
            guild_id=channel.guild_id,
            channel=channel,
            only=None if message.seen_by is None else frozenset({message.seen_by}),
            message=message,
            varies=(lambda viewer: viewed_fields(stage.view(viewer), message)) if varied else None,
        )
    )
    stage.changed()
