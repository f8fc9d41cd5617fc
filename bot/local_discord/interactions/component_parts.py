"""What message components and modal components have in common: numbers, custom ids, selects, emojis.

https://discord.com/developers/docs/components/reference
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from bot.local_discord.form import Form
from bot.local_discord.messages.unicode_emoji import is_emoji
from bot.local_discord.model import Json

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 19, 21, 22, 23
SELECTS = frozenset({STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT})
CHANNEL_TYPES = frozenset({0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15})
MOST_VALUES = 25
_NESTED = ("components", "component", "accessory")
_DEFAULTS = {
    USER_SELECT: ("user",),
    ROLE_SELECT: ("role",),
    MENTIONABLE_SELECT: ("user", "role"),
    CHANNEL_SELECT: ("channel",),
}


def inside(component: Json) -> Iterator[Json]:
    """The components directly inside another one."""
    for name in _NESTED:
        held: object = component.get(name)
        if isinstance(held, dict):
            yield cast("Json", held)
        elif isinstance(held, list):
            yield from (cast("Json", each) for each in cast("list[object]", held) if isinstance(each, dict))


def every(components: list[Json] | tuple[Json, ...]) -> Iterator[Json]:
    """All components, however deep, each before what is in it."""
    waiting = list(reversed(components))
    while waiting:
        component = waiting.pop()
        yield component
        waiting.extend(reversed(list(inside(component))))


@dataclass(slots=True)
class Numbering:
    """Gives each component its id, counts them, and sees that ids and custom ids do not repeat."""

    taken: set[int]
    count: int = 0
    text: int = 0
    _last: int = 0
    _given: set[int] = field(default_factory=set[int])
    _custom_ids: set[str] = field(default_factory=set[str])

    def base(self, form: Form, kind: int) -> Json:
        """The type and id that a component's JSON starts with; an id of 0 counts as none."""
        given = form.integer("id") or 0
        if given in self._given:
            form.refuse("id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
        if given:
            self._given.add(given)
        self.count += 1
        return {"type": kind, "id": given or self._next()}

    def _next(self) -> int:
        self._last += 1
        while self._last in self.taken:
            self._last += 1
        return self._last

    def custom_id(self, form: Form) -> str:
        """The custom id of a component."""
        text = form.text("custom_id", least=1, most=100, required=True) or ""
        if text and text in self._custom_ids:
            form.refuse(
                "custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
            )
        self._custom_ids.add(text)
        return text

    def display(self, form: Form) -> str:
        """The text of a text display."""
        content = form.text("content", least=1, most=4000, required=True) or ""
        self.text += len(content)
        return content


def numbering(forms: list[Form]) -> Numbering:
    """The numbering for components, which leaves out the ids that they bring along."""
    given = (part.get("id") for part in every([form.data for form in forms]))
    return Numbering({each for each in given if isinstance(each, int)})


def read_emoji(form: Form) -> Json | None:
    """The emoji on a button or option, None where there is none."""
    emoji = form.form("emoji")
    if emoji is None:
        return None
    name, identifier = emoji.text("name", most=32, required=True) or "", emoji.snowflake("id")
    if identifier is None:
        if name and not is_emoji(name):
            emoji.refuse("name", "COMPONENT_INVALID_EMOJI", "Invalid emoji")
        return {"name": name}
    return {"id": str(identifier), "name": name, "animated": bool(emoji.boolean("animated"))}


def read_options(form: Form, *, least: int, most: int, emojis: bool) -> list[Json]:
    """The options of a select or group; their values do not repeat."""
    found: list[Json] = []
    for each in form.forms("options", least=least, most=most, required=True) or []:
        option: Json = {
            "label": each.text("label", least=1, most=100, required=True) or "",
            "value": each.text("value", least=1, most=100, required=True) or "",
        }
        if description := each.text("description", most=100):
            option["description"] = description
        if (default := each.boolean("default")) is not None:
            option["default"] = default
        if emojis and (emoji := read_emoji(each)) is not None:
            option["emoji"] = emoji
        if option["value"] in [other["value"] for other in found]:
            message = "The specified option value is already used"
            each.refuse("value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
        found.append(option)
    return found


def read_bounds(form: Form, *, most: int, default_most: int) -> tuple[int, int]:
    """How many values may be chosen."""
    least = form.integer("min_values", most=most)
    highest = form.integer("max_values", least=1, most=most)
    low, high = 1 if least is None else least, default_most if highest is None else highest
    if low > high:
        message = "min_values must be less than or equal to max_values"
        form.refuse("min_values", "COMPONENT_MIN_VALUES_EXCEED_MAX_VALUES", message)
    return low, high


def read_select(form: Form, numbers: Numbering, data: Json, kind: int) -> None:
    """The rest of a select of any kind."""
    low, high = read_bounds(form, most=MOST_VALUES, default_most=1)
    data |= {
        "custom_id": numbers.custom_id(form),
        "min_values": low,
        "max_values": high,
        "disabled": bool(form.boolean("disabled")),
    }
    if placeholder := form.text("placeholder", most=150):
        data["placeholder"] = placeholder
    if kind == STRING_SELECT:
        data["options"] = read_options(form, least=1, most=MOST_VALUES, emojis=True)
        if sum(bool(option.get("default")) for option in data["options"]) > high:
            message = f"Must be {high} or fewer in length."
            form.refuse("options", "BASE_TYPE_MAX_LENGTH", message)
        return
    if kind == CHANNEL_SELECT:
        data["channel_types"] = _channel_types(form)
    defaults = form.forms("default_values", most=MOST_VALUES)
    if defaults:
        data["default_values"] = [_default(each, _DEFAULTS[kind]) for each in defaults]
        if not low <= len(defaults) <= high:
            message = f"Must be between {low} and {high} in length."
            form.refuse("default_values", "BASE_TYPE_BAD_LENGTH", message)


def _channel_types(form: Form) -> list[int]:
    found: list[int] = []
    for index, value in enumerate(form.items("channel_types", most=len(CHANNEL_TYPES)) or []):
        place = (*form.path, "channel_types", str(index))
        if isinstance(value, bool) or not isinstance(value, int) or value not in CHANNEL_TYPES:
            form.problems.add(place, "BASE_TYPE_CHOICES", f"Value must be one of {sorted(CHANNEL_TYPES)}.")
        elif value in found:
            form.problems.add(
                place, "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value."
            )
        else:
            found.append(value)
    return found


def _default(form: Form, kinds: tuple[str, ...]) -> Json:
    kind = form.text("type", required=True)
    if kind is not None and kind not in kinds:
        form.refuse("type", "BASE_TYPE_CHOICES", f"Value must be one of {set(kinds)}.")
    return {"type": kind, "id": str(form.snowflake("id", required=True) or 0)}
