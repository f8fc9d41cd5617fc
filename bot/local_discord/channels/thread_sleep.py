"""Threads fall asleep (are archived) when nobody does anything in them, and wake when somebody writes.

https://discord.com/developers/docs/topics/threads#active-archived-threads
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.local_discord.channels.thread_state import state_of, tell_thread
from bot.local_discord.events import Event
from bot.local_discord.model import PINNED_THREAD, Channel, ThreadState
from bot.local_discord.refusals import Refusal
from bot.local_discord.settings import LIMITS
from bot.local_discord.snowflake import moment
from bot.local_discord.stage import Stage
from bot.local_discord.wire.channel import thread_member_object


def due(thread: Channel, state: ThreadState) -> datetime:
    """When a thread will have been idle for long enough to be archived.

    Written messages, waking and a change of the time itself count as activity; the last two set its
    ``archive_timestamp``.
    """
    spoken = state.created_at if thread.last_message_id is None else moment(thread.last_message_id)
    return max(state.archive_timestamp, spoken) + timedelta(minutes=state.auto_archive_minutes)


def watch(stage: Stage, thread: Channel) -> None:
    """See to it that an active thread is looked at when it may have been idle for long enough."""
    state = state_of(thread)
    if state.archived or thread.flags & PINNED_THREAD:
        return
    when = due(thread, state)
    timers = stage.world.thread_timers
    if thread.id in timers and timers[thread.id] <= when:
        return
    timers[thread.id] = when
    stage.later(max(0.0, (when - stage.now()).total_seconds()), lambda: _look(stage, thread.id, when))


def _look(stage: Stage, thread_id: int, when: datetime) -> None:
    if stage.world.thread_timers.get(thread_id) != when:
        # an earlier look has been arranged since
        return
    del stage.world.thread_timers[thread_id]
    thread = stage.world.channels.get(thread_id)
    if thread is not None and not _archive_if_idle(stage, thread):
        watch(stage, thread)


def _archive_if_idle(stage: Stage, thread: Channel) -> bool:
    state = state_of(thread)
    if state.archived or thread.flags & PINNED_THREAD or due(thread, state) > stage.now():
        return False
    put_to_sleep(stage, thread)
    return True


def watch_all(stage: Stage) -> None:
    """Archive what has been idle for long enough, and watch every other active thread; for a world just loaded."""
    for thread in [channel for channel in stage.world.channels.values() if channel.thread is not None]:
        if not _archive_if_idle(stage, thread):
            watch(stage, thread)


def put_to_sleep(stage: Stage, thread: Channel) -> Channel:
    """Archive a thread; it is no longer pinned to its forum then."""
    state = replace(state_of(thread), archived=True, archive_timestamp=stage.now())
    thread = replace(thread, flags=thread.flags & ~PINNED_THREAD, thread=state)
    stage.world.put_channel(thread)
    tell_thread(stage, "THREAD_UPDATE", thread)
    return thread


def wake(stage: Stage, thread: Channel, now: datetime) -> Channel:
    """Unarchive a thread because somebody writes in it.

    Raises:
        Refusal: 160006 when the guild has no room for another active thread.
    """
    state = state_of(thread)
    if not state.archived:
        return thread
    demand_room(stage, thread.guild_id or 0)
    thread = replace(thread, thread=replace(state, archived=False, archive_timestamp=now))
    stage.world.put_channel(thread)
    tell_thread(stage, "THREAD_UPDATE", thread)
    tell_members_of_waking(stage, thread)
    watch(stage, thread)
    return thread


def tell_members_of_waking(stage: Stage, thread: Channel) -> None:
    """Remind those in a thread that they are: clients know only the active ones."""
    for member in state_of(thread).members:
        data = {**thread_member_object(stage.view(), thread, member), "guild_id": str(thread.guild_id)}
        only = frozenset({member.user_id})
        stage.emit(Event("THREAD_MEMBER_UPDATE", data, guild_id=thread.guild_id, channel=thread, only=only))


def demand_room(stage: Stage, guild_id: int) -> None:
    """Raise 160006 when a guild has as many active threads as it may."""
    active = sum(not state_of(thread).archived for thread in stage.world.threads_of(guild_id))
    if active >= LIMITS.active_threads:
        raise Refusal(400, 160006, "Maximum number of active threads reached")
