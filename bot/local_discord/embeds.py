"""Embeds: checked against Discord's limits and completed as Discord stores them.

https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from bot.local_discord.form import Form
from bot.local_discord.model import Json
from bot.local_discord.settings import LIMITS

COLORS = 0xFFFFFF


def read_embeds(form: Form, *, most: int = LIMITS.embeds) -> tuple[Json, ...] | None:
    """The embeds of a message body, None where it has none."""
    if not form.has("embeds") and form.has("embed"):
        one = form.form("embed")
        forms = [] if one is None else [one]
    else:
        given = form.forms("embeds", most=most)
        if given is None:
            return None
        forms = given
    counted = [_embed(each) for each in forms]
    if sum(size for _, size in counted) > LIMITS.embed_characters:
        message = f"Embed size exceeds maximum size of {LIMITS.embed_characters}"
        form.refuse("embeds", "MAX_EMBED_SIZE_EXCEEDED", message)
    return tuple(embed for embed, _ in counted)


def _embed(form: Form) -> tuple[Json, int]:
    embed: Json = {"type": "rich"}
    size = 0
    for name, most in (("title", 256), ("description", 4096)):
        if text := form.text(name, most=most):
            embed[name] = text
            size += len(text)
    _with_links(form, embed, ("url",))
    color = form.integer("color", most=COLORS)
    if color is not None:
        embed["color"] = color
    moment = form.time("timestamp")
    if moment is not None:
        embed["timestamp"] = moment.isoformat()
    for name, text_name, most in (("footer", "text", 2048), ("author", "name", 256)):
        part = _captioned(form.form(name), text_name, most)
        if part:
            size += len(part[text_name])
            embed[name] = part
    for name in ("image", "thumbnail"):
        part = _with_links(form.form(name), {}, ("url",))
        if part:
            embed[name] = {**part, "proxy_url": part["url"]}
    fields, characters = _fields(form)
    if fields:
        embed["fields"] = fields
    return embed, size + characters


def _fields(form: Form) -> tuple[list[Json], int]:
    fields: list[Json] = []
    size = 0
    for part in form.forms("fields", most=25) or []:
        title = part.text("name", least=1, most=256, required=True) or ""
        value = part.text("value", least=1, most=1024, required=True) or ""
        size += len(title) + len(value)
        fields.append({"name": title, "value": value, "inline": bool(part.boolean("inline"))})
    return fields, size


def _captioned(form: Form | None, text_name: str, most: int) -> Json:
    """A footer or author; empty without its text."""
    text = None if form is None else form.text(text_name, most=most)
    return _with_links(form, {text_name: text}, ("url", "icon_url")) if text else {}


def _with_links(form: Form | None, part: Json, names: tuple[str, ...]) -> Json:
    for name in names:
        url = None if form is None else form.url(name)
        if url:
            part[name] = url
    return part
