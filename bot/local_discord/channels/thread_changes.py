"""Changes a thread: its name, whether it sleeps or is locked, its tags.

https://discord.com/developers/docs/resources/channel#modify-channel-json-params-thread
"""

from dataclasses import dataclass, replace

from bot.local_discord.channels.channel_fields import ARCHIVE_MINUTES, SIX_HOURS
from bot.local_discord.channels.thread_fields import demand_tags, read_name, read_tags
from bot.local_discord.channels.thread_sleep import demand_room, tell_members_of_waking, watch
from bot.local_discord.channels.thread_state import state_of, tell_thread
from bot.local_discord.form import Form
from bot.local_discord.members.permissions import MANAGE_THREADS, SEND_MESSAGES_IN_THREADS
from bot.local_discord.messages.drafts import system_draft
from bot.local_discord.messages.posting import Origin, post
from bot.local_discord.model import FORUM, MEDIA, NAME_CHANGED, PINNED_THREAD, Channel, ThreadState
from bot.local_discord.refusals import Refusal, archived_thread, missing_permissions
from bot.local_discord.stage import Actor, Stage, may


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the body says; None (or "") where it says nothing."""

    name: str
    archived: bool | None
    locked: bool | None
    invitable: bool | None
    minutes: int | None
    slowmode: int | None
    tags: list[int] | None
    flags: int | None

    @property
    def only_wakes(self) -> bool:
        """Whether nothing is asked for but to wake the thread."""
        rest = (self.locked, self.invitable, self.minutes, self.slowmode, self.tags, self.flags)
        return self.archived is False and not self.name and all(value is None for value in rest)


def change_thread(stage: Stage, actor: Actor, thread: Channel, form: Form) -> Channel:
    """Change a thread.

    Its owner may rename and archive it and anybody who may write may wake it; the rest needs Manage Threads.

    Raises:
        Refusal: 50013, 50083 for a change to an archived thread that does not wake it, 160006 when there is no
            room to wake it, 30047, what :func:`demand_tags` raises, 50035 for wrong fields.
    """
    wanted = _Wanted(
        name=read_name(form, required=False),
        archived=form.boolean("archived"),
        locked=form.boolean("locked"),
        invitable=form.boolean("invitable"),
        minutes=form.choice("auto_archive_duration", ARCHIVE_MINUTES),
        slowmode=form.integer("rate_limit_per_user", most=SIX_HOURS),
        tags=read_tags(form),
        flags=form.integer("flags"),
    )
    form.problems.raise_any()
    state = state_of(thread)
    _demand(stage, actor, thread, state, wanted)
    if state.archived and wanted.archived is not False:
        raise archived_thread()
    tags, flags = _tags(stage, actor, thread, state, wanted), _flags(stage, actor, thread, wanted)
    wakes = state.archived
    if wakes:
        demand_room(stage, thread.guild_id or 0)
    before = thread
    thread = _changed(stage, thread, state, wanted, tags, flags)
    stage.world.put_channel(thread)
    tell_thread(stage, "THREAD_UPDATE", thread)
    if wakes:
        tell_members_of_waking(stage, thread)
    watch(stage, thread)
    if thread.name != before.name and not state_of(thread).archived:
        post(stage, actor, thread, system_draft(thread.name), Origin(NAME_CHANGED))
    return stage.world.channels[thread.id]


def _demand(stage: Stage, actor: Actor, thread: Channel, state: ThreadState, wanted: _Wanted) -> None:
    if may(stage, actor, thread, MANAGE_THREADS):
        return
    if state.locked or wanted.locked is not None or wanted.slowmode is not None:
        raise missing_permissions()
    if state.owner_id == actor.user_id:
        return
    if not (wanted.only_wakes and may(stage, actor, thread, SEND_MESSAGES_IN_THREADS)):
        raise missing_permissions()


def _tags(
    stage: Stage, actor: Actor, thread: Channel, state: ThreadState, wanted: _Wanted
) -> tuple[int, ...]:
    if wanted.tags is None:
        return state.applied_tags
    forum = stage.world.channels[thread.parent_id or 0]
    return demand_tags(stage, actor, forum, wanted.tags, state.applied_tags)


def _flags(stage: Stage, actor: Actor, thread: Channel, wanted: _Wanted) -> int:
    """A post may be pinned to its forum, one at a time, by who looks after threads."""
    if wanted.flags is None:
        return thread.flags
    forum = stage.world.channels[thread.parent_id or 0]
    flags = wanted.flags & PINNED_THREAD if forum.kind in (FORUM, MEDIA) else 0
    if flags == thread.flags & PINNED_THREAD:
        return thread.flags
    if not may(stage, actor, thread, MANAGE_THREADS):
        raise missing_permissions()
    others = stage.world.threads_of(thread.guild_id or 0)
    if flags and any(t.parent_id == forum.id and t.flags & PINNED_THREAD for t in others):
        raise Refusal(400, 30047, "Maximum number of pinned threads in a forum channel has been reached (1)")
    return (thread.flags & ~PINNED_THREAD) | flags


def _changed(
    stage: Stage, thread: Channel, state: ThreadState, wanted: _Wanted, tags: tuple[int, ...], flags: int
) -> Channel:
    archived = state.archived if wanted.archived is None else wanted.archived
    minutes = wanted.minutes or state.auto_archive_minutes
    touched = archived != state.archived or minutes != state.auto_archive_minutes
    state = replace(
        state,
        archived=archived,
        archive_timestamp=stage.now() if touched else state.archive_timestamp,
        locked=state.locked if wanted.locked is None else wanted.locked,
        invitable=state.invitable if wanted.invitable is None else wanted.invitable,
        auto_archive_minutes=minutes,
        applied_tags=tags,
    )
    return replace(
        thread,
        name=wanted.name or thread.name,
        slowmode=thread.slowmode if wanted.slowmode is None else wanted.slowmode,
        flags=flags & ~PINNED_THREAD if archived else flags,
        thread=state,
    )
