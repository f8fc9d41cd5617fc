"""The typed fields of a form: what people write becomes values, and what does not fit is said in a sentence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.errors import UserError

type FieldKind = Literal["text", "number", "integer", "boolean", "choice", "choices"]

YES, NO = "true", "false"
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_LONGEST_NUMBER = 40
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d{1,3})?")
FORMATS: Mapping[str, str] = {
    "email": "an e-mail address",
    "uri": "an address such as https://example.org",
    "date": "a date such as 2026-01-31",
    "date-time": "a date and time such as 2026-01-31T14:30:00Z",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. ``options`` are what can be chosen (value and label); ``least`` and ``most`` bound it.

    They bound the letters of a text, the value of a number, and how many are chosen of ``choices``.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    hint: str = ""
    required: bool = False
    default: Any = None
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    least: float | None = None
    most: float | None = None
    format: str = ""


def read(fields: Sequence[FormField], filled: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What was filled in, as values; what was left empty is left out. Raises `UserError`."""
    found: dict[str, Any] = {}
    for one in fields:
        given = [part.strip() for part in filled.get(one.name, ()) if part.strip()]
        if not given:
            if one.required:
                raise UserError(f"“{one.label}” has to be filled in.")
            continue
        found[one.name] = _value(one, given)
    return found


def _value(one: FormField, given: Sequence[str]) -> Any:
    match one.kind:
        case "text":
            return _text(one, given[0])
        case "number" | "integer":
            return _number(one, given[0])
        case "boolean":
            if given[0] not in {YES, NO}:
                raise UserError(f"“{one.label}” is yes or no.")
            return given[0] == YES
        case "choice":
            return _chosen(one, given[:1])[0]
        case "choices":
            chosen = _chosen(one, list(dict.fromkeys(given)))
            _bounded(one, len(chosen), "has {bound} to be chosen")
            return chosen


def _chosen(one: FormField, given: Sequence[str]) -> list[str]:
    if not all(part in one.options for part in given):
        raise UserError(f"“{one.label}” has to be one of what is offered.")
    return list(given)


def _text(one: FormField, text: str) -> str:
    _bounded(one, len(text), "needs {bound} letters")
    if one.format and not _fits(one.format, text):
        raise UserError(f"“{one.label}” has to be {FORMATS[one.format]}.")
    return text


def _number(one: FormField, text: str) -> float | int:
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise UserError(f"“{one.label}” has to be a number.")
    value = float(text.replace(",", "."))
    if value in {float("inf"), float("-inf")}:
        raise UserError(f"“{one.label}” has to be a number.")
    _bounded(one, value, "has to be {bound}")
    if one.kind == "number":
        return value
    if not value.is_integer():
        raise UserError(f"“{one.label}” has to be a whole number.")
    return int(text) if text.lstrip("+-").isdecimal() else int(value)


def _bounded(one: FormField, value: float, sentence: str) -> None:
    for wrong, bound in (
        (one.least is not None and value < one.least, f"at least {one.least or 0:g}"),
        (one.most is not None and value > one.most, f"at most {one.most or 0:g}"),
    ):
        if wrong:
            raise UserError(f"“{one.label}” {sentence.format(bound=bound)}.")


def _fits(kind: str, text: str) -> bool:
    try:
        match kind:
            case "email":
                return _EMAIL.fullmatch(text) is not None
            case "uri":
                return bool(urlsplit(text).scheme) and not re.search(r"\s", text)
            case "date":
                return date.fromisoformat(text).isoformat() == text
            case "date-time":
                return datetime.fromisoformat(text).tzinfo is not None
            case _:
                return True
    except ValueError:
        return False
