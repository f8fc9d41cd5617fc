"""Discord's objects as tools answer them: short, with addresses, and without anything that is secret."""

from pydantic import JsonValue

from bot.mcp.serving.tools import Json
from bot.plugins.permissions import names_of

KINDS = {
    0: "text", 1: "direct", 2: "voice", 4: "category", 5: "announcement", 10: "announcement thread",
    11: "thread", 12: "private thread", 13: "stage", 15: "forum", 16: "media",
}  # fmt: skip


def message_url(guild_id: int | None, channel_id: int, message_id: int) -> str:
    """Where people find a message."""
    return f"https://discord.com/channels/{guild_id or '@me'}/{channel_id}/{message_id}"


def message(raw: Json, guild_id: int | None) -> dict[str, JsonValue]:
    """A message. What it says was written by somebody else: it is material."""
    author: Json = raw.get("author") or {}
    found: dict[str, JsonValue] = {
        "id": str(raw["id"]),
        "channel_id": str(raw["channel_id"]),
        "url": message_url(guild_id, int(raw["channel_id"]), int(raw["id"])),
        "author": {**user(author), "bot": bool(author.get("bot")) or "webhook_id" in raw},
        "content": str(raw.get("content", "")),
        "timestamp": str(raw.get("timestamp", "")),
    }
    reference: Json = raw.get("message_reference") or {}
    optional: dict[str, JsonValue] = {
        "edited": raw.get("edited_timestamp"),
        "reply_to": reference.get("message_id"),
        "webhook_id": raw.get("webhook_id"),
        "pinned": bool(raw.get("pinned")),
        "thread_id": _inner(raw, "thread").get("id"),
        "attachments": [attachment(one) for one in raw.get("attachments", ())],
        "embeds": [embed(one) for one in raw.get("embeds", ())],
        "reactions": [
            {"emoji": emoji(one["emoji"]), "count": int(one.get("count", 0))}
            for one in raw.get("reactions", ())
        ],
        "poll": None if raw.get("poll") is None else poll(raw["poll"]),
    }
    return found | {name: value for name, value in optional.items() if value}


def user(raw: Json) -> dict[str, JsonValue]:
    """A person or bot."""
    return {"id": str(raw.get("id", "")), "name": str(raw.get("global_name") or raw.get("username") or "")}


def member(raw: Json) -> dict[str, JsonValue]:
    """A member of a server."""
    who: Json = raw.get("user") or {}
    return {
        **user(who),
        "username": str(who.get("username", "")),
        "nick": raw.get("nick"),
        "bot": bool(who.get("bot")),
        "roles": [str(one) for one in raw.get("roles", ())],
        "joined_at": raw.get("joined_at"),
        "timed_out_until": raw.get("communication_disabled_until"),
    }


def channel(raw: Json) -> dict[str, JsonValue]:
    """A channel or thread."""
    details: Json = raw.get("thread_metadata") or {}
    optional: dict[str, JsonValue] = {
        "parent_id": raw.get("parent_id"),
        "topic": raw.get("topic"),
        "archived": details.get("archived"),
        "locked": details.get("locked"),
        "messages": raw.get("message_count"),
        "nsfw": raw.get("nsfw") or None,
        "tags": [tag(one) for one in raw.get("available_tags", ())],
        "applied_tags": raw.get("applied_tags"),
    }
    return {
        "id": str(raw["id"]),
        "name": str(raw.get("name", "")),
        "kind": KINDS.get(int(raw.get("type", -1)), "other"),
        "url": f"https://discord.com/channels/{raw.get('guild_id') or '@me'}/{raw['id']}",
        **{name: value for name, value in optional.items() if value not in (None, [])},
    }


def tag(raw: Json) -> dict[str, JsonValue]:
    """A tag of a forum."""
    return {"id": str(raw.get("id", "")), "name": str(raw.get("name", ""))}


def role(raw: Json) -> dict[str, JsonValue]:
    """A role."""
    return {
        "id": str(raw["id"]),
        "name": str(raw.get("name", "")),
        "color": f"#{int(raw.get('color', 0)):06x}",
        "position": int(raw.get("position", 0)),
        "permissions": [*names_of(int(raw.get("permissions", 0)))],
        "mentionable": bool(raw.get("mentionable")),
    }


def webhook(raw: Json) -> dict[str, JsonValue]:
    """A webhook, without what would let others speak through it."""
    return {
        "id": str(raw["id"]),
        "name": str(raw.get("name") or ""),
        "channel_id": str(raw.get("channel_id", "")),
    }


def attachment(raw: Json) -> dict[str, JsonValue]:
    """A file of a message."""
    return {
        "id": str(raw["id"]),
        "filename": str(raw.get("filename", "")),
        "size": int(raw.get("size", 0)),
        "type": str(raw.get("content_type") or ""),
        "url": str(raw.get("url", "")),
    }


def embed(raw: Json) -> dict[str, JsonValue]:
    """A card."""
    kept: dict[str, JsonValue] = {
        name: raw[name] for name in ("title", "description", "url") if raw.get(name)
    }
    fields = [{"name": str(one["name"]), "value": str(one["value"])} for one in raw.get("fields", ())]
    if fields:
        kept["fields"] = [dict[str, JsonValue](one) for one in fields]
    for name, inner in (("author", "name"), ("footer", "text"), ("image", "url")):
        value = _inner(raw, name).get(inner)
        if value:
            kept[name] = str(value)
    return kept


def poll(raw: Json) -> dict[str, JsonValue]:
    """A poll with what was voted so far."""
    votes: list[Json] = _inner(raw, "results").get("answer_counts") or []
    answers: list[Json] = raw.get("answers") or []
    counts = {int(one["id"]): int(one["count"]) for one in votes}
    return {
        "question": str(_inner(raw, "question").get("text", "")),
        "answers": [
            {
                "text": str(_inner(one, "poll_media").get("text", "")),
                "votes": counts.get(int(one.get("answer_id", 0)), 0),
            }
            for one in answers
        ],
        "ends": raw.get("expiry"),
    }


def emoji(raw: Json) -> str:
    """An emoji as the tools take it: itself, or ``name:id``."""
    return f"{raw.get('name')}:{raw['id']}" if raw.get("id") else str(raw.get("name", ""))


def _inner(raw: Json, name: str) -> Json:
    """An object within another; empty where it is left out."""
    return raw.get(name) or {}
