"""Webhooks: make, list, change, remove, post through and edit what was posted."""

import base64
import binascii
import hashlib
import re
from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.drafts import Draft, checked, read_draft
from bot.local_discord.events import Event
from bot.local_discord.form import Form
from bot.local_discord.model import (
    ANNOUNCEMENT,
    COMPONENTS_V2,
    FORUM,
    MEDIA,
    TEXT,
    Channel,
    Message,
    Webhook,
    WebhookFace,
)
from bot.local_discord.permissions import MANAGE_WEBHOOKS, in_guild
from bot.local_discord.posting import Origin, delete, edit, post
from bot.local_discord.refusals import Refusal, limit_reached, missing_permissions, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.rest.guilds import own_guild
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Actor, Stage, demand
from bot.local_discord.thread_state import demand_awake
from bot.local_discord.threads import start_forum_post
from bot.local_discord.wire.command import webhook_object
from bot.local_discord.wire.message import message_object

_FORBIDDEN = re.compile(r"discord|clyde", re.IGNORECASE)
_DATA_URI = re.compile(r"data:image/(png|jpeg|gif|webp);base64,(.+)\Z", re.DOTALL)
LONGEST_IMAGE = 10 * 1024 * 1024


def read_name(form: Form, field: str = "name", *, required: bool = False) -> str | None:
    """A webhook's name: 1 to 80 characters, none of Discord's own names in it."""
    name = form.text(field, least=1, most=80, required=required)
    found = _FORBIDDEN.search(name or "")
    if found:
        message = f'Username cannot contain "{found[0].lower()}"'
        form.refuse(field, "USERNAME_INVALID_CONTAINS", message)
    return name


def read_avatar(stage: Stage, form: Form) -> str | None:
    """The hash of an avatar given as a data URI; the picture is kept to be served."""
    value = form.text("avatar", most=LONGEST_IMAGE)
    if not value:
        return None
    found = _DATA_URI.match(value)
    try:
        content = base64.b64decode(found[2], validate=True) if found else b""
    except (binascii.Error, ValueError):
        content = b""
    if not content:
        form.refuse("avatar", "BINARY_TYPE_UNSUPPORTED", "Unsupported image type given")
        return None
    digest = hashlib.sha256(content).hexdigest()[:32]
    stage.files.put(f"avatar-{digest}", content)
    return digest


def _shown(call: Call, webhook: Webhook) -> Response:
    mine = call.who is None or call.who.application_id in (None, webhook.application_id)
    return ok(webhook_object(call.stage.view(), webhook, with_token=mine))


async def post_webhook(call: Call) -> Response:
    """POST /channels/{channel_id}/webhooks; 15 fit into a channel."""
    channel, stage = channel_of(call), call.stage
    demand(stage, call.actor, channel, MANAGE_WEBHOOKS)
    if channel.guild_id is None or channel.kind not in (TEXT, ANNOUNCEMENT, FORUM, MEDIA):
        raise Refusal(400, 50024, "Cannot execute action on this channel type")
    form = await call.form()
    name = read_name(form, required=True)
    avatar = read_avatar(stage, form)
    form.problems.raise_any()
    if len(stage.world.webhooks_of(channel.id)) >= LIMITS.webhooks:
        raise limit_reached(30007, f"Maximum number of webhooks reached ({LIMITS.webhooks})")
    webhook = Webhook(
        id=stage.ids.take(),
        guild_id=channel.guild_id,
        channel_id=channel.id,
        name=name or "",
        token=stage.secret(51),
        user_id=call.actor.user_id,
        application_id=call.actor.application_id,
        avatar=avatar,
    )
    _put(stage, webhook)
    return _shown(call, webhook)


def _put(stage: Stage, webhook: Webhook) -> None:
    stage.world.webhooks[webhook.id] = webhook
    _tell(stage, webhook)


def _tell(stage: Stage, webhook: Webhook) -> None:
    data = {"guild_id": str(webhook.guild_id), "channel_id": str(webhook.channel_id)}
    stage.emit(Event("WEBHOOKS_UPDATE", data, guild_id=webhook.guild_id))
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
    view, own = call.stage.view(), call.actor.application_id
    shown = [webhook_object(view, w, with_token=own in (None, w.application_id)) for w in webhooks]
    return ok(shown)


def _managed(call: Call) -> Webhook:
    webhook = call.stage.world.webhooks.get(call.id("webhook_id"))
    if webhook is None:
        raise unknown("webhook")
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
    if webhook.token != call.text("token"):
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
    if target is not None:
        channel = call.stage.world.channels.get(target)
        if channel is None or channel.guild_id != webhook.guild_id:
            raise unknown("channel")
        demand(call.stage, call.actor, channel, MANAGE_WEBHOOKS)
        webhook = replace(webhook, channel_id=channel.id)
    return _changed(call, webhook, form)


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
    name = read_name(form)
    avatar = read_avatar(call.stage, form) if form.has("avatar") else webhook.avatar
    form.problems.raise_any()
    webhook = replace(webhook, name=name or webhook.name, avatar=avatar)
    _put(call.stage, webhook)
    return ok(webhook_object(call.stage.view(), webhook, with_token=True, with_user=call.who is not None))


def _remove(stage: Stage, webhook: Webhook) -> None:
    del stage.world.webhooks[webhook.id]
    _tell(stage, webhook)


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
        raise Refusal(400, 50083, "Thread is archived")
    return thread


async def execute(call: Call, webhook: Webhook) -> Response:
    """POST /webhooks/{webhook_id}/{token}: 204, or the message with ``wait``."""
    stage = call.stage
    channel = target_channel(call, webhook)
    form = await call.form()
    draft = checked(form, _webhook_draft(call, form, webhook))
    name = read_name(form, "username") or webhook.name
    picture = form.url("avatar_url")
    avatar = hashlib.sha256(picture.encode()).hexdigest()[:32] if picture else webhook.avatar
    form.problems.raise_any()
    author = Actor(webhook.id)
    origin = Origin(face=WebhookFace(webhook.id, name, avatar), application_id=webhook.application_id)
    if channel.kind in (FORUM, MEDIA):
        message = _forum_post(stage, author, channel, form, draft, origin)
    else:
        message = post(stage, author, channel, draft, origin)
    return ok(message_object(stage.view(), message)) if call.flag("wait") else nothing()


def _forum_post(
    stage: Stage, author: Actor, forum: Channel, form: Form, draft: Draft, origin: Origin
) -> Message:
    if not form.data.get("thread_name"):
        message = "Webhooks posted to forum channels must have a thread_name or thread_id"
        raise Refusal(400, 220001, message)
    renamed = Form({**form.data, "name": form.data["thread_name"]}, form.problems)
    return start_forum_post(stage, author, forum, renamed, draft, origin)[1]


def _webhook_draft(call: Call, form: Form, webhook: Webhook, *, v2: bool = False) -> Draft:
    draft = read_draft(form, call.uploads, file_bytes=call.stage.settings.file_bytes, v2=v2)
    # a webhook that no application made cannot be answered by one, so its components are left away
    if webhook.application_id is None and not call.flag("with_components"):
        draft = replace(draft, components=None)
    return replace(draft, answered=None, nonce=None)


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
    changed = edit(call.stage, Actor(webhook.id), message, draft)
    return ok(message_object(call.stage.view(), changed))


async def delete_message(call: Call, webhook: Webhook) -> Response:
    """DELETE /webhooks/{webhook_id}/{token}/messages/{message_id}."""
    message = _own_message(call, webhook)
    demand_awake(call.stage.world.channels[message.channel_id])
    delete(call.stage, message)
    return nothing()
