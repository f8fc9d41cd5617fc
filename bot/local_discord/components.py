"""Message and modal components: checked, completed and numbered as Discord stores them.

https://discord.com/developers/docs/components/reference
"""

from dataclasses import dataclass, field

from bot.local_discord.form import Form
from bot.local_discord.model import Json

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
SELECTS = frozenset({STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT})
IN_CONTAINER = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR})
TOP_V2 = IN_CONTAINER | {CONTAINER}
LINK, PREMIUM = 5, 6


@dataclass(slots=True)
class _Numbering:
    """Gives each component its id, counts them, and sees that custom ids do not repeat."""

    form: Form
    next_id: int = 1
    custom_ids: set[str] = field(default_factory=set[str])

    def base(self, form: Form, kind: int) -> Json:
        given = form.integer("id")
        number = given or self.next_id
        self.next_id += 1
        return {"type": kind, "id": number}

    def custom_id(self, form: Form) -> str:
        text = form.text("custom_id", least=1, most=100, required=True) or ""
        if text and text in self.custom_ids:
            form.refuse(
                "custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
            )
        self.custom_ids.add(text)
        return text


def read_components(form: Form, *, v2: bool) -> tuple[Json, ...] | None:
    """The components of a message body, None where it has none; ``v2`` allows the layout components."""
    forms = form.forms("components", most=40 if v2 else 5)
    if forms is None:
        return None
    numbering = _Numbering(form)
    found = [_component(each, numbering, TOP_V2 if v2 else frozenset({ROW})) for each in forms]
    if v2 and numbering.next_id > 41:  # noqa: PLR2004 - forty components, numbered from one
        form.refuse("components", "BASE_TYPE_MAX_LENGTH", "Must be 40 or fewer in length.")
    return tuple(component for component in found if component)


def _component(form: Form, numbering: _Numbering, allowed: frozenset[int]) -> Json:
    kind = form.choice("type", allowed, required=True)
    if kind is None:
        return {}
    data = numbering.base(form, kind)
    if kind == ROW:
        data["components"] = _row(form, numbering)
    elif kind == BUTTON:
        _button(form, numbering, data)
    elif kind in SELECTS:
        _select(form, numbering, data, kind)
    elif kind == TEXT:
        data["content"] = form.text("content", least=1, most=4000, required=True) or ""
    elif kind == SEPARATOR:
        divider = form.boolean("divider")
        data |= {"spacing": form.choice("spacing", {1, 2}) or 1, "divider": divider is not False}
    elif kind == CONTAINER:
        inner = form.forms("components", least=1, most=39, required=True) or []
        data |= {
            "accent_color": form.integer("accent_color", most=0xFFFFFF),
            "spoiler": bool(form.boolean("spoiler")),
            "components": [_component(each, numbering, IN_CONTAINER) for each in inner],
        }
    elif kind == SECTION:
        inner = form.forms("components", least=1, most=3, required=True) or []
        accessory = form.form("accessory", required=True)
        data["components"] = [_component(each, numbering, frozenset({TEXT})) for each in inner]
        if accessory is not None:
            data["accessory"] = _component(accessory, numbering, frozenset({BUTTON, THUMBNAIL}))
    else:
        _media(form, data, kind)
    return data


def _row(form: Form, numbering: _Numbering) -> list[Json]:
    inner = form.forms("components", least=1, most=5, required=True) or []
    found = [_component(each, numbering, SELECTS | {BUTTON}) for each in inner]
    if len(found) > 1 and any(component.get("type") in SELECTS for component in found):
        form.refuse(
            "", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
        )
    return found


def _button(form: Form, numbering: _Numbering, data: Json) -> None:
    style = form.choice("style", {1, 2, 3, 4, LINK, PREMIUM}, required=True) or 1
    data["style"] = style
    label = form.text("label", most=80)
    if label:
        data["label"] = label
    emoji = form.form("emoji")
    if emoji is not None:
        identifier = emoji.snowflake("id")
        data["emoji"] = {"name": emoji.text("name", most=32) or ""}
        if identifier is not None:
            data["emoji"]["id"] = str(identifier)
    if style == LINK:
        url = form.url("url", most=512)
        if url is None:
            form.refuse("url", "BASE_TYPE_REQUIRED", "A url is required")
        data["url"] = url
    elif style == PREMIUM:
        data["sku_id"] = str(form.snowflake("sku_id", required=True) or 0)
    else:
        data["custom_id"] = numbering.custom_id(form)
    if style != PREMIUM and not label and emoji is None:
        form.refuse("", "BUTTON_COMPONENT_LABEL_REQUIRED", "A label or emoji is required")
    data["disabled"] = bool(form.boolean("disabled"))


def _select(form: Form, numbering: _Numbering, data: Json, kind: int) -> None:
    least, most = form.integer("min_values", most=25, default=1), form.integer("max_values", least=1, most=25)
    data |= {
        "custom_id": numbering.custom_id(form),
        "min_values": 1 if least is None else least,
        "max_values": most or 1,
        "disabled": bool(form.boolean("disabled")),
    }
    if placeholder := form.text("placeholder", most=150):
        data["placeholder"] = placeholder
    if kind == CHANNEL_SELECT:
        data["channel_types"] = [t for t in form.items("channel_types", most=25) or [] if isinstance(t, int)]
    if kind != STRING_SELECT:
        return
    options: list[Json] = []
    for each in form.forms("options", least=1, most=25, required=True) or []:
        option: Json = {
            "label": each.text("label", least=1, most=100, required=True) or "",
            "value": each.text("value", least=1, most=100, required=True) or "",
        }
        if description := each.text("description", most=100):
            option["description"] = description
        if (default := each.boolean("default")) is not None:
            option["default"] = default
        emoji = each.form("emoji")
        if emoji is not None:
            option["emoji"] = {"name": emoji.text("name", most=32) or ""}
        options.append(option)
    values = [option["value"] for option in options]
    if len(set(values)) != len(values):
        form.refuse(
            "options",
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
            "The specified option value is already used",
        )
    data["options"] = options


def _media(form: Form, data: Json, kind: int) -> None:
    spoiler = bool(form.boolean("spoiler"))
    if kind == FILE:
        data |= {
            "file": _unfurled(form.form("file", required=True)),
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


def _unfurled(form: Form | None) -> Json:
    url = "" if form is None else form.url("url") or ""
    return {"id": "0", "url": url, "proxy_url": url, "width": None, "height": None, "content_type": None}


def read_modal(form: Form) -> Json:
    """The title, custom id and inputs of a modal; kept as declared, since only the member's client draws it."""
    components = form.forms("components", least=1, most=40, required=True) or []
    if not components:
        form.refuse("components", "BASE_TYPE_REQUIRED", "This field is required")
    return {
        "custom_id": form.text("custom_id", least=1, most=100, required=True) or "",
        "title": form.text("title", least=1, most=45, required=True) or "",
        "components": [_modal_part(each) for each in components],
    }


def _modal_part(form: Form) -> Json:
    kind = form.choice("type", {ROW, LABEL, TEXT}, required=True)
    if kind == ROW:
        for each in form.forms("components", least=1, most=1, required=True) or []:
            each.choice("type", {TEXT_INPUT}, required=True)
            each.text("custom_id", least=1, most=100, required=True)
            each.text("label", least=1, most=45, required=True)
            each.choice("style", {1, 2}, required=True)
    elif kind == LABEL:
        form.text("label", least=1, most=45, required=True)
        form.form("component", required=True)
    return form.data


def find_component(components: tuple[Json, ...] | list[Json], custom_id: str) -> Json | None:
    """The component with this custom id, wherever it is nested."""
    for component in components:
        if component.get("custom_id") == custom_id:
            return component
        inner: list[Json] = [*component.get("components", [])]
        if "accessory" in component:
            inner.append(component["accessory"])
        found = find_component(inner, custom_id)
        if found is not None:
            return found
    return None
