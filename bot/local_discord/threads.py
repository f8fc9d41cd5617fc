"""Starts threads: from a message, without one, and as posts of a forum.

https://discord.com/developers/docs/topics/threads
"""

from dataclasses import replace

from bot.local_discord.channel_changes import ARCHIVE_MINUTES, SIX_HOURS
from bot.local_discord.drafts import Draft
from bot.local_discord.form import Form
from bot.local_discord.mentions import Allowed
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
from bot.local_discord.permissions import CREATE_PRIVATE_THREADS, CREATE_PUBLIC_THREADS, SEND_MESSAGES
from bot.local_discord.posting import Origin, post, put_changed
from bot.local_discord.refusals import Refusal
from bot.local_discord.stage import Actor, Stage, demand
from bot.local_discord.thread_state import tell_thread
from bot.local_discord.uploads import Files

NOT_HERE = (50024, "Cannot execute action on this channel type")


def _system(content: str) -> Draft:
    return Draft(content, None, None, Files(), Allowed(frozenset(), replied_user=False))


def _open(
    stage: Stage, actor: Actor, parent: Channel, form: Form, kind: int, thread_id: int | None
) -> Channel:
    name = form.text("name", least=1, most=100, required=True) or ""
    minutes = form.choice("auto_archive_duration", ARCHIVE_MINUTES) or parent.default_auto_archive_minutes
    slowmode = form.integer("rate_limit_per_user", most=SIX_HOURS, default=0) or 0
    tags = form.snowflakes("applied_tags", most=5) or []
    invitable = form.boolean("invitable")
    form.problems.raise_any()
    now = stage.now()
    members = (ThreadMember(actor.user_id, now),) if actor.user_id in stage.world.users else ()
    state = ThreadState(
        owner_id=actor.user_id,
        created_at=now,
        archive_timestamp=now,
        auto_archive_minutes=minutes,
        invitable=invitable is not False,
        members=members,
        applied_tags=tuple(tags),
    )
    thread = Channel(
        thread_id or stage.ids.take(),
        kind,
        name,
        guild_id=parent.guild_id,
        parent_id=parent.id,
        slowmode=slowmode,
        thread=state,
    )
    stage.world.put_channel(thread)
    tell_thread(stage, "THREAD_CREATE", thread, newly_created=True)
    return thread


def start_from_message(stage: Stage, actor: Actor, parent: Channel, message: Message, form: Form) -> Channel:
    """Start a thread under a message; it has the message's id.

    Raises:
        Refusal: 160004 when it has one, 50024 where there are no threads, 50013, 50035.
    """
    if parent.kind not in (TEXT, ANNOUNCEMENT):
        raise Refusal(400, *NOT_HERE)
    demand(stage, actor, parent, CREATE_PUBLIC_THREADS)
    if message.kind in (THREAD_CREATED, THREAD_STARTER):
        raise Refusal(400, 50068, "Invalid message type")
    if message.id in stage.world.channels:
        raise Refusal(400, 160004, "A thread has already been created for this message")
    kind = PUBLIC_THREAD if parent.kind == TEXT else ANNOUNCEMENT_THREAD
    thread = _open(stage, actor, parent, form, kind, message.id)
    put_changed(stage, replace(message, flags=message.flags | HAS_THREAD))
    starter = Origin(THREAD_STARTER, reference=Reference(parent.id, message.id, parent.guild_id))
    post(stage, actor, thread, _system(""), starter)
    return stage.world.channels[thread.id]


def start_without_message(stage: Stage, actor: Actor, parent: Channel, form: Form) -> Channel:
    """Start a thread of its own, a private one unless the body says otherwise.

    Raises:
        Refusal: 50024 where there are no threads, 50013, 50035.
    """
    if parent.kind not in (TEXT, ANNOUNCEMENT):
        raise Refusal(400, *NOT_HERE)
    kind = form.choice("type", THREAD_TYPES) or PRIVATE_THREAD
    demand(stage, actor, parent, CREATE_PRIVATE_THREADS if kind == PRIVATE_THREAD else CREATE_PUBLIC_THREADS)
    thread = _open(stage, actor, parent, form, kind, None)
    if kind != PRIVATE_THREAD:
        announced = Origin(THREAD_CREATED, reference=Reference(thread.id, None, parent.guild_id))
        post(stage, actor, parent, _system(thread.name), announced)
    return stage.world.channels[thread.id]


def start_forum_post(
    stage: Stage, actor: Actor, forum: Channel, form: Form, draft: Draft, origin: Origin
) -> tuple[Channel, Message]:
    """Start a thread in a forum with its first message, which has the thread's id.

    Raises:
        Refusal: 50024 outside forums, 50013, 50035.
    """
    if forum.kind not in (FORUM, MEDIA):
        raise Refusal(400, *NOT_HERE)
    if actor.user_id in stage.world.users:
        demand(stage, actor, forum, SEND_MESSAGES)
    thread = _open(stage, actor, forum, form, PUBLIC_THREAD, None)
    message = post(stage, actor, thread, draft, origin, message_id=thread.id)
    stage.world.put_channel(replace(stage.world.channels[forum.id], last_message_id=thread.id))
    return stage.world.channels[thread.id], message
