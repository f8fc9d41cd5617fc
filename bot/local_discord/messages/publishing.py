"""Announcement channels: other channels follow them, and what is published there is posted to these.

https://discord.com/developers/docs/resources/message#crosspost-message
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.local_discord.members.permissions import MANAGE_MESSAGES, MANAGE_WEBHOOKS, SEND_MESSAGES
from bot.local_discord.messages.drafts import Draft, system_draft
from bot.local_discord.messages.mentions import NOBODY
from bot.local_discord.messages.placing import put_changed
from bot.local_discord.messages.pointing import ORDINARY
from bot.local_discord.messages.posting import Origin, post
from bot.local_discord.messages.uploads import Files, Upload, Wish, copied, drop_files
from bot.local_discord.messages.webhook_limits import demand_room_for_webhook
from bot.local_discord.model import (
    ANNOUNCEMENT,
    CHANNEL_FOLLOWED,
    CROSSPOSTED,
    IS_CROSSPOST,
    SOURCE_DELETED,
    TEXT,
    Channel,
    Message,
    Reference,
    Webhook,
    WebhookFace,
)
from bot.local_discord.refusals import Refusal, system_message, wrong_channel_type
from bot.local_discord.stage import Actor, Stage, demand

GONE = "[Original Message Deleted]"


def follow(stage: Stage, actor: Actor, source: Channel, target: Channel) -> Webhook:
    """Let a channel follow an announcement channel; the webhook that brings the posts is not yet stored.

    Raises:
        Refusal: 50024 for a channel that cannot be followed or cannot follow, 50013, 30007, 30058.
    """
    if source.kind != ANNOUNCEMENT or source.guild_id is None or target.guild_id is None:
        raise wrong_channel_type()
    if target.kind not in (TEXT, ANNOUNCEMENT):
        raise wrong_channel_type()
    demand(stage, actor, target, MANAGE_WEBHOOKS)
    demand_room_for_webhook(stage, target.id, target.guild_id)
    name = f"{stage.world.guilds[source.guild_id].name} #{source.name}"[:80]
    return Webhook(
        id=stage.ids.take(),
        guild_id=target.guild_id,
        channel_id=target.id,
        name=name,
        token="",
        user_id=actor.user_id,
        source_channel_id=source.id,
    )


def announce_following(stage: Stage, actor: Actor, webhook: Webhook, source: Channel) -> None:
    """Say in the following channel whom it follows now."""
    origin = Origin(CHANNEL_FOLLOWED, reference=Reference(source.id, None, source.guild_id))
    post(stage, actor, stage.world.channels[webhook.channel_id], system_draft(webhook.name), origin)


def publish(stage: Stage, actor: Actor, channel: Channel, message: Message) -> Message:
    """Publish a message of an announcement channel to the channels that follow it.

    Raises:
        Refusal: 50024 elsewhere, 50013, 50021 for a system message, 40033 when it is published already.
    """
    if channel.kind != ANNOUNCEMENT:
        raise wrong_channel_type()
    demand(stage, actor, channel, SEND_MESSAGES)
    if message.author_id != actor.user_id:
        demand(stage, actor, channel, MANAGE_MESSAGES)
    if message.kind not in ORDINARY:
        raise system_message()
    if message.flags & (CROSSPOSTED | IS_CROSSPOST):
        raise Refusal(400, 40033, "This message has already been crossposted")
    message = put_changed(stage, replace(message, flags=message.flags | CROSSPOSTED))
    reference = Reference(channel.id, message.id, channel.guild_id)
    for webhook in _followers(stage, channel.id):
        face = WebhookFace(webhook.id, webhook.name, webhook.avatar)
        origin = Origin(face=face, reference=reference, flags=IS_CROSSPOST)
        post(
            stage, Actor(webhook.id), stage.world.channels[webhook.channel_id], _copy(stage, message), origin
        )
    return message


def _followers(stage: Stage, channel_id: int) -> list[Webhook]:
    return [each for each in stage.world.webhooks.values() if each.source_channel_id == channel_id]


def _copy(stage: Stage, message: Message) -> Draft:
    """What is posted in a channel that follows; components stay behind, since no application would answer them."""
    files = [
        (Upload("", each.filename, content, each.content_type), Wish(each.description, each.spoiler))
        for each in message.attachments
        if (content := stage.files.get(str(each.id))) is not None
    ]
    return Draft(message.content, message.embeds, None, Files(tuple(files)), NOBODY)


def _copies(stage: Stage, message: Message) -> Iterator[Message]:
    if not message.flags & CROSSPOSTED:
        return
    for webhook in _followers(stage, message.channel_id):
        for each in list(stage.world.messages(webhook.channel_id)):
            reference = each.reference if each.flags & IS_CROSSPOST else None
            if reference is not None and reference.message_id == message.id:
                yield each


def republish(stage: Stage, message: Message) -> None:
    """Change a published message's copies as it was changed."""
    for copy in _copies(stage, message):
        drop_files(stage, copy)
        changed = replace(
            copy,
            content=message.content,
            embeds=message.embeds,
            attachments=copied(stage, copy.channel_id, message.attachments),
            edited_at=message.edited_at,
        )
        put_changed(stage, changed)


def note_deleted(stage: Stage, message: Message) -> None:
    """Blank the copies of a published message that was deleted."""
    for copy in _copies(stage, message):
        drop_files(stage, copy)
        blank = replace(copy, content=GONE, embeds=(), attachments=(), flags=copy.flags | SOURCE_DELETED)
        put_changed(stage, blank)
