"""Message components: checked, completed and numbered as Discord stores them.

https://discord.com/developers/docs/components/reference
"""

from bot.local_discord.form import Form
from bot.local_discord.interactions.component_parts import (
    BUTTON,
    CHANNEL_SELECT,
    CONTAINER,
    FILE,
    GALLERY,
    LABEL,
    MENTIONABLE_SELECT,
    ROLE_SELECT,
    ROW,
    SECTION,
    SELECTS,
    SEPARATOR,
    STRING_SELECT,
    TEXT,
    TEXT_INPUT,
    THUMBNAIL,
    USER_SELECT,
    Numbering,
    every,
    numbering,
    read_emoji,
    read_select,
)
from bot.local_discord.model import Json
from bot.local_discord.settings import LIMITS

__all__ = (
    "BUTTON",
    "CHANNEL_SELECT",
    "LABEL",
    "MENTIONABLE_SELECT",
    "ROLE_SELECT",
    "SELECTS",
    "STRING_SELECT",
    "TEXT_INPUT",
    "USER_SELECT",
    "find_component",
    "read_components",
)

IN_CONTAINER = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR})
TOP_V2 = IN_CONTAINER | {CONTAINER}
LINK, PREMIUM = 5, 6
ROWS = 5
_MUTUALLY = "A custom id and url cannot both be specified"


def read_components(form: Form, *, v2: bool) -> tuple[Json, ...] | None:
    """The components of a message body, None where it has none; ``v2`` allows the layout components."""
    forms = form.forms("components", most=LIMITS.layout_components if v2 else ROWS)
    if forms is None:
        return None
    numbers = numbering(forms)
    found = [_component(each, numbers, TOP_V2 if v2 else frozenset({ROW})) for each in forms]
    if numbers.count > LIMITS.layout_components:
        message = f"Must be {LIMITS.layout_components} or fewer in length."
        form.refuse("components", "BASE_TYPE_MAX_LENGTH", message)
    if numbers.text > LIMITS.layout_text:
        message = f"Components displayable text size exceeds maximum size of {LIMITS.layout_text}"
        form.refuse("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    return tuple(component for component in found if component)


def _component(form: Form, numbers: Numbering, allowed: frozenset[int]) -> Json:
    kind = form.choice("type", allowed, required=True)
    if kind is None:
        return {}
    data = numbers.base(form, kind)
    if kind == ROW:
        data["components"] = _row(form, numbers)
    elif kind == BUTTON:
        _button(form, numbers, data)
    elif kind in SELECTS:
        read_select(form, numbers, data, kind)
    elif kind == TEXT:
        data["content"] = numbers.display(form)
    elif kind == SEPARATOR:
        divider = form.boolean("divider")
        data |= {"spacing": form.choice("spacing", {1, 2}) or 1, "divider": divider is not False}
    elif kind == CONTAINER:
        inner = form.forms("components", least=1, most=LIMITS.layout_components, required=True) or []
        data |= {
            "accent_color": form.integer("accent_color", most=0xFFFFFF),
            "spoiler": bool(form.boolean("spoiler")),
            "components": [_component(each, numbers, IN_CONTAINER) for each in inner],
        }
    elif kind == SECTION:
        inner = form.forms("components", least=1, most=3, required=True) or []
        accessory = form.form("accessory", required=True)
        data["components"] = [_component(each, numbers, frozenset({TEXT})) for each in inner]
        if accessory is not None:
            data["accessory"] = _component(accessory, numbers, frozenset({BUTTON, THUMBNAIL}))
    else:
        _media(form, data, kind)
    return data


def _row(form: Form, numbers: Numbering) -> list[Json]:
    inner = form.forms("components", least=1, most=5, required=True) or []
    found = [_component(each, numbers, SELECTS | {BUTTON}) for each in inner]
    if len(found) > 1 and any(component.get("type") in SELECTS for component in found):
        form.refuse(
            "", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
        )
    return found


def _button(form: Form, numbers: Numbering, data: Json) -> None:
    style = form.choice("style", {1, 2, 3, 4, LINK, PREMIUM}, required=True) or 1
    data["style"] = style
    label, emoji = form.text("label", most=80), read_emoji(form)
    if label:
        data["label"] = label
    if emoji is not None:
        data["emoji"] = emoji
    url, custom_id = form.url("url", most=512), form.data.get("custom_id")
    if style == LINK:
        if url is None and not form.data.get("url"):
            form.refuse("url", "BASE_TYPE_REQUIRED", "A url is required")
        if custom_id is not None:
            form.refuse("custom_id", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", _MUTUALLY)
        data["url"] = url
    elif style == PREMIUM:
        data["sku_id"] = str(form.snowflake("sku_id", required=True) or 0)
        if custom_id is not None or url is not None or label or emoji is not None:
            message = "Premium buttons have no custom id, label, url or emoji"
            form.refuse("", "BUTTON_COMPONENT_PREMIUM_INVALID", message)
    else:
        data["custom_id"] = numbers.custom_id(form)
        if url is not None:
            form.refuse("url", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", _MUTUALLY)
    if style != PREMIUM and not label and emoji is None:
        form.refuse("", "BUTTON_COMPONENT_LABEL_REQUIRED", "A label or emoji is required")
    data["disabled"] = bool(form.boolean("disabled"))


def _media(form: Form, data: Json, kind: int) -> None:
    spoiler = bool(form.boolean("spoiler"))
    if kind == FILE:
        data |= {
            "file": _unfurled(form.form("file", required=True), attached=True),
            "name": None,
            "size": None,
            "spoiler": spoiler,
        }
    elif kind == THUMBNAIL:
        description = form.text("description", most=1024)
        media = _unfurled(form.form("media", required=True))
        data |= {"media": media, "description": description, "spoiler": spoiler}
    else:
        data["items"] = [
            {
                "media": _unfurled(item.form("media", required=True)),
                "description": item.text("description", most=1024),
                "spoiler": bool(item.boolean("spoiler")),
            }
            for item in form.forms("items", least=1, most=10, required=True) or []
        ]


def _unfurled(form: Form | None, *, attached: bool = False) -> Json:
    """A file or picture; ``attached`` says that it must be one of the message's own files."""
    url = ""
    if form is not None:
        text = form.text("url", most=2048, required=True)
        if attached and text is not None and not text.startswith("attachment://"):
            form.refuse("url", "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('attachment',).")
        url = form.url("url") or ""
    return {"id": "0", "url": url, "proxy_url": url, "width": None, "height": None, "content_type": None}


def find_component(components: tuple[Json, ...] | list[Json], custom_id: str) -> Json | None:
    """The component with this custom id, wherever it is nested."""
    return next((each for each in every(components) if each.get("custom_id") == custom_id), None)
