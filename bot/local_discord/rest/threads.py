"""Threads: start, list, join and leave."""

from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.channels.thread_state import demand_awake, join, leave, state_of
from bot.local_discord.channels.threads import start_forum_post, start_from_message, start_without_message
from bot.local_discord.members.permissions import (
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
    in_channel,
    takes_part,
)
from bot.local_discord.messages.drafts import checked, read_draft, system_draft
from bot.local_discord.messages.posting import PLAIN, Origin, post
from bot.local_discord.messages.sending import demand_parts
from bot.local_discord.model import (
    ANNOUNCEMENT_THREAD,
    FORUM,
    MEDIA,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    RECIPIENT_ADDED,
    RECIPIENT_REMOVED,
    Channel,
)
from bot.local_discord.refusals import missing_access, missing_permissions, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.rest.messages import message_of, shown
from bot.local_discord.stage import Actor, Stage, demand, may
from bot.local_discord.wire.channel import channel_object, thread_member_object


async def post_from_message(call: Call) -> Response:
    """POST /channels/{channel_id}/messages/{message_id}/threads."""
    channel = channel_of(call)
    message = message_of(call, channel)
    thread = start_from_message(call.stage, call.actor, channel, message, await call.form())
    return ok(channel_object(call.stage.view(call.actor.user_id), thread), 201)


async def post_thread(call: Call) -> Response:
    """POST /channels/{channel_id}/threads: without a message, or a forum's post with its first message."""
    channel, stage = channel_of(call), call.stage
    form = await call.form()
    if channel.kind not in (FORUM, MEDIA):
        thread = start_without_message(stage, call.actor, channel, form)
        return ok(channel_object(stage.view(call.actor.user_id), thread), 201)
    inner = form.form("message", required=True)
    form.problems.raise_any()
    draft = read_draft(inner or form, call.uploads, file_bytes=stage.settings.file_bytes)
    if call.actor.application_id is None:
        # people's clients cannot send these
        draft = replace(draft, embeds=None, components=None)
    draft = checked(form, replace(draft, answered=None, carried=None))
    demand_parts(stage, call.actor, channel, draft)
    thread, message = start_forum_post(stage, call.actor, channel, form, draft, PLAIN)
    data = channel_object(stage.view(call.actor.user_id), thread)
    return ok({**data, "message": shown(call, message)}, 201)


def _thread_of(call: Call) -> Channel:
    channel = channel_of(call)
    state_of(channel)
    return channel


async def list_members(call: Call) -> Response:
    """GET /channels/{channel_id}/thread-members, by user id."""
    thread = _thread_of(call)
    with_member = call.flag("with_member")
    query = call.query()
    limit = query.integer("limit", least=1, most=100, default=100) or 100
    after = query.snowflake("after") or 0
    query.problems.raise_any()
    members = sorted(state_of(thread).members, key=lambda m: m.user_id)
    if with_member:
        members = [m for m in members if m.user_id > after][:limit]
    view = call.stage.view(call.actor.user_id)
    return ok([thread_member_object(view, thread, m, with_member=with_member) for m in members])


async def get_member(call: Call) -> Response:
    """GET /channels/{channel_id}/thread-members/{user_id}."""
    thread = _thread_of(call)
    user_id = call.id("user_id")
    found = next((m for m in state_of(thread).members if m.user_id == user_id), None)
    if found is None:
        raise unknown("member")
    view = call.stage.view(call.actor.user_id)
    return ok(thread_member_object(view, thread, found, with_member=call.flag("with_member")))


async def put_member(call: Call) -> Response:
    """PUT /channels/{channel_id}/thread-members/{user_id}: join, or add somebody who may see the channel."""
    thread, stage, actor = _thread_of(call), call.stage, call.actor
    demand_awake(thread)
    user_id = call.id("user_id")
    if user_id != actor.user_id:
        _demand_may_add(stage, actor, thread)
    if stage.world.member(thread.guild_id or 0, user_id) is None:
        raise unknown("member")
    parent = stage.world.channels[thread.parent_id or 0]
    if not in_channel(stage.world, user_id, parent) & VIEW_CHANNEL:
        raise missing_access()
    known = takes_part(thread, user_id)
    thread = join(stage, thread, user_id)
    if user_id != actor.user_id and not known:
        _tell_in_thread(stage, actor, thread, user_id, RECIPIENT_ADDED)
    return nothing()


def _demand_may_add(stage: Stage, actor: Actor, thread: Channel) -> None:
    """Raise 50013 for who may not write in the thread, or not invite into a private one."""
    demand(stage, actor, thread, SEND_MESSAGES_IN_THREADS)
    if may(stage, actor, thread, MANAGE_THREADS):
        return
    state = state_of(thread)
    closed = thread.kind == PRIVATE_THREAD and not state.invitable and state.owner_id != actor.user_id
    if closed or state.locked:
        raise missing_permissions()


def _tell_in_thread(stage: Stage, actor: Actor, thread: Channel, user_id: int, kind: int) -> None:
    """Say in a thread that somebody was added or removed by somebody else."""
    post(stage, actor, thread, system_draft(), Origin(kind, mentions=(user_id,)))


async def delete_member(call: Call) -> Response:
    """DELETE /channels/{channel_id}/thread-members/{user_id}: leave, or remove somebody."""
    thread = _thread_of(call)
    demand_awake(thread)
    user_id = call.id("user_id")
    owns = state_of(thread).owner_id == call.actor.user_id and thread.kind == PRIVATE_THREAD
    if user_id != call.actor.user_id and not owns:
        demand(call.stage, call.actor, thread, MANAGE_THREADS)
    thread = leave(call.stage, thread, user_id)
    if user_id != call.actor.user_id:
        _tell_in_thread(call.stage, call.actor, thread, user_id, RECIPIENT_REMOVED)
    return nothing()


async def archived_public(call: Call) -> Response:
    """GET /channels/{channel_id}/threads/archived/public, last archived first."""
    return _archived(call, channel_of(call), (PUBLIC_THREAD, ANNOUNCEMENT_THREAD), only_mine=False)


async def archived_private(call: Call) -> Response:
    """GET /channels/{channel_id}/threads/archived/private; needs Manage Threads."""
    channel = channel_of(call)
    demand(call.stage, call.actor, channel, MANAGE_THREADS)
    return _archived(call, channel, (PRIVATE_THREAD,), only_mine=False)


async def my_archived_private(call: Call) -> Response:
    """GET /channels/{channel_id}/users/@me/threads/archived/private."""
    return _archived(call, channel_of(call), (PRIVATE_THREAD,), only_mine=True)


def _archived(call: Call, parent: Channel, kinds: tuple[int, ...], *, only_mine: bool) -> Response:
    query = call.query()
    limit = query.integer("limit", least=2, most=100, default=50) or 50
    before_id, before = (query.snowflake("before"), None) if only_mine else (None, query.time("before"))
    query.problems.raise_any()
    demand(call.stage, call.actor, parent, READ_MESSAGE_HISTORY)
    me = call.actor.user_id
    found: list[Channel] = []
    for thread in call.stage.world.threads_of(parent.guild_id or 0):
        state = state_of(thread)
        inside = any(m.user_id == me for m in state.members)
        if thread.parent_id != parent.id or thread.kind not in kinds or not state.archived:
            continue
        if only_mine and not inside:
            continue
        if before is not None and state.archive_timestamp >= before:
            continue
        if before_id is not None and thread.id >= before_id:
            continue
        found.append(thread)
    found.sort(key=lambda t: -t.id if only_mine else -state_of(t).archive_timestamp.timestamp())
    view = call.stage.view(me)
    page = found[:limit]
    mine = [thread_member_object(view, t, m) for t in page for m in state_of(t).members if m.user_id == me]
    threads = [channel_object(view, thread) for thread in page]
    return ok({"threads": threads, "members": mine, "has_more": len(found) > limit})
