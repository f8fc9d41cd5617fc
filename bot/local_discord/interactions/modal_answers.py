"""What a member filled into a modal, held against the modal and put into the form that applications receive.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-modal-submit-data-structure
"""

from dataclasses import dataclass

from bot.local_discord.form import Form, as_snowflake
from bot.local_discord.interactions.component_parts import (
    CHANNEL_SELECT,
    CHECKBOX,
    CHECKBOX_GROUP,
    FILE_UPLOAD,
    LABEL,
    RADIO_GROUP,
    ROW,
    STRING_SELECT,
    TEXT_INPUT,
    every,
)
from bot.local_discord.interactions.modals import LONGEST_INPUT
from bot.local_discord.interactions.resolving import Resolver
from bot.local_discord.interactions.select_values import resolve_values
from bot.local_discord.model import Json

FAILED = ("COMPONENT_VALIDATION_FAILED", "Component validation failed")


@dataclass(frozen=True, slots=True)
class _Given:
    """What was filled in by custom id, and where to complain."""

    form: Form
    values: dict[str, Json]
    resolver: Resolver

    def refuse(self, component: Json) -> None:
        self.form.problems.add((*self.form.path, "components", str(component["custom_id"])), *FAILED)


def submitted(modal: Json, form: Form, resolver: Resolver) -> list[Json]:
    """The components of a submitted modal; what is wrong with them goes into the form's problems."""
    forms = form.forms("components", most=40, required=True) or []
    parts = every([each.data for each in forms])
    values = {str(part["custom_id"]): part for part in parts if "custom_id" in part}
    given = _Given(form, values, resolver)
    return [_part(part, given) for part in modal["components"]]


def _part(part: Json, given: _Given) -> Json:
    shown: Json = {"type": part["type"], "id": part["id"]}
    if part["type"] == ROW:
        shown["components"] = [_answer(each, given) for each in part["components"]]
    elif part["type"] == LABEL:
        shown["component"] = _answer(part["component"], given)
    return shown


def _answer(component: Json, given: _Given) -> Json:
    kind = component["type"]
    entry = given.values.get(component["custom_id"], {})
    shown: Json = {"type": kind, "id": component["id"], "custom_id": component["custom_id"]}
    if kind == TEXT_INPUT:
        return shown | {"value": _text(component, entry, given)}
    if kind == CHECKBOX:
        value = entry.get("value", component.get("default", False))
        if not isinstance(value, bool):
            given.refuse(component)
        return shown | {"value": value}
    chosen = _chosen(entry)
    if kind == RADIO_GROUP:
        _check_chosen(component, chosen, given, least=int(component["required"]), most=1)
        return shown | {"value": chosen[0] if chosen else None}
    least = component["min_values"] if chosen or component["required"] else 0
    _check_chosen(component, chosen, given, least=least, most=component["max_values"])
    if kind == FILE_UPLOAD:
        files: list[object] = []
        for index in chosen:
            number = as_snowflake(index)
            if number is None or not given.resolver.file(number, files):
                given.refuse(component)
        return shown | {"values": files}
    if kind not in (STRING_SELECT, CHECKBOX_GROUP):
        kinds = component.get("channel_types", ()) if kind == CHANNEL_SELECT else ()
        if not resolve_values(given.resolver, kind, chosen, kinds):
            given.refuse(component)
    return shown | {"values": chosen}


def _chosen(entry: Json) -> list[str]:
    """The values of an entry; one alone may stand in ``value``."""
    values: object = entry.get("values")
    if isinstance(values, list):
        return [str(value) for value in values]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
    value: object = entry.get("value")
    return [] if value is None or value == "" else [str(value)]


def _check_chosen(component: Json, chosen: list[str], given: _Given, *, least: int, most: int) -> None:
    offered = [option["value"] for option in component.get("options", [])]
    wrong = len(set(chosen)) != len(chosen) or (offered and not set(chosen) <= set(offered))
    if wrong or not least <= len(chosen) <= most:
        given.refuse(component)


def _text(component: Json, entry: Json, given: _Given) -> str:
    value: object = entry.get("value")
    if value is None:
        value = ""
    if not isinstance(value, str):
        given.refuse(component)
        return ""
    least = component.get("min_length", 0)
    if component["required"]:
        least = max(1, least)
    empty = not value and not component["required"]
    if not empty and not least <= len(value) <= component.get("max_length", LONGEST_INPUT):
        given.refuse(component)
    return value
