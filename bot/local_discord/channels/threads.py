"""Starts threads: from a message, without one, and as posts of a forum.

https://discord.com/developers/docs/topics/threads
"""

from dataclasses import dataclass, replace

from bot.local_discord.channels.channel_fields import ARCHIVE_MINUTES, SIX_HOURS
from bot.local_discord.channels.thread_fields import demand_tags, read_name, read_tags
from bot.local_discord.channels.thread_sleep import demand_room, watch
from bot.local_discord.channels.thread_state import tell_thread
from bot.local_discord.form import Form
from bot.local_discord.members.permissions import CREATE_PRIVATE_THREADS, CREATE_PUBLIC_THREADS, SEND_MESSAGES
from bot.local_discord.messages.drafts import Draft, system_draft
from bot.local_discord.messages.pace import demand_thread_pace
from bot.local_discord.messages.placing import put_changed
from bot.local_discord.messages.posting import Origin, post
from bot.local_discord.model import (
    ANNOUNCEMENT,
    ANNOUNCEMENT_THREAD,
    FORUM,
    HAS_THREAD,
    MEDIA,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    THREAD_CREATED,
    THREAD_STARTER,
    THREAD_TYPES,
    Channel,
    Message,
    Reference,
    ThreadMember,
    ThreadState,
)
from bot.local_discord.refusals import Refusal, wrong_channel_type
from bot.local_discord.stage import Actor, Stage, demand

_OF_PARENT = {
    TEXT: (PUBLIC_THREAD, PRIVATE_THREAD),
    ANNOUNCEMENT: (ANNOUNCEMENT_THREAD,),
    FORUM: (PUBLIC_THREAD,),
    MEDIA: (PUBLIC_THREAD,),
}
"""The kinds of threads that a channel may have."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a body says about a new thread."""

    name: str
    minutes: int | None
    slowmode: int | None
    invitable: bool | None
    tags: list[int] | None


def _read(form: Form, name_field: str = "name") -> _Wanted:
    wanted = _Wanted(
        name=read_name(form, name_field, required=True),
        minutes=form.choice("auto_archive_duration", ARCHIVE_MINUTES),
        slowmode=form.integer("rate_limit_per_user", most=SIX_HOURS),
        invitable=form.boolean("invitable"),
        tags=read_tags(form),
    )
    form.problems.raise_any()
    return wanted


def _open(
    stage: Stage, actor: Actor, parent: Channel, wanted: _Wanted, kind: int, thread_id: int | None
) -> Channel:
    demand_thread_pace(stage, actor, parent)
    tags = demand_tags(stage, actor, parent, wanted.tags or [])
    demand_room(stage, parent.guild_id or 0)
    now = stage.now()
    members = (ThreadMember(actor.user_id, now),) if actor.user_id in stage.world.users else ()
    state = ThreadState(
        owner_id=actor.user_id,
        created_at=now,
        archive_timestamp=now,
        auto_archive_minutes=wanted.minutes or parent.default_auto_archive_minutes,
        invitable=wanted.invitable is not False or kind != PRIVATE_THREAD,
        members=members,
        applied_tags=tags,
    )
    slowmode = parent.default_thread_slowmode if wanted.slowmode is None else wanted.slowmode
    thread = Channel(
        thread_id or stage.ids.take(),
        kind,
        wanted.name,
        guild_id=parent.guild_id,
        parent_id=parent.id,
        slowmode=slowmode,
        thread=state,
    )
    stage.world.put_channel(thread)
    tell_thread(stage, "THREAD_CREATE", thread, newly_created=True)
    watch(stage, thread)
    return thread


def start_from_message(stage: Stage, actor: Actor, parent: Channel, message: Message, form: Form) -> Channel:
    """Start a thread under a message; it has the message's id.

    Raises:
        Refusal: 160004 when it has one, 50024 where there are no threads, 50013, 20016, 160006, 50035.
    """
    if parent.kind not in (TEXT, ANNOUNCEMENT):
        raise wrong_channel_type()
    demand(stage, actor, parent, CREATE_PUBLIC_THREADS)
    if message.kind in (THREAD_CREATED, THREAD_STARTER):
        raise Refusal(400, 50068, "Invalid message type")
    if message.id in stage.world.channels:
        raise Refusal(400, 160004, "A thread has already been created for this message")
    thread = _open(stage, actor, parent, _read(form), _OF_PARENT[parent.kind][0], message.id)
    put_changed(stage, replace(message, flags=message.flags | HAS_THREAD))
    starter = Origin(THREAD_STARTER, reference=Reference(parent.id, message.id, parent.guild_id))
    post(stage, actor, thread, system_draft(), starter)
    return stage.world.channels[thread.id]


def start_without_message(stage: Stage, actor: Actor, parent: Channel, form: Form) -> Channel:
    """Start a thread of its own, a private one unless the body says otherwise.

    Raises:
        Refusal: 50024 where there are no threads or none of this kind, 50013, 20016, 160006, 50035.
    """
    kind = form.choice("type", THREAD_TYPES) or PRIVATE_THREAD
    if parent.kind not in (TEXT, ANNOUNCEMENT) or kind not in _OF_PARENT[parent.kind]:
        raise wrong_channel_type()
    demand(stage, actor, parent, CREATE_PRIVATE_THREADS if kind == PRIVATE_THREAD else CREATE_PUBLIC_THREADS)
    thread = _open(stage, actor, parent, _read(form), kind, None)
    if kind != PRIVATE_THREAD:
        announced = Origin(THREAD_CREATED, reference=Reference(thread.id, None, parent.guild_id))
        post(stage, actor, parent, system_draft(thread.name), announced)
    return stage.world.channels[thread.id]


def start_forum_post(
    stage: Stage,
    actor: Actor,
    forum: Channel,
    form: Form,
    draft: Draft,
    origin: Origin,
    *,
    name_field: str = "name",
) -> tuple[Channel, Message]:
    """Start a thread in a forum with its first message, which has the thread's id.

    Raises:
        Refusal: 50024 outside forums, 50013, 20016, 160006, what :func:`demand_tags` raises, 50035.
    """
    if forum.kind not in (FORUM, MEDIA):
        raise wrong_channel_type()
    if actor.user_id in stage.world.users:
        demand(stage, actor, forum, SEND_MESSAGES)
    thread = _open(stage, actor, forum, _read(form, name_field), PUBLIC_THREAD, None)
    message = post(stage, actor, thread, draft, origin, message_id=thread.id)
    stage.world.put_channel(replace(stage.world.channels[forum.id], last_message_id=thread.id))
    return stage.world.channels[thread.id], message
