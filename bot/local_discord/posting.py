"""Puts messages into channels, changes and removes them, and tells everybody who may see it."""

from dataclasses import dataclass, replace

from bot.local_discord.drafts import SETTABLE, Answered, Draft
from bot.local_discord.events import Event
from bot.local_discord.mentions import find_mentions
from bot.local_discord.model import (
    COMPONENTS_V2,
    DEFAULT,
    LOADING,
    REPLY,
    THREAD_CREATED,
    THREAD_STARTER,
    THREAD_TYPES,
    Cause,
    Channel,
    Json,
    Message,
    Reference,
    WebhookFace,
)
from bot.local_discord.refusals import Refusal, empty_message, invalid_form
from bot.local_discord.stage import Actor, Stage
from bot.local_discord.thread_state import join, wake
from bot.local_discord.uploads import store_files
from bot.local_discord.wire.message import dispatched_message, reaction_object

_UNCOUNTED = frozenset({THREAD_STARTER, THREAD_CREATED})


@dataclass(frozen=True, slots=True)
class Origin:
    """How a message came about, beyond its author and text."""

    kind: int = DEFAULT
    face: WebhookFace | None = None
    application_id: int | None = None
    cause: Cause | None = None
    seen_by: int | None = None
    reference: Reference | None = None
    flags: int = 0


PLAIN = Origin()


def answered_message(stage: Stage, channel: Channel, answered: Answered) -> Message | None:
    """The message that a reply answers; None when it is gone and need not exist.

    Raises:
        Refusal: 50035 for an unknown message, one of another channel, or a system message.
    """
    target = stage.world.message(channel.id, answered.message_id)
    if target is None or answered.channel_id not in (None, channel.id):
        if not answered.must_exist:
            return None
        raise _wrong_reference("REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if target.kind in _UNCOUNTED:
        raise _wrong_reference("REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "Cannot reply to a system message")
    return target


def _wrong_reference(code: str, message: str) -> Refusal:
    return invalid_form({"message_reference": {"_errors": [{"code": code, "message": message}]}})


def post(
    stage: Stage,
    author: Actor,
    channel: Channel,
    draft: Draft,
    origin: Origin = PLAIN,
    *,
    message_id: int | None = None,
) -> Message:
    """Put a message into a channel; who may do so has been asked before.

    In a thread it wakes the thread, counts, and makes its author a member. ``message_id`` is given only for the
    first message of a forum post, which has its thread's id.
    """
    answered = None if draft.answered is None else answered_message(stage, channel, draft.answered)
    reference = origin.reference
    kind = origin.kind
    if answered is not None:
        kind, reference = REPLY, Reference(channel.id, answered.id, channel.guild_id)
    now = stage.now()
    if channel.thread is not None and origin.kind not in _UNCOUNTED:
        channel = wake(stage, channel, now)
    mentions = find_mentions(stage, author, channel, draft.content or "", draft.allowed, answered)
    message = Message(
        id=message_id or stage.ids.take(),
        channel_id=channel.id,
        author_id=author.user_id,
        sent_at=now,
        content=draft.content or "",
        kind=kind,
        flags=(draft.flags or 0) | origin.flags,
        tts=draft.tts,
        mention_everyone=mentions.everyone,
        mentions=mentions.users,
        mention_roles=mentions.roles,
        attachments=store_files(stage, channel.id, draft.files),
        embeds=draft.embeds or (),
        components=draft.components or (),
        nonce=draft.nonce,
        face=origin.face,
        application_id=origin.application_id,
        reference=reference,
        cause=origin.cause,
        position=channel.thread.total_message_sent if channel.thread else None,
        seen_by=origin.seen_by,
    )
    stage.world.put_message(message)
    if message.seen_by is None:
        _note_in_channel(stage, channel, message)
    tell_message(stage, "MESSAGE_CREATE", message)
    return message


def _note_in_channel(stage: Stage, channel: Channel, message: Message) -> None:
    channel = replace(channel, last_message_id=message.id)
    state = channel.thread
    if state is not None and message.kind not in _UNCOUNTED:
        counted = replace(
            state, message_count=state.message_count + 1, total_message_sent=state.total_message_sent + 1
        )
        channel = replace(channel, thread=counted)
    stage.world.put_channel(channel)
    if channel.kind in THREAD_TYPES and message.kind not in _UNCOUNTED:
        newcomers = [message.author_id, *message.mentions]
        for user_id in newcomers:
            if stage.world.member(channel.guild_id or 0, user_id) is not None:
                channel = join(stage, channel, user_id)


def tell_message(stage: Stage, name: str, message: Message) -> None:
    """Send a message's event to all who may see it, an ephemeral one's only to the member it is for."""
    channel = stage.world.channels[message.channel_id]
    data = dispatched_message(stage.view(), message, with_nonce=name == "MESSAGE_CREATE")

    def reactions(viewer: int) -> Json:
        seen = stage.view(viewer)
        return {"reactions": [reaction_object(seen, reaction) for reaction in message.reactions]}

    stage.emit(
        Event(
            name,
            data,
            guild_id=channel.guild_id,
            channel=channel,
            only=None if message.seen_by is None else frozenset({message.seen_by}),
            message=message,
            varies=reactions if message.reactions else None,
        )
    )
    stage.changed()


def edit(stage: Stage, author: Actor, message: Message, draft: Draft, *, finish: bool = False) -> Message:
    """Change a message's text, embeds, components, files or flags; what the draft leaves out stays.

    ``finish`` says that this gives a deferred answer's placeholder its text: then it is no edit.

    Raises:
        Refusal: 50006 when nothing would be left.
    """
    channel = stage.world.channels[message.channel_id]
    kept = message.attachments
    if draft.files.kept is not None:
        kept = tuple(each for each in kept if each.id in draft.files.kept)
    content = message.content if draft.content is None else draft.content
    embeds = message.embeds if draft.embeds is None else draft.embeds
    components = message.components if draft.components is None else draft.components
    if not (content or embeds or components or kept or draft.files.new):
        raise empty_message()
    flags = message.flags
    if draft.flags is not None:
        settable = SETTABLE & ~COMPONENTS_V2
        flags = (flags & ~settable) | (draft.flags & settable) | (draft.flags & COMPONENTS_V2)
    mentions = find_mentions(stage, author, channel, content, draft.allowed, None)
    message = replace(
        message,
        content=content,
        embeds=embeds,
        components=components,
        attachments=(*kept, *store_files(stage, channel.id, draft.files)),
        flags=flags & ~LOADING,
        edited_at=message.edited_at if finish else stage.now(),
        mentions=mentions.users,
        mention_roles=mentions.roles,
        mention_everyone=mentions.everyone,
    )
    return put_changed(stage, message)


def put_changed(stage: Stage, message: Message) -> Message:
    """Store a changed message and tell everybody."""
    stage.world.put_message(message)
    tell_message(stage, "MESSAGE_UPDATE", message)
    return message


def delete(stage: Stage, message: Message) -> None:
    """Remove a message and tell everybody who saw it."""
    channel = stage.world.channels[message.channel_id]
    stage.world.drop_message(message)
    if channel.thread is not None and message.seen_by is None and message.kind not in _UNCOUNTED:
        state = replace(channel.thread, message_count=max(0, channel.thread.message_count - 1))
        stage.world.put_channel(replace(channel, thread=state))
    stage.emit(
        Event(
            "MESSAGE_DELETE",
            _place(message, channel),
            guild_id=channel.guild_id,
            channel=channel,
            only=None if message.seen_by is None else frozenset({message.seen_by}),
        )
    )
    stage.changed()


def _place(message: Message, channel: Channel) -> Json:
    place: Json = {"id": str(message.id), "channel_id": str(channel.id)}
    if channel.guild_id is not None:
        place["guild_id"] = str(channel.guild_id)
    return place
