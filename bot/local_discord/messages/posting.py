"""Puts messages into channels, changes and removes them, and tells everybody who may see it."""

from dataclasses import dataclass, replace

from bot.local_discord.channels.thread_sleep import wake
from bot.local_discord.events import Event
from bot.local_discord.messages.drafts import SETTABLE, Draft
from bot.local_discord.messages.mentions import ANYBODY, ONLY_USERS, Mentions, find_mentions, said
from bot.local_discord.messages.placing import UNCOUNTED, counts, put_changed, put_new
from bot.local_discord.messages.pointing import answered_message, forwarded_message, snapshot_of
from bot.local_discord.messages.polling import opened_poll, watch_poll
from bot.local_discord.messages.uploads import drop_files, store_files
from bot.local_discord.model import (
    COMPONENTS_V2,
    DEFAULT,
    HAS_SNAPSHOT,
    LOADING,
    REPLY,
    SUPPRESS_NOTIFICATIONS,
    Cause,
    Channel,
    Forwarded,
    Json,
    Message,
    Reference,
    WebhookFace,
)
from bot.local_discord.refusals import Refusal, empty_message, invalid_form
from bot.local_discord.stage import Actor, Stage


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
    mentions: tuple[int, ...] = ()


PLAIN = Origin()


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

    Raises:
        Refusal: what :func:`answered_message` and :func:`forwarded_message` raise; nothing has changed then.
    """
    answered = None if draft.answered is None else answered_message(stage, channel, draft.answered)
    source = None if draft.carried is None else forwarded_message(stage, author, draft.carried)
    kind, reference, flags = origin.kind, origin.reference, (draft.flags or 0) | origin.flags
    if answered is not None:
        kind, reference = REPLY, Reference(channel.id, answered.id, channel.guild_id)
    forwarded: Forwarded | None = None
    if source is not None:
        place = stage.world.channels[source.channel_id]
        reference = Reference(place.id, source.id, place.guild_id, forward=True)
        forwarded, flags = snapshot_of(stage, source, channel.id), flags | HAS_SNAPSHOT
    now = stage.now()
    if channel.thread is not None and origin.kind not in UNCOUNTED:
        channel = wake(stage, channel, now)
    content, components = draft.content or "", draft.components or ()
    default = ONLY_USERS if origin.face is not None or origin.cause is not None else ANYBODY
    mentions = find_mentions(
        stage, author, channel, said(content, components), draft.allowed or default, answered
    )
    message = Message(
        id=message_id or stage.ids.take(),
        channel_id=channel.id,
        author_id=author.user_id,
        sent_at=now,
        content=content,
        kind=kind,
        flags=flags,
        tts=draft.tts,
        mention_everyone=mentions.everyone,
        mentions=origin.mentions or mentions.users,
        mention_roles=mentions.roles,
        attachments=store_files(stage, channel.id, draft.files),
        embeds=draft.embeds or (),
        components=components,
        poll=None if draft.poll is None else opened_poll(draft.poll, now),
        nonce=draft.nonce,
        face=origin.face,
        application_id=origin.application_id,
        reference=reference,
        forwarded=forwarded,
        cause=origin.cause,
        position=channel.thread.total_message_sent if channel.thread else None,
        seen_by=origin.seen_by,
    )
    put_new(stage, channel, message)
    watch_poll(stage, message)
    return message


def edit(stage: Stage, author: Actor, message: Message, draft: Draft, *, finish: bool = False) -> Message:
    """Change a message's text, embeds, components, files or flags; what the draft leaves out stays.

    ``finish`` says that this gives a deferred answer's placeholder its text: then it is no edit.

    Raises:
        Refusal: 520003 for a poll, 50006 when nothing would be left, 50035 for files that it does not have and for text beside
            layout components; nothing has changed then.
    """
    if message.poll is not None:
        raise Refusal(400, 520003, "Cannot edit a poll message")
    channel = stage.world.channels[message.channel_id]
    poll = None if draft.poll is None or not finish else opened_poll(draft.poll, stage.now())
    draft.files.demand_known([each.id for each in message.attachments])
    kept = draft.files.kept_of(message.attachments)
    content = message.content if draft.content is None else draft.content
    embeds = message.embeds if draft.embeds is None else draft.embeds
    components = message.components if draft.components is None else draft.components
    if not (content or embeds or components or kept or draft.files.new or message.forwarded or poll):
        raise empty_message()
    flags = _edited_flags(message, draft)
    if flags & COMPONENTS_V2 and (content or embeds):
        raise _beside_layout(content=bool(content), embeds=bool(embeds))
    mentions = _edited_mentions(stage, author, channel, message, draft)
    drop_files(stage, message, kept if message.forwarded is None else (*kept, *message.forwarded.attachments))
    message = replace(
        message,
        content=content,
        embeds=embeds,
        components=components,
        poll=poll,
        attachments=(*kept, *store_files(stage, channel.id, draft.files)),
        flags=flags & ~LOADING,
        edited_at=message.edited_at if finish else stage.now(),
        mentions=mentions.users,
        mention_roles=mentions.roles,
        mention_everyone=mentions.everyone,
    )
    put_changed(stage, message)
    watch_poll(stage, message)
    return message


def _edited_flags(message: Message, draft: Draft) -> int:
    """Embeds may be hidden and shown again, layout components only be switched on."""
    if draft.flags is None:
        return message.flags
    settable = SETTABLE & ~COMPONENTS_V2 & ~SUPPRESS_NOTIFICATIONS
    return (message.flags & ~settable) | (draft.flags & (settable | COMPONENTS_V2))


def _beside_layout(**legacy: bool) -> Exception:
    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    errors: Json = {}
    for name, used in legacy.items():
        if used:
            message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            errors[name] = {"_errors": [{"code": code, "message": message}]}
    return invalid_form(errors)


def _edited_mentions(
    stage: Stage, author: Actor, channel: Channel, message: Message, draft: Draft
) -> Mentions:
    """Whom an edited message mentions: found anew when what it says is edited, else as before."""
    layout = bool(message.flags & COMPONENTS_V2) or bool((draft.flags or 0) & COMPONENTS_V2)
    if draft.content is None and not (layout and draft.components is not None):
        return Mentions(message.mentions, message.mention_roles, message.mention_everyone)
    answered = None
    if message.kind == REPLY and message.reference is not None:
        answered = stage.world.message(channel.id, message.reference.message_id or 0)
    default = ONLY_USERS if message.face is not None or message.cause is not None else ANYBODY
    components = message.components if draft.components is None else draft.components
    text = said(draft.content or "", components)
    return find_mentions(stage, author, channel, text, draft.allowed or default, answered)


def forget(stage: Stage, channel: Channel, messages: list[Message]) -> None:
    """Remove messages of a channel with their files, and count those that are left; tells nobody."""
    for message in messages:
        stage.world.drop_message(message)
        drop_files(stage, message)
    gone = sum(counts(channel, message) for message in messages)
    if channel.thread is not None and gone:
        state = replace(channel.thread, message_count=max(0, channel.thread.message_count - gone))
        stage.world.put_channel(replace(channel, thread=state))


def delete(stage: Stage, message: Message) -> None:
    """Remove a message and tell everybody who saw it."""
    channel = stage.world.channels[message.channel_id]
    forget(stage, channel, [message])
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


def delete_together(stage: Stage, channel: Channel, messages: list[Message]) -> None:
    """Remove several messages of a channel with one event."""
    forget(stage, channel, messages)
    data: Json = {"ids": [str(message.id) for message in messages], "channel_id": str(channel.id)}
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
    stage.emit(Event("MESSAGE_DELETE_BULK", data, guild_id=channel.guild_id, channel=channel))
    stage.changed()


def _place(message: Message, channel: Channel) -> Json:
    place: Json = {"id": str(message.id), "channel_id": str(channel.id)}
    if channel.guild_id is not None:
        place["guild_id"] = str(channel.guild_id)
    return place
