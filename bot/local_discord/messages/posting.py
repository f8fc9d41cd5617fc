"""Puts messages into channels, changes and removes them, and tells everybody who may see it."""

from dataclasses import dataclass, replace

from bot.local_discord.channels.thread_sleep import wake, watch
from bot.local_discord.channels.thread_state import join
from bot.local_discord.events import Event
from bot.local_discord.members.permissions import MANAGE_THREADS, VIEW_CHANNEL, in_channel
from bot.local_discord.messages.drafts import SETTABLE, Draft
from bot.local_discord.messages.mentions import ANYBODY, ONLY_USERS, Mentions, find_mentions, said
from bot.local_discord.messages.pointing import ORDINARY, answered_message, forwarded_message, snapshot_of
from bot.local_discord.messages.uploads import drop_files, store_files
from bot.local_discord.model import (
    COMPONENTS_V2,
    DEFAULT,
    HAS_SNAPSHOT,
    LOADING,
    REPLY,
    SUPPRESS_NOTIFICATIONS,
    THREAD_CREATED,
    THREAD_STARTER,
    THREAD_TYPES,
    Cause,
    Channel,
    Forwarded,
    Json,
    Message,
    Reference,
    WebhookFace,
)
from bot.local_discord.refusals import empty_message, invalid_form
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Actor, Stage
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
    if channel.thread is not None and origin.kind not in _UNCOUNTED:
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
        nonce=draft.nonce,
        face=origin.face,
        application_id=origin.application_id,
        reference=reference,
        forwarded=forwarded,
        cause=origin.cause,
        position=channel.thread.total_message_sent if channel.thread else None,
        seen_by=origin.seen_by,
    )
    stage.world.put_message(message)
    if message.seen_by is None:
        _note_in_channel(stage, channel, message)
    tell_message(stage, "MESSAGE_CREATE", message)
    return message


def counts(channel: Channel, message: Message) -> bool:
    """Whether a message is among those that its thread counts; what a thread starts with is not."""
    return message.kind not in _UNCOUNTED and message.id != channel.id and message.seen_by is None


def _note_in_channel(stage: Stage, channel: Channel, message: Message) -> None:
    channel = replace(channel, last_message_id=message.id)
    state = channel.thread
    if state is not None and counts(channel, message):
        counted = replace(
            state, message_count=state.message_count + 1, total_message_sent=state.total_message_sent + 1
        )
        channel = replace(channel, thread=counted)
    stage.world.put_channel(channel)
    if channel.kind in THREAD_TYPES and message.kind not in _UNCOUNTED:
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
        Refusal: 50006 when nothing would be left, 50035 for files that it does not have and for text beside
            layout components; nothing has changed then.
    """
    channel = stage.world.channels[message.channel_id]
    draft.files.demand_known([each.id for each in message.attachments])
    kept = draft.files.kept_of(message.attachments)
    content = message.content if draft.content is None else draft.content
    embeds = message.embeds if draft.embeds is None else draft.embeds
    components = message.components if draft.components is None else draft.components
    if not (content or embeds or components or kept or draft.files.new or message.forwarded):
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
        attachments=(*kept, *store_files(stage, channel.id, draft.files)),
        flags=flags & ~LOADING,
        edited_at=message.edited_at if finish else stage.now(),
        mentions=mentions.users,
        mention_roles=mentions.roles,
        mention_everyone=mentions.everyone,
    )
    return put_changed(stage, message)


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


def put_changed(stage: Stage, message: Message) -> Message:
    """Store a changed message and tell everybody."""
    stage.world.put_message(message)
    tell_message(stage, "MESSAGE_UPDATE", message)
    return message


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
