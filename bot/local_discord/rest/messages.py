"""Messages: list, read, post, edit, delete."""

from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.drafts import Draft, checked, read_draft
from bot.local_discord.events import Event
from bot.local_discord.model import (
    COMPONENTS_V2,
    MESSAGE_CHANNEL_TYPES,
    SUPPRESS_EMBEDS,
    Channel,
    Json,
    Message,
)
from bot.local_discord.permissions import (
    ATTACH_FILES,
    EMBED_LINKS,
    MANAGE_MESSAGES,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    SEND_TTS_MESSAGES,
)
from bot.local_discord.posting import delete, edit, post, put_changed
from bot.local_discord.refusals import Refusal, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.snowflake import moment
from bot.local_discord.stage import Actor, Stage, demand, may
from bot.local_discord.thread_state import demand_awake
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
        raise Refusal(403, 50001, "Missing Access")


async def list_messages(call: Call) -> Response:
    """GET /channels/{channel_id}/messages, newest first."""
    channel = channel_of(call)
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


def demand_may_send(stage: Stage, actor: Actor, channel: Channel, draft: Draft) -> None:
    """Raise what Discord answers to somebody who may not post this here."""
    if channel.kind not in MESSAGE_CHANNEL_TYPES:
        raise Refusal(400, 50008, "Cannot send messages in a non-text channel")
    demand(stage, actor, channel, SEND_MESSAGES if channel.thread is None else SEND_MESSAGES_IN_THREADS)
    if (
        channel.thread is not None
        and channel.thread.locked
        and not may(stage, actor, channel, MANAGE_THREADS)
    ):
        raise Refusal(403, 160005, "This thread is locked")
    if draft.files.new:
        demand(stage, actor, channel, ATTACH_FILES)
    if draft.embeds:
        demand(stage, actor, channel, EMBED_LINKS)
    if draft.tts:
        demand(stage, actor, channel, SEND_TTS_MESSAGES)
    if draft.answered is not None and not may(stage, actor, channel, READ_MESSAGE_HISTORY):
        raise Refusal(400, 160002, "Cannot reply without permission to read message history")


async def post_message(call: Call) -> Response:
    """POST /channels/{channel_id}/messages."""
    channel, stage, actor = channel_of(call), call.stage, call.actor
    form = await call.form()
    draft = checked(form, read_draft(form, call.uploads, file_bytes=stage.settings.file_bytes))
    if actor.application_id is None:
        draft = replace(draft, embeds=None, components=None)
    demand_may_send(stage, actor, channel, draft)
    if draft.enforce_nonce and draft.nonce is not None:
        earlier = stage.world.message_with_nonce(actor.user_id, str(draft.nonce))
        age = None if earlier is None else (stage.now() - earlier.sent_at).total_seconds()
        if earlier is not None and age is not None and age <= stage.settings.nonce_window:
            return ok(shown(call, earlier, with_nonce=True))
    return ok(shown(call, post(stage, actor, channel, draft), with_nonce=True))


async def patch_message(call: Call) -> Response:
    """PATCH /channels/{channel_id}/messages/{message_id}: one's own; others' embeds may be hidden."""
    channel, stage = channel_of(call), call.stage
    message = message_of(call, channel)
    form = await call.form()
    v2 = bool(message.flags & COMPONENTS_V2)
    draft = read_draft(form, call.uploads, file_bytes=stage.settings.file_bytes, v2=v2)
    form.problems.raise_any()
    demand_awake(channel)
    if message.author_id != call.actor.user_id or message.face is not None:
        if set(form.data) != {"flags"}:
            raise Refusal(403, 50005, "Cannot edit a message authored by another user")
        demand(stage, call.actor, channel, MANAGE_MESSAGES)
        hidden = (message.flags & ~SUPPRESS_EMBEDS) | ((draft.flags or 0) & SUPPRESS_EMBEDS)
        return ok(shown(call, put_changed(stage, replace(message, flags=hidden))))
    return ok(shown(call, edit(stage, call.actor, message, draft)))


async def delete_message(call: Call) -> Response:
    """DELETE /channels/{channel_id}/messages/{message_id}: one's own, others' with Manage Messages."""
    channel = channel_of(call)
    message = message_of(call, channel)
    demand_awake(channel)
    if message.author_id != call.actor.user_id or message.face is not None:
        demand(call.stage, call.actor, channel, MANAGE_MESSAGES)
    delete(call.stage, message)
    return nothing()


async def bulk_delete(call: Call) -> Response:
    """POST /channels/{channel_id}/messages/bulk-delete: 2 to 100 messages of the last two weeks."""
    channel, stage = channel_of(call), call.stage
    demand(stage, call.actor, channel, MANAGE_MESSAGES)
    form = await call.form()
    ids = form.snowflakes("messages", least=2, most=100, required=True) or []
    form.problems.raise_any()
    if any((stage.now() - moment(each)).total_seconds() > TWO_WEEKS for each in ids):
        raise Refusal(400, 50034, "You can only bulk delete messages that are under 14 days old.")
    gone = [message for each in ids if (message := stage.world.message(channel.id, each)) is not None]
    for message in gone:
        stage.world.drop_message(message)
    if gone:
        data: Json = {"ids": [str(message.id) for message in gone], "channel_id": str(channel.id)}
        if channel.guild_id is not None:
            data["guild_id"] = str(channel.guild_id)
        stage.emit(Event("MESSAGE_DELETE_BULK", data, guild_id=channel.guild_id, channel=channel))
        stage.changed()
    return nothing()
