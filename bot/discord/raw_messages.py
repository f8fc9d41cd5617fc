"""Messages as Discord's JSON has them, in changes that the gateway tells and in the history, as events bring them."""

from typing import Any

from bot.discord.events import Author, Message, RepliedTo, Where
from bot.plugins.values import Attachment, Role

type Json = dict[str, Any]

_REPLY = 19
_SHOWS = ("content", "attachments", "embeds", "sticker_items")


def message_from(data: Json, where: Where, author: Author, me: int, *, reads_all: bool) -> Message:
    """A message; ``me`` is the bot's user id, ``reads_all`` whether it has the Message Content intent."""
    mentions: list[Json] = data.get("mentions") or []
    mentions_me = any(int(user["id"]) == me for user in mentions)
    blank = not any(data.get(part) for part in _SHOWS)
    return Message(
        id=int(data["id"]),
        where=where,
        author=author,
        text=str(data.get("content", "")),
        mentions_me=mentions_me,
        reply_to=_reply_to(data, me),
        hidden=blank and not (reads_all or mentions_me or where.direct or author.id == me),
        attachments=attachments_of(data),
        mentioned_roles=tuple(Role(int(role), "") for role in data.get("mention_roles") or ()),
        mentions_others=any(int(user["id"]) != me for user in mentions),
    )


def attachments_of(data: Json) -> tuple[Attachment, ...]:
    """The files of a message; nothing of them has been fetched."""
    files: list[Json] = data.get("attachments") or []
    return tuple(
        Attachment(
            int(file["id"]),
            str(file.get("filename", "")),
            str(file.get("url", "")),
            int(file.get("size", 0)),
            str(file.get("content_type") or ""),
        )
        for file in files
    )


def name_of(user: Json, member: Json | None = None) -> str:
    """The name that people see."""
    nick = (member or {}).get("nick")
    return str(nick or user.get("global_name") or user.get("username", ""))


def is_bot(message: Json) -> bool:
    """Whether a program wrote it: a bot or a webhook."""
    user: Json = message["author"]
    return bool(user.get("bot")) or "webhook_id" in message


def _reply_to(data: Json, me: int) -> RepliedTo | None:
    reference: Json = data.get("message_reference") or {}
    if data.get("type") != _REPLY or not reference.get("message_id"):
        return None
    answered: Json | None = data.get("referenced_message")
    if answered is None:
        return RepliedTo(int(reference["message_id"]))
    user: Json = answered["author"]
    webhook = answered.get("webhook_id")
    return RepliedTo(
        int(reference["message_id"]),
        name_of(user),
        str(answered.get("content", "")),
        mine=int(user["id"]) == me,
        webhook_id=int(webhook) if webhook else None,
    )
