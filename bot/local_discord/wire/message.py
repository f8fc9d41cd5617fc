"""Messages with what hangs on them: attachments, reactions, references."""

from bot.local_discord.model import (
    CONTEXT_COMMAND,
    REPLY,
    SLASH_COMMAND,
    SUPPRESS_EMBEDS,
    THREAD_STARTER,
    Cause,
    Forwarded,
    Json,
    Message,
    Reaction,
)
from bot.local_discord.wire.attachment import attachment_object, listed, shown_component, shown_embed
from bot.local_discord.wire.channel import thread_object
from bot.local_discord.wire.guild import bare_member_object
from bot.local_discord.wire.poll import poll_object
from bot.local_discord.wire.user import user_object, webhook_user_object
from bot.local_discord.wire.view import View, maybe_stamp, stamp


def reaction_emoji_object(reaction: Reaction) -> Json:
    """The emoji of a reaction."""
    if reaction.emoji_id is None:
        return {"id": None, "name": reaction.name}
    return {"id": str(reaction.emoji_id), "name": reaction.name, "animated": reaction.animated}


def reaction_object(view: View, reaction: Reaction) -> Json:
    """How often an emoji was chosen, and whether by the viewer."""
    count = len(reaction.users)
    return {
        "emoji": reaction_emoji_object(reaction),
        "count": count,
        "count_details": {"burst": 0, "normal": count},
        "burst_colors": [],
        "me_burst": False,
        "me": view.viewer in reaction.users,
    }


def author_object(view: View, message: Message) -> Json:
    """The author: a user, or the face of a webhook."""
    if message.face is not None:
        return webhook_user_object(message.face)
    return user_object(view.world.users[message.author_id])


def message_object(view: View, message: Message, *, with_nonce: bool = False, nested: bool = False) -> Json:
    """A message; ``nested`` leaves out what it answers and its reactions, ``with_nonce`` is for its sender."""
    data: Json = {
        **_said(view, message, ephemeral=message.seen_by is not None),
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "author": author_object(view, message),
        "pinned": message.pinned_at is not None,
        "mention_everyone": message.mention_everyone,
        "tts": message.tts,
    }
    data |= viewed_fields(view, message, nested=nested)
    if message.face is not None:
        data["webhook_id"] = str(message.face.webhook_id)
    if message.application_id is not None:
        data["application_id"] = str(message.application_id)
        if message.face is None:
            data["webhook_id"] = str(message.application_id)
    if with_nonce and message.nonce is not None:
        data["nonce"] = message.nonce
    if message.position is not None:
        data["position"] = message.position
    thread = view.world.channels.get(message.id)
    if thread is not None and thread.thread is not None and thread.parent_id == message.channel_id:
        data["thread"] = thread_object(view, thread, thread.thread)
    if message.cause is not None:
        data |= _cause_fields(view, message, message.cause)
    data |= _reference_fields(view, message, nested=nested)
    if message.forwarded is not None:
        data["message_snapshots"] = [{"message": _said(view, message.forwarded)}]
    return data


def viewed_fields(view: View, message: Message, *, nested: bool = False) -> Json:
    """What each viewer sees differently: reactions (not where ``nested``) and a poll, with what they chose marked."""
    fields: Json = {}
    if message.reactions and not nested:
        fields["reactions"] = [reaction_object(view, reaction) for reaction in message.reactions]
    if message.poll is not None:
        fields["poll"] = poll_object(view, message.poll)
    return fields


def _said(view: View, message: Message | Forwarded, *, ephemeral: bool = False) -> Json:
    """What a message and the copy of one that was forwarded have in common."""
    files = message.attachments
    embeds = () if message.flags & SUPPRESS_EMBEDS else message.embeds
    return {
        "type": message.kind,
        "content": message.content,
        "mentions": [user_object(view.world.users[u]) for u in message.mentions],
        "mention_roles": [str(role_id) for role_id in message.mention_roles],
        "attachments": [
            attachment_object(view, each, ephemeral=ephemeral) for each in listed(files, message.embeds)
        ],
        "embeds": [shown_embed(view, embed, files) for embed in embeds],
        "timestamp": stamp(message.sent_at),
        "edited_timestamp": maybe_stamp(message.edited_at),
        "flags": message.flags,
        "components": [shown_component(view, component, files) for component in message.components],
    }


def _reference_fields(view: View, message: Message, *, nested: bool) -> Json:
    reference = message.reference
    if reference is None:
        return {}
    pointer: Json = {"type": 1 if reference.forward else 0, "channel_id": str(reference.channel_id)}
    if reference.message_id is not None:
        pointer["message_id"] = str(reference.message_id)
    if reference.guild_id is not None:
        pointer["guild_id"] = str(reference.guild_id)
    fields: Json = {"message_reference": pointer}
    if message.kind in (REPLY, THREAD_STARTER, SLASH_COMMAND, CONTEXT_COMMAND) and not nested:
        target = view.world.message(reference.channel_id, reference.message_id or 0)
        fields["referenced_message"] = None if target is None else message_object(view, target, nested=True)
    return fields


def _cause_fields(view: View, message: Message, cause: Cause) -> Json:
    channel = view.world.channels.get(message.channel_id)
    guild_id = 0 if channel is None else channel.guild_id or 0
    fields: Json = {"interaction_metadata": _metadata(view, cause, guild_id)}
    if cause.kind == 2:  # noqa: PLR2004 - an application command
        fields["interaction"] = {
            "id": str(cause.interaction_id),
            "type": cause.kind,
            "name": cause.name,
            "user": user_object(view.world.users[cause.user_id]),
        }
    return fields


def _metadata(view: View, cause: Cause, guild_id: int) -> Json:
    """How an interaction is named (/docs/resources/message#message-interaction-metadata-object)."""
    data: Json = {
        "id": str(cause.interaction_id),
        "type": cause.kind,
        "user": user_object(view.world.users[cause.user_id]),
        "authorizing_integration_owners": {"0": str(guild_id)},
    }
    if cause.original_response_id is not None:
        data["original_response_message_id"] = str(cause.original_response_id)
    if cause.target_user_id is not None:
        data["target_user"] = user_object(view.world.users[cause.target_user_id])
    if cause.target_message_id is not None:
        data["target_message_id"] = str(cause.target_message_id)
    if cause.interacted_message_id is not None:
        data["interacted_message_id"] = str(cause.interacted_message_id)
    if cause.triggered_by is not None:
        data["triggering_interaction_metadata"] = _metadata(view, cause.triggered_by, guild_id)
    return data


def dispatched_message(view: View, message: Message, *, with_nonce: bool = False) -> Json:
    """A message as the gateway sends it: with its guild and the author's and mentioned users' membership."""
    data = message_object(view, message, with_nonce=with_nonce)
    data.pop("reactions", None)
    channel = view.world.channels[message.channel_id]
    if channel.guild_id is None:
        return data
    data["guild_id"] = str(channel.guild_id)
    author = view.world.member(channel.guild_id, message.author_id)
    if author is not None and message.face is None:
        data["member"] = bare_member_object(author)
    for mention in data["mentions"]:
        member = view.world.member(channel.guild_id, int(mention["id"]))
        if member is not None:
            mention["member"] = bare_member_object(member)
    return data


def readable_by(data: Json, application_id: int) -> Json:
    """The same message as an application without the Message Content intent gets it.

    It reads only what it wrote itself and what mentions it; the text of a webhook, its own too, stays hidden.
    https://discord.com/developers/docs/events/gateway#message-content-intent
    """
    own = str(application_id)
    referenced = data.get("referenced_message")
    if referenced is not None:
        data = {**data, "referenced_message": readable_by(referenced, application_id)}
    if data["author"]["id"] == own or any(mention["id"] == own for mention in data["mentions"]):
        return data
    blank: Json = {"content": "", "embeds": [], "attachments": [], "components": []}
    if "message_snapshots" in data:
        blank["message_snapshots"] = [
            {"message": {**s["message"], **blank}} for s in data["message_snapshots"]
        ]
    return {name: value for name, value in {**data, **blank}.items() if name != "poll"}
