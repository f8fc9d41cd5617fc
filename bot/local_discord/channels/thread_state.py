"""Changes to a thread that exists: who takes part, whether it sleeps, how much was said."""

from dataclasses import replace

from bot.local_discord.events import Event
from bot.local_discord.members.permissions import MANAGE_THREADS
from bot.local_discord.model import Channel, Json, ThreadMember, ThreadState
from bot.local_discord.refusals import archived_thread, limit_reached, locked_thread, unknown
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Actor, Stage, may
from bot.local_discord.wire.channel import thread_member_object, thread_object
from bot.local_discord.wire.view import View


def state_of(channel: Channel) -> ThreadState:
    """What a thread has beyond a channel.

    Raises:
        Refusal: 10003 when the channel is no thread.
    """
    if channel.thread is None:
        raise unknown("channel")
    return channel.thread


def demand_awake(channel: Channel) -> None:
    """Raise 50083 when the channel is an archived thread."""
    if channel.thread is not None and channel.thread.archived:
        raise archived_thread()


def demand_unlocked(stage: Stage, actor: Actor, channel: Channel) -> None:
    """Raise 160005 when the channel is a locked thread and the actor does not look after threads."""
    if (
        channel.thread is not None
        and channel.thread.locked
        and not may(stage, actor, channel, MANAGE_THREADS)
    ):
        raise locked_thread()


def demand_deletable(stage: Stage, actor: Actor, channel: Channel) -> None:
    """Raise 50083 where not even messages may be deleted: in a thread that is archived and locked."""
    state = channel.thread
    if state is None or not (state.archived and state.locked):
        return
    if not may(stage, actor, channel, MANAGE_THREADS):
        raise archived_thread()


def tell_thread(stage: Stage, name: str, thread: Channel, **more: object) -> None:
    """Tell everybody who may see a thread about it; who takes part also gets their own membership."""
    state = state_of(thread)

    def own_membership(viewer: int) -> Json:
        who = next((m for m in state.members if m.user_id == viewer), None)
        return {} if who is None else {"member": thread_member_object(stage.view(), thread, who)}

    data: Json = {**thread_object(View(stage.world, stage.base_url), thread, state), **more}
    stage.tell(name, data, thread, varies=own_membership)


def join(stage: Stage, thread: Channel, user_id: int) -> Channel:
    """Let a user take part; nothing happens when they already do.

    Raises:
        Refusal: 30033 when as many take part as may.
    """
    state = state_of(thread)
    if any(m.user_id == user_id for m in state.members):
        return thread
    if len(state.members) >= LIMITS.thread_members:
        raise limit_reached(
            30033, f"Maximum number of thread participants has been reached ({LIMITS.thread_members})"
        )
    newcomer = ThreadMember(user_id, stage.now())
    thread = replace(thread, thread=replace(state, members=(*state.members, newcomer)))
    stage.world.put_channel(thread)
    own = thread_object(stage.view(user_id), thread, state_of(thread))
    # who comes in learns of the thread first: until now they may not have seen it
    stage.emit(
        Event("THREAD_CREATE", own, guild_id=thread.guild_id, channel=thread, only=frozenset({user_id}))
    )
    joined = thread_member_object(stage.view(), thread, newcomer, with_member=True)
    _tell_members(stage, thread, added_members=[{**joined, "presence": None}])
    return thread


def leave(stage: Stage, thread: Channel, user_id: int) -> Channel:
    """Let a user leave.

    Raises:
        Refusal: 10007 when they do not take part.
    """
    state = state_of(thread)
    if all(m.user_id != user_id for m in state.members):
        raise unknown("member")
    before = thread
    members = tuple(m for m in state.members if m.user_id != user_id)
    thread = replace(thread, thread=replace(state, members=members))
    # told while the leaver can still see a private thread
    _tell_members(stage, before, removed_member_ids=[str(user_id)], count=len(members))
    stage.world.put_channel(thread)
    return thread


def _tell_members(stage: Stage, thread: Channel, *, count: int | None = None, **changes: object) -> None:
    data: Json = {
        "id": str(thread.id),
        "guild_id": str(thread.guild_id),
        "member_count": min(50, len(state_of(thread).members) if count is None else count),
        **changes,
    }
    stage.emit(Event("THREAD_MEMBERS_UPDATE", data, guild_id=thread.guild_id, channel=thread))
    stage.changed()
