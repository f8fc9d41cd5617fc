"""A cog's settings as people change them: what kind of value each is, what was typed, and how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import JsonValue, ValidationError

from bot.errors import UserError
from bot.plugins.forms import problems_of
from bot.plugins.settings import Settings

type FieldKind = Literal["text", "whole", "number", "yes_no", "choice", "channel", "role", "member", "list"]
STRATEGY = "strategy"

YES = frozenset({"yes", "y", "true", "on", "1"})
NO = frozenset({"no", "n", "false", "off", "0"})
_MARKS = {"channel": "<#{}>", "role": "<@&{}>", "member": "<@{}>"}
_PLAIN: dict[Any, FieldKind] = {str: "text", int: "whole", float: "number", bool: "yes_no"}


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting. ``optional`` says that it may be empty; ``choices`` are its only values."""

    name: str
    label: str
    help: str
    kind: FieldKind
    optional: bool = False
    choices: tuple[str, ...] = ()


def fields_of(settings: type[Settings], strategies: Sequence[str] = ()) -> tuple[SettingField, ...]:
    """The settings of a cog that people can change in Discord; others stay with the owner's config.

    ``strategies`` are those that there are to pick from.
    """
    found: list[SettingField] = []
    for name, field in settings.model_fields.items():
        hint, optional = _without_none(field.annotation)
        extra: Any = field.json_schema_extra or {}
        kind, choices = _kind_of(hint)
        if hint is int and "picks" in extra:
            kind = extra["picks"]
        if hint is str and extra.get("picks") == STRATEGY:
            kind, choices = "choice", tuple(strategies)
        if kind is not None:
            found.append(
                SettingField(name, field.title or name, field.description or "", kind, optional, choices)
            )
    return tuple(found)


def typed(field: SettingField, text: str) -> JsonValue:
    """The value that somebody typed or chose. Raises `UserError` where it is not one of the field's kind."""
    text = text.strip()
    if not text and field.optional:
        return None
    match field.kind:
        case "yes_no":
            if text.casefold() not in YES | NO:
                raise UserError(f"{field.label}: please write yes or no.")
            return text.casefold() in YES
        case "whole" | "channel" | "role" | "member":
            digits = text.strip("<#@&!>") if field.kind != "whole" else text.replace(",", "").replace("_", "")
            if not digits.removeprefix("-").isdecimal() or len(digits) > 20:  # noqa: PLR2004 - longer than any id
                raise UserError(f"{field.label}: please write a whole number.")
            return int(digits)
        case "number":
            try:
                return float(text)
            except ValueError as error:
                raise UserError(f"{field.label}: please write a number.") from error
        case "list":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case _:
            return text


def shown(field: SettingField, value: Any) -> str:
    """A value on one line."""
    if value is None or value in ("", (), []):
        return "—"
    if field.kind in _MARKS:
        return _MARKS[field.kind].format(value)
    if field.kind == "yes_no":
        return "yes" if value else "no"
    if field.kind == "list":
        return "; ".join(str(one) for one in value)
    return str(value)


def written(field: SettingField, value: Any) -> str:
    """A value as it stands in a form's input."""
    if value is None:
        return ""
    if field.kind == "list":
        return "\n".join(str(one) for one in value)
    return ("yes" if value else "no") if field.kind == "yes_no" else str(value)


def checked(settings: type[Settings], values: dict[str, Any]) -> Settings:
    """The settings with these values. Raises `UserError` that names what does not fit."""
    try:
        return settings.model_validate(values)
    except ValidationError as error:
        raise UserError(f"That does not fit. {'; '.join(problems_of(settings, error))}.") from error


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        return (kinds[0] if len(kinds) == 1 else None), NoneType in get_args(hint)
    return hint, False


def _kind_of(hint: Any) -> tuple[FieldKind | None, tuple[str, ...]]:
    if get_origin(hint) is Literal:
        values: tuple[Any, ...] = get_args(hint)
        return ("choice", tuple(values)) if all(isinstance(value, str) for value in values) else (None, ())
    if get_origin(hint) is tuple and get_args(hint) == (str, ...):
        return "list", ()
    try:
        return _PLAIN.get(hint), ()
    except TypeError:
        return None, ()
