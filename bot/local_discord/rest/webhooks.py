"""Webhooks: make, list, change, remove, post through and edit what was posted.

https://discord.com/developers/docs/resources/webhook
"""

import secrets
from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.channels.thread_state import demand_awake
from bot.local_discord.channels.threads import start_forum_post
from bot.local_discord.events import Event
from bot.local_discord.form import Form
from bot.local_discord.members.permissions import MANAGE_WEBHOOKS, in_guild
from bot.local_discord.messages.drafts import Draft, checked, read_draft
from bot.local_discord.messages.pace import count_edit, demand_edit_pace
from bot.local_discord.messages.posting import Origin, delete, edit, post
from bot.local_discord.messages.webhook_face import picture_of, read_avatar, read_name
from bot.local_discord.messages.webhook_limits import demand_room_for_webhook
from bot.local_discord.model import (
    ANNOUNCEMENT,
    COMPONENTS_V2,
    FORUM,
    MEDIA,
    STAGE_VOICE,
    TEXT,
    VOICE,
    Channel,
    Message,
    Webhook,
    WebhookFace,
)
from bot.local_discord.refusals import (
    Refusal,
    archived_thread,
    missing_permissions,
    unknown,
    wrong_channel_type,
)
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.rest.guilds import own_guild
from bot.local_discord.stage import Actor, Stage, demand
from bot.local_discord.wire.command import webhook_object
from bot.local_discord.wire.message import message_object

_HOMES = (TEXT, ANNOUNCEMENT, FORUM, MEDIA, VOICE, STAGE_VOICE)
"""The kinds of channels that webhooks post in."""


def _may_know_token(call: Call, webhook: Webhook) -> bool:
    """An application does not learn the token of another application's webhook."""
    own = None if call.who is None else call.who.application_id
    return own is None or webhook.application_id in (None, own)


def _shown(call: Call, webhook: Webhook) -> Response:
    return ok(webhook_object(call.stage.view(), webhook, with_token=_may_know_token(call, webhook)))


async def post_webhook(call: Call) -> Response:
    """POST /channels/{channel_id}/webhooks; 15 fit into a channel."""
    channel, stage = channel_of(call), call.stage
    if channel.guild_id is None or channel.kind not in _HOMES:
        raise wrong_channel_type()
    demand(stage, call.actor, channel, MANAGE_WEBHOOKS)
    form = await call.form()
    name = read_name(form, required=True)
    avatar = read_avatar(form)
    form.problems.raise_any()
    demand_room_for_webhook(stage, channel.id, channel.guild_id)
    webhook = Webhook(
        id=stage.ids.take(),
        guild_id=channel.guild_id,
        channel_id=channel.id,
        name=name or "",
        token=stage.secret(51),
        user_id=call.actor.user_id,
        application_id=call.actor.application_id,
        avatar=None if avatar is None else avatar.keep(stage),
    )
    put(stage, webhook)
    return _shown(call, webhook)


def put(stage: Stage, webhook: Webhook) -> None:
    """Store a webhook and tell everybody that those of its channel have changed."""
    stage.world.webhooks[webhook.id] = webhook
    _tell(stage, webhook.guild_id, webhook.channel_id)


def _tell(stage: Stage, guild_id: int, channel_id: int) -> None:
    data = {"guild_id": str(guild_id), "channel_id": str(channel_id)}
    stage.emit(Event("WEBHOOKS_UPDATE", data, guild_id=guild_id))
    stage.changed()


async def list_of_channel(call: Call) -> Response:
    """GET /channels/{channel_id}/webhooks."""
    channel = channel_of(call)
    demand(call.stage, call.actor, channel, MANAGE_WEBHOOKS)
    return _listed(call, call.stage.world.webhooks_of(channel.id))


async def list_of_guild(call: Call) -> Response:
    """GET /guilds/{guild_id}/webhooks."""
    guild, member = own_guild(call)
    if not in_guild(call.stage.world, member) & MANAGE_WEBHOOKS:
        raise missing_permissions()
    return _listed(call, [w for w in call.stage.world.webhooks.values() if w.guild_id == guild.id])


def _listed(call: Call, webhooks: list[Webhook]) -> Response:
    view = call.stage.view()
    return ok([webhook_object(view, each, with_token=_may_know_token(call, each)) for each in webhooks])


def _managed(call: Call) -> Webhook:
    """The webhook of the path, which who asks made or may manage.

    Raises:
        Refusal: 10015, 50013.
    """
    webhook = call.stage.world.webhooks.get(call.id("webhook_id"))
    if webhook is None:
        raise unknown("webhook")
    own = call.actor.application_id is not None and call.actor.application_id == webhook.application_id
    if not own:
        demand(call.stage, call.actor, call.stage.world.channels[webhook.channel_id], MANAGE_WEBHOOKS)
    return webhook


def with_token(call: Call) -> Webhook:
    """The webhook of the path, if its token is right.

    Raises:
        Refusal: 10015 for no such webhook, 50027 for a wrong token.
    """
    webhook = call.stage.world.webhooks.get(call.id("webhook_id"))
    if webhook is None:
        raise unknown("webhook")
    given = call.text("token").encode()
    if not webhook.token or not secrets.compare_digest(given, webhook.token.encode()):
        raise Refusal(401, 50027, "Invalid Webhook Token")
    return webhook


async def get_webhook(call: Call) -> Response:
    """GET /webhooks/{webhook_id}."""
    return _shown(call, _managed(call))


async def patch_webhook(call: Call) -> Response:
    """PATCH /webhooks/{webhook_id}: name, avatar, channel."""
    webhook = _managed(call)
    form = await call.form()
    target = form.snowflake("channel_id")
    form.problems.raise_any()
    if target is None or target == webhook.channel_id:
        return _changed(call, webhook, form)
    stage = call.stage
    channel = stage.world.channels.get(target)
    if channel is None or channel.guild_id != webhook.guild_id:
        raise unknown("channel")
    if channel.kind not in _HOMES:
        raise wrong_channel_type()
    demand(stage, call.actor, channel, MANAGE_WEBHOOKS)
    demand_room_for_webhook(stage, channel.id, webhook.guild_id, moving=True)
    response = _changed(call, replace(webhook, channel_id=channel.id), form)
    _tell(stage, webhook.guild_id, webhook.channel_id)
    return response


async def delete_webhook(call: Call) -> Response:
    """DELETE /webhooks/{webhook_id}."""
    _remove(call.stage, _managed(call))
    return nothing()


async def get_with_token(call: Call) -> Response:
    """GET /webhooks/{webhook_id}/{token}."""
    view = call.stage.view()
    return ok(webhook_object(view, with_token(call), with_token=True, with_user=False))


async def patch_with_token(call: Call) -> Response:
    """PATCH /webhooks/{webhook_id}/{token}: name and avatar."""
    return _changed(call, with_token(call), await call.form())


async def delete_with_token(call: Call) -> Response:
    """DELETE /webhooks/{webhook_id}/{token}."""
    _remove(call.stage, with_token(call))
    return nothing()


def _changed(call: Call, webhook: Webhook, form: Form) -> Response:
    name = read_name(form, required=form.has("name"))
    avatar = read_avatar(form)
    form.problems.raise_any()
    digest = webhook.avatar
    if form.has("avatar"):
        digest = None if avatar is None else avatar.keep(call.stage)
    webhook = replace(webhook, name=name or webhook.name, avatar=digest)
    put(call.stage, webhook)
    with_user = "token" not in call.request.path_params
    with_token = _may_know_token(call, webhook) if with_user else True
    return ok(webhook_object(call.stage.view(), webhook, with_token=with_token, with_user=with_user))


def _remove(stage: Stage, webhook: Webhook) -> None:
    del stage.world.webhooks[webhook.id]
    _tell(stage, webhook.guild_id, webhook.channel_id)


def target_channel(call: Call, webhook: Webhook) -> Channel:
    """The webhook's channel, or the thread of it that ``thread_id`` names.

    Raises:
        Refusal: 10003 for a thread that is not there or is another channel's.
    """
    world = call.stage.world
    query = call.query()
    thread_id = query.snowflake("thread_id")
    query.problems.raise_any()
    if thread_id is None:
        return world.channels[webhook.channel_id]
    thread = world.channels.get(thread_id)
    if thread is None or thread.thread is None or thread.parent_id != webhook.channel_id:
        raise unknown("channel")
    if thread.thread.locked and thread.thread.archived:
        raise archived_thread()
    return thread


async def execute(call: Call, webhook: Webhook) -> Response:
    """POST /webhooks/{webhook_id}/{token}: 204, or the message with ``wait``."""
    stage = call.stage
    channel = target_channel(call, webhook)
    form = await call.form()
    thread_name = _thread_name(form, channel)
    draft = _webhook_draft(call, form, webhook)
    name = read_name(form, "username") or webhook.name
    picture = form.url("avatar_url")
    draft = checked(form, draft)
    avatar = picture_of(stage, picture) if picture else webhook.avatar
    author = Actor(webhook.id)
    origin = Origin(face=WebhookFace(webhook.id, name, avatar), application_id=webhook.application_id)
    if thread_name:
        _, message = start_forum_post(stage, author, channel, form, draft, origin, name_field="thread_name")
    else:
        message = post(stage, author, channel, draft, origin)
    return ok(message_object(stage.view(), message)) if call.flag("wait") else nothing()


def _thread_name(form: Form, channel: Channel) -> bool:
    """Whether a post of a forum is to be started, which takes a name and no thread.

    Raises:
        Refusal: 220001 to 220003.
    """
    named = bool(form.data.get("thread_name"))
    if channel.kind in (FORUM, MEDIA):
        if not named:
            message = "Webhooks posted to forum channels must have a thread_name or thread_id"
            raise Refusal(400, 220001, message)
        return True
    if named and channel.thread is not None:
        message = "Webhooks posted to forum channels cannot have both a thread_name and thread_id"
        raise Refusal(400, 220002, message)
    if named:
        raise Refusal(400, 220003, "Webhooks can only create threads in forum channels")
    return False


def _webhook_draft(call: Call, form: Form, webhook: Webhook, *, v2: bool = False) -> Draft:
    draft = read_draft(form, call.uploads, file_bytes=call.stage.settings.file_bytes, v2=v2)
    # a webhook that no application made cannot be answered by one, so its components are left away
    if webhook.application_id is None and not call.flag("with_components"):
        draft = replace(draft, components=None)
    return replace(draft, answered=None, carried=None, nonce=None)


def _own_message(call: Call, webhook: Webhook) -> Message:
    channel = target_channel(call, webhook)
    message = call.stage.world.message(channel.id, call.id("message_id"))
    if message is None or message.face is None or message.face.webhook_id != webhook.id:
        raise unknown("message")
    return message


async def get_message(call: Call, webhook: Webhook) -> Response:
    """GET /webhooks/{webhook_id}/{token}/messages/{message_id}."""
    return ok(message_object(call.stage.view(), _own_message(call, webhook)))


async def patch_message(call: Call, webhook: Webhook) -> Response:
    """PATCH /webhooks/{webhook_id}/{token}/messages/{message_id}."""
    message = _own_message(call, webhook)
    form = await call.form()
    draft = _webhook_draft(call, form, webhook, v2=bool(message.flags & COMPONENTS_V2))
    form.problems.raise_any()
    demand_awake(call.stage.world.channels[message.channel_id])
    demand_edit_pace(call.stage, message)
    changed = edit(call.stage, Actor(webhook.id), message, draft)
    count_edit(call.stage, message)
    return ok(message_object(call.stage.view(), changed))


async def delete_message(call: Call, webhook: Webhook) -> Response:
    """DELETE /webhooks/{webhook_id}/{token}/messages/{message_id}."""
    delete(call.stage, _own_message(call, webhook))
    return nothing()
