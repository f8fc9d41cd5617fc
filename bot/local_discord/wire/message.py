"""Messages with what hangs on them: attachments, reactions, references."""

from urllib.parse import quote

from bot.local_discord.model import (
    CONTEXT_COMMAND,
    REPLY,
    SLASH_COMMAND,
    THREAD_STARTER,
    Attachment,
    Cause,
    Json,
    Message,
    Reaction,
)
from bot.local_discord.wire.channel import thread_object
from bot.local_discord.wire.guild import bare_member_object
from bot.local_discord.wire.user import user_object, webhook_user_object
from bot.local_discord.wire.view import View, maybe_stamp, stamp


def attachment_object(view: View, attachment: Attachment) -> Json:
    """A file; both of its links lead to this server."""
    name = quote(attachment.filename)
    url = f"{view.base_url}/attachments/{attachment.channel_id}/{attachment.id}/{name}"
    data: Json = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": attachment.size,
        "url": url,
        "proxy_url": url,
        "content_type": attachment.content_type,
        "flags": 0,
    }
    if attachment.description is not None:
        data["description"] = attachment.description
    return data


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
        "type": message.kind,
        "content": message.content,
        "mentions": [user_object(view.world.users[u]) for u in message.mentions],
        "mention_roles": [str(role_id) for role_id in message.mention_roles],
        "attachments": [attachment_object(view, attachment) for attachment in message.attachments],
        "embeds": list(message.embeds),
        "timestamp": stamp(message.sent_at),
        "edited_timestamp": maybe_stamp(message.edited_at),
        "flags": message.flags,
        "components": list(message.components),
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "author": author_object(view, message),
        "pinned": message.pinned_at is not None,
        "mention_everyone": message.mention_everyone,
        "tts": message.tts,
    }
    if message.reactions and not nested:
        data["reactions"] = [reaction_object(view, reaction) for reaction in message.reactions]
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
    if thread is not None and thread.thread is not None:
        data["thread"] = thread_object(view, thread, thread.thread)
    if message.cause is not None:
        data |= _cause_fields(view, message.cause)
    data |= _reference_fields(view, message, nested=nested)
    return data


def _reference_fields(view: View, message: Message, *, nested: bool) -> Json:
    reference = message.reference
    if reference is None:
        return {}
    pointer: Json = {"type": 0, "channel_id": str(reference.channel_id)}
    if reference.message_id is not None:
        pointer["message_id"] = str(reference.message_id)
    if reference.guild_id is not None:
        pointer["guild_id"] = str(reference.guild_id)
    fields: Json = {"message_reference": pointer}
    if message.kind in (REPLY, THREAD_STARTER, SLASH_COMMAND, CONTEXT_COMMAND) and not nested:
        target = view.world.message(reference.channel_id, reference.message_id or 0)
        fields["referenced_message"] = None if target is None else message_object(view, target, nested=True)
    return fields


def _cause_fields(view: View, cause: Cause) -> Json:
    user = user_object(view.world.users[cause.user_id])
    metadata: Json = {
        "id": str(cause.interaction_id),
        "type": cause.kind,
        "user": user,
        "authorizing_integration_owners": {},
    }
    if cause.original_response_id is not None:
        metadata["original_response_message_id"] = str(cause.original_response_id)
    fields: Json = {"interaction_metadata": metadata}
    if cause.kind == 2:  # noqa: PLR2004 - an application command
        fields["interaction"] = {
            "id": str(cause.interaction_id),
            "type": cause.kind,
            "name": cause.name,
            "user": user,
        }
    elif cause.kind == 3:  # noqa: PLR2004 - a component
        metadata["interacted_message_id"] = str(cause.interacted_message_id)
    else:
        metadata["triggering_interaction_metadata"] = {
            "id": str(cause.interaction_id),
            "type": 2,
            "user": user,
            "authorizing_integration_owners": {},
        }
    return fields


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
    return {**data, "content": "", "embeds": [], "attachments": [], "components": []}
