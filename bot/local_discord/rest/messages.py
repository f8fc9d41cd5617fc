"""Messages: list, read, post, edit, delete."""

from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.channels.thread_state import demand_awake, demand_deletable, demand_unlocked
from bot.local_discord.form import Form
from bot.local_discord.members.permissions import MANAGE_MESSAGES, READ_MESSAGE_HISTORY
from bot.local_discord.messages.drafts import checked, read_draft
from bot.local_discord.messages.mentions import refuse_again
from bot.local_discord.messages.pace import count_edit, demand_edit_pace
from bot.local_discord.messages.placing import put_changed
from bot.local_discord.messages.pointing import ORDINARY
from bot.local_discord.messages.posting import delete, delete_together, edit, post
from bot.local_discord.messages.publishing import note_deleted, republish
from bot.local_discord.messages.sending import demand_may_send, demand_parts
from bot.local_discord.model import (
    COMPONENTS_V2,
    MESSAGE_CHANNEL_TYPES,
    SUPPRESS_EMBEDS,
    THREAD_STARTER,
    Channel,
    Json,
    Message,
)
from bot.local_discord.refusals import Refusal, missing_access, system_message, unknown, wrong_channel_type
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.snowflake import moment
from bot.local_discord.stage import Actor, Stage, demand, may
from bot.local_discord.wire.message import message_object, readable_by

TWO_WEEKS = 14 * 86_400


def shown(call: Call, message: Message, *, with_nonce: bool = False) -> Json:
    """A message as who asks may read it."""
    stage = call.stage
    data = message_object(stage.view(call.actor.user_id), message, with_nonce=with_nonce)
    channel = stage.world.channels[message.channel_id]
    if call.actor.application_id is None or channel.guild_id is None:
        return data
    if "message_content" in call.application.privileged:
        return data
    return readable_by(data, call.actor.user_id)


def message_of(call: Call, channel: Channel) -> Message:
    """The message of the path.

    Raises:
        Refusal: 10008.
    """
    message = call.stage.world.message(channel.id, call.id("message_id"))
    if message is None:
        raise unknown("message")
    return message


def demand_history(call: Call, channel: Channel) -> None:
    """Raise 50001 for who may not read what was said before."""
    if not may(call.stage, call.actor, channel, READ_MESSAGE_HISTORY):
        raise missing_access()


async def list_messages(call: Call) -> Response:
    """GET /channels/{channel_id}/messages, newest first."""
    channel = channel_of(call)
    if channel.kind not in MESSAGE_CHANNEL_TYPES:
        raise wrong_channel_type()
    query = call.query()
    limit = query.integer("limit", least=1, most=100, default=50) or 50
    around, before, after = query.snowflake("around"), query.snowflake("before"), query.snowflake("after")
    query.problems.raise_any()
    if not may(call.stage, call.actor, channel, READ_MESSAGE_HISTORY):
        return ok([])
    world = call.stage.world
    if around is not None:
        newer = world.page(channel.id, limit=(limit + 1) // 2, after=around - 1)
        older = world.page(channel.id, limit=limit - len(newer), before=around)
        found = newer + older
    elif after is not None:
        found = world.page(channel.id, limit=limit, after=after)
    else:
        found = world.page(channel.id, limit=limit, before=before)
    return ok([shown(call, message) for message in found])


async def get_message(call: Call) -> Response:
    """GET /channels/{channel_id}/messages/{message_id}."""
    channel = channel_of(call)
    demand_history(call, channel)
    return ok(shown(call, message_of(call, channel)))


def _sent_before(stage: Stage, actor: Actor, nonce: str | int | None, *, enforce: bool) -> Message | None:
    """The message that the actor has sent with this nonce in the past few minutes, if that is to be looked for."""
    if not enforce or nonce is None:
        return None
    earlier = stage.world.message_with_nonce(actor.user_id, str(nonce))
    age = None if earlier is None else (stage.now() - earlier.sent_at).total_seconds()
    return earlier if age is not None and age <= stage.settings.nonce_window else None


async def post_message(call: Call) -> Response:
    """POST /channels/{channel_id}/messages."""
    channel, stage, actor = channel_of(call), call.stage, call.actor
    form = await call.form()
    draft = read_draft(form, call.uploads, file_bytes=stage.settings.file_bytes)
    if actor.application_id is None:
        # people's clients cannot send these
        draft = replace(draft, embeds=None, components=None)
    draft = checked(form, draft)
    earlier = _sent_before(stage, actor, draft.nonce, enforce=draft.enforce_nonce)
    if earlier is not None:
        return ok(shown(call, earlier, with_nonce=True))
    demand_may_send(stage, actor, channel, draft)
    return ok(shown(call, post(stage, actor, channel, draft), with_nonce=True))


async def patch_message(call: Call) -> Response:
    """PATCH /channels/{channel_id}/messages/{message_id}: one's own; others' embeds may be hidden."""
    channel, stage, actor = channel_of(call), call.stage, call.actor
    message = message_of(call, channel)
    form = await call.form()
    draft = read_draft(
        form, call.uploads, file_bytes=stage.settings.file_bytes, v2=bool(message.flags & COMPONENTS_V2)
    )
    form.problems.raise_any()
    demand_awake(channel)
    demand_unlocked(stage, actor, channel)
    if message.author_id != actor.user_id or message.face is not None:
        if set(form.data) != {"flags"}:
            raise Refusal(403, 50005, "Cannot edit a message authored by another user")
        demand(stage, actor, channel, MANAGE_MESSAGES)
        hidden = (message.flags & ~SUPPRESS_EMBEDS) | ((draft.flags or 0) & SUPPRESS_EMBEDS)
        return ok(shown(call, put_changed(stage, replace(message, flags=hidden))))
    if message.kind not in ORDINARY:
        raise system_message()
    if actor.application_id is None:
        draft = replace(draft, embeds=None, components=None)
    demand_parts(stage, actor, channel, replace(draft, tts=False))
    demand_edit_pace(stage, message)
    changed = edit(stage, actor, message, draft)
    count_edit(stage, message)
    republish(stage, changed)
    return ok(shown(call, changed))


async def delete_message(call: Call) -> Response:
    """DELETE /channels/{channel_id}/messages/{message_id}: one's own, others' with Manage Messages."""
    channel = channel_of(call)
    message = message_of(call, channel)
    demand_deletable(call.stage, call.actor, channel)
    if message.author_id != call.actor.user_id or message.face is not None:
        demand(call.stage, call.actor, channel, MANAGE_MESSAGES)
    if message.kind == THREAD_STARTER:
        raise system_message()
    delete(call.stage, message)
    note_deleted(call.stage, message)
    return nothing()


async def bulk_delete(call: Call) -> Response:
    """POST /channels/{channel_id}/messages/bulk-delete: 2 to 100 messages of the last two weeks."""
    channel, stage = channel_of(call), call.stage
    if channel.guild_id is None:
        raise Refusal(403, 50003, "Cannot execute action on a DM channel")
    demand(stage, call.actor, channel, MANAGE_MESSAGES)
    ids = _ids(await call.form())
    demand_deletable(stage, call.actor, channel)
    if any((stage.now() - moment(each)).total_seconds() > TWO_WEEKS for each in ids):
        raise Refusal(400, 50034, "You can only bulk delete messages that are under 14 days old.")
    found = (stage.world.message(channel.id, each) for each in ids)
    gone = [message for message in found if message is not None and message.kind != THREAD_STARTER]
    if gone:
        delete_together(stage, channel, gone)
        for message in gone:
            note_deleted(stage, message)
    return nothing()


def _ids(form: Form) -> list[int]:
    ids = form.snowflakes("messages", least=2, most=100, required=True) or []
    for index, each in enumerate(ids):
        if each in ids[:index]:
            refuse_again(form, "messages", index)
    form.problems.raise_any()
    return ids
