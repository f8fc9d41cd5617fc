"""Embeds: checked against Discord's limits and completed as Discord stores them.

https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from bot.local_discord.form import Form
from bot.local_discord.model import Json
from bot.local_discord.settings import LIMITS

COLORS = 0xFFFFFF
_LINK, _PICTURE = ("http", "https"), ("http", "https", "attachment")
_SEEN = ("title", "description", "footer", "author", "image", "thumbnail", "fields")


def read_embeds(form: Form, *, most: int = LIMITS.embeds) -> tuple[Json, ...] | None:
    """The embeds of a message body, none for null, and None where it has no such field."""
    if not form.has("embeds"):
        return None
    counted = [_embed(each) for each in form.forms("embeds", most=most) or []]
    if sum(size for _, size in counted) > LIMITS.embed_characters:
        message = f"Embed size exceeds maximum size of {LIMITS.embed_characters}"
        form.refuse("embeds", "MAX_EMBED_SIZE_EXCEEDED", message)
    return tuple(embed for embed, _ in counted)


def _embed(form: Form) -> tuple[Json, int]:
    problems_before = len(form.problems.found)
    embed: Json = {"type": "rich"}
    for name, most in (("title", 256), ("description", 4096)):
        if text := _words(form, name, most):
            embed[name] = text
    _with_links(form, embed, {"url": _LINK})
    color = form.integer("color", most=COLORS)
    if color is not None:
        embed["color"] = color
    moment = _moment(form)
    if moment is not None:
        embed["timestamp"] = moment.isoformat()
    parts = {
        "footer": _captioned(form.form("footer"), "text", 2048),
        "author": _captioned(form.form("author"), "name", 256),
        "image": _with_links(form.form("image"), {}, {"url": _PICTURE}),
        "thumbnail": _with_links(form.form("thumbnail"), {}, {"url": _PICTURE}),
        "fields": _fields(form),
    }
    embed |= {name: part for name, part in parts.items() if part}
    if not any(name in embed for name in _SEEN) and len(form.problems.found) == problems_before:
        form.refuse("description", "BASE_TYPE_REQUIRED", "This field is required")
    return embed, _characters(embed)


def _characters(embed: Json) -> int:
    """The characters of an embed that count for all embeds of a message together."""
    texts = [embed.get("title", ""), embed.get("description", "")]
    texts += [embed.get("footer", {}).get("text", ""), embed.get("author", {}).get("name", "")]
    texts += [text for field in embed.get("fields", []) for text in (field["name"], field["value"])]
    return sum(len(text) for text in texts)


def _fields(form: Form) -> list[Json]:
    return [
        {
            "name": _words(part, "name", 256, required=True),
            "value": _words(part, "value", 1024, required=True),
            "inline": bool(part.boolean("inline")),
        }
        for part in form.forms("fields", most=25) or []
    ]


def _words(form: Form, name: str, most: int, *, required: bool = False) -> str:
    """A text without the white space around it, which does not count."""
    value = form.data.get(name)
    if isinstance(value, str):
        form = replace(form, data={name: value.strip() or None})
    return form.text(name, most=most, required=required) or ""


def _captioned(form: Form | None, text_name: str, most: int) -> Json:
    """A footer or author; empty without its text."""
    text = "" if form is None else _words(form, text_name, most)
    links = {"url": _LINK, "icon_url": _PICTURE} if text_name == "name" else {"icon_url": _PICTURE}
    part = _with_links(form, {text_name: text}, links)
    return part if text else {}


def _with_links(form: Form | None, part: Json, names: dict[str, tuple[str, ...]]) -> Json:
    for name, schemes in names.items():
        url = None if form is None else _link(form, name, schemes)
        if url:
            part[name] = url
    return part


def _link(form: Form, name: str, schemes: tuple[str, ...]) -> str | None:
    text = _words(form, name, 2048)
    if not text:
        return None
    scheme, colon, rest = text.partition(":")
    if not colon or not _well_formed(text, rest):
        form.refuse(name, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        return None
    if scheme.lower() not in schemes:
        message = f'Scheme "{scheme[:100].lower()}" is not supported. Scheme must be one of {schemes}.'
        form.refuse(name, "URL_TYPE_INVALID_SCHEME", message)
        return None
    return text


def _well_formed(text: str, rest: str) -> bool:
    try:
        host = urlsplit(text).netloc
    except ValueError:
        return False
    return rest.startswith("//") and bool(host) and not any(c.isspace() for c in text)


def _moment(form: Form) -> datetime | None:
    value = form.data.get("timestamp")
    if value is not None and not isinstance(value, str):
        message = f"Could not parse {str(value)[:100]}. Should be ISO8601."
        form.refuse("timestamp", "DATE_TIME_TYPE_PARSE", message)
        return None
    return form.time("timestamp")
