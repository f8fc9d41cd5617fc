"""Modals: the form that an application shows, checked as Discord checks it, and what a member filled in.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal
"""

from bot.local_discord.form import Form
from bot.local_discord.interactions.component_parts import (
    CHANNEL_SELECT,
    CHECKBOX,
    CHECKBOX_GROUP,
    FILE_UPLOAD,
    LABEL,
    MENTIONABLE_SELECT,
    RADIO_GROUP,
    ROLE_SELECT,
    ROW,
    SELECTS,
    STRING_SELECT,
    TEXT,
    TEXT_INPUT,
    USER_SELECT,
    Numbering,
    numbering,
    read_bounds,
    read_options,
    read_select,
)
from bot.local_discord.model import Json

IN_LABEL = frozenset(
    {
        TEXT_INPUT,
        STRING_SELECT,
        USER_SELECT,
        ROLE_SELECT,
        MENTIONABLE_SELECT,
        CHANNEL_SELECT,
        FILE_UPLOAD,
        RADIO_GROUP,
        CHECKBOX_GROUP,
        CHECKBOX,
    }
)
LONGEST_INPUT = 4000
MOST_PARTS = 5


def read_modal(form: Form) -> Json:
    """The title, custom id and components of a modal; problems go into the form's."""
    forms = form.forms("components", least=1, most=MOST_PARTS, required=True) or []
    numbers = numbering(forms)
    return {
        "custom_id": form.text("custom_id", least=1, most=100, required=True) or "",
        "title": form.text("title", least=1, most=45, required=True) or "",
        "components": [_part(each, numbers) for each in forms],
    }


def _part(form: Form, numbers: Numbering) -> Json:
    kind = form.choice("type", {ROW, LABEL, TEXT}, required=True)
    if kind is None:
        return {}
    data = numbers.base(form, kind)
    if kind == ROW:
        inner = form.forms("components", least=1, most=1, required=True) or []
        data["components"] = [_input(each, numbers, frozenset({TEXT_INPUT}), labelled=True) for each in inner]
    elif kind == TEXT:
        data["content"] = numbers.display(form)
    else:
        data["label"] = form.text("label", least=1, most=45, required=True) or ""
        if description := form.text("description", least=1, most=100):
            data["description"] = description
        component = form.form("component", required=True)
        if component is not None:
            data["component"] = _input(component, numbers, IN_LABEL, labelled=False)
    return data


def _input(form: Form, numbers: Numbering, allowed: frozenset[int], *, labelled: bool) -> Json:
    """What a member fills in; in a row it has its label itself."""
    kind = form.choice("type", allowed, required=True)
    if kind is None:
        return {}
    data = numbers.base(form, kind)
    required = form.boolean("required") is not False
    if kind == CHECKBOX:
        return data | {"custom_id": numbers.custom_id(form), "default": bool(form.boolean("default"))}
    data["required"] = required
    if kind in SELECTS:
        read_select(form, numbers, data, kind)
        if data.pop("disabled"):
            message = "Components in a modal cannot be disabled"
            form.refuse("disabled", "COMPONENT_MODAL_DISABLED", message)
    elif kind == TEXT_INPUT:
        _text_input(form, numbers, data, labelled=labelled)
    elif kind == RADIO_GROUP:
        data["custom_id"] = numbers.custom_id(form)
        data["options"] = read_options(form, least=2, most=10, emojis=False)
    else:
        data["custom_id"] = numbers.custom_id(form)
        most = 10
        if kind == CHECKBOX_GROUP:
            data["options"] = read_options(form, least=1, most=10, emojis=False)
            most = max(1, len(data["options"]))
        default_most = most if kind == CHECKBOX_GROUP else 1
        data["min_values"], data["max_values"] = read_bounds(form, most=10, default_most=default_most)
    if required and form.data.get("min_values") == 0:
        message = "min_values must be at least 1 when the component is required"
        form.refuse("min_values", "COMPONENT_REQUIRED_MIN_VALUES", message)
    if not required and form.data.get("min_values") is None and "min_values" in data:
        data["min_values"] = 0
    return data


def _text_input(form: Form, numbers: Numbering, data: Json, *, labelled: bool) -> None:
    label = form.text("label", least=1, most=45, required=labelled)
    if label and not labelled:
        message = "The label of a text input stands in the label component around it"
        form.refuse("label", "COMPONENT_LABEL_DUPLICATED", message)
    least = form.integer("min_length", most=LONGEST_INPUT)
    most = form.integer("max_length", least=1, most=LONGEST_INPUT)
    data |= {
        "custom_id": numbers.custom_id(form),
        "style": form.choice("style", {1, 2}, required=True) or 1,
    }
    found = {
        "label": label,
        "value": form.text("value", most=LONGEST_INPUT),
        "placeholder": form.text("placeholder", most=100),
        "min_length": least,
        "max_length": most,
    }
    data |= {name: value for name, value in found.items() if value is not None}
    if least is not None and least > (LONGEST_INPUT if most is None else most):
        message = "min_length must be less than or equal to max_length"
        form.refuse("min_length", "COMPONENT_MIN_LENGTH_EXCEEDS_MAX_LENGTH", message)
