"""What a server asks people for as the fields of a form: the primitive schemas of MCP's elicitation.

https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#requested-schema: text (with formats), numbers,
booleans, one of several, several of several; also the older spelling of titles (``enumNames``). The words are a server's own.
"""

from collections.abc import Mapping
from typing import Any, cast

from bot.asks.fields import FORMATS, NO, YES, FieldKind, FormField
from bot.mcp.results import Json
from bot.mcp.shown_text import hides_something, one_line

MOST_FIELDS = 20
MOST_OPTIONS = 25
"""What Discord shows in one select."""
MOST_LABEL = 45
MOST_HINT = 100
MOST_NAME = 100
MOST_VALUE = 100
LONGEST_TEXT = 4_000
YES_OR_NO: Mapping[str, str] = {YES: "Yes", NO: "No"}


class NotAForm(ValueError):
    """A schema that cannot be shown as a form; ``str()`` says why, as the end of a sentence."""


def fields_of(schema: Json) -> tuple[FormField, ...]:
    """The fields that a server wants filled in. Raises `NotAForm`."""
    properties = _mapping(schema.get("properties"), "it names no fields")
    if not 1 <= len(properties) <= MOST_FIELDS:
        raise NotAForm(f"it has {len(properties)} fields, and 1 to {MOST_FIELDS} can be shown")
    asked: object = schema.get("required")
    required: list[Any] = cast("list[Any]", asked) if isinstance(asked, list) else []
    if not all(one in properties for one in required):
        raise NotAForm("it requires a field that it does not have")
    return tuple(
        _field(name, _mapping(one, "a field is no schema"), required=name in required)
        for name, one in properties.items()
    )


def _field(name: str, schema: Json, *, required: bool) -> FormField:
    if not name or len(name) > MOST_NAME or hides_something(name):
        raise NotAForm("a field has a name that cannot be shown")
    label = one_line(str(schema.get("title") or name), MOST_LABEL) or name[:MOST_LABEL]
    hint = one_line(str(schema.get("description") or ""), MOST_HINT)
    kind, options, bounds = _kind(schema)
    shape: object = schema.get("format")
    least, most = (_number(schema.get(one)) for one in bounds)
    if kind == "text":
        most = LONGEST_TEXT if most is None else min(most, LONGEST_TEXT)
    if least is not None and most is not None and least > most:
        raise NotAForm(f"nothing fits into its field {name}")
    return FormField(
        name, label, kind, hint, required, schema.get("default"), options, least, most,
        shape if kind == "text" and isinstance(shape, str) and shape in FORMATS else "",
    )  # fmt: skip


def _kind(schema: Json) -> tuple[FieldKind, Mapping[str, str], tuple[str, str]]:
    match schema.get("type"):
        case "string" if "enum" in schema or "oneOf" in schema:
            return "choice", _options(schema, "oneOf"), ("", "")
        case "string":
            return "text", {}, ("minLength", "maxLength")
        case "number":
            return "number", {}, ("minimum", "maximum")
        case "integer":
            return "integer", {}, ("minimum", "maximum")
        case "boolean":
            return "boolean", YES_OR_NO, ("", "")
        case "array":
            items = _mapping(schema.get("items"), "a list does not say what is in it")
            return "choices", _options(items, "anyOf"), ("minItems", "maxItems")
        case _:
            raise NotAForm("a field is of a type that no form has")


def _options(schema: Json, titled: str) -> Mapping[str, str]:
    plain: object = schema.get("enum")
    pairs: object = schema.get(titled)
    if isinstance(plain, list):
        values = [str(one) for one in cast("list[Any]", plain)]
        names: object = schema.get("enumNames")
        told = [str(one) for one in cast("list[Any]", names)] if isinstance(names, list) else values
        found = (
            dict(zip(values, told, strict=False))
            if len(told) == len(values)
            else dict(zip(values, values, strict=True))
        )
    elif isinstance(pairs, list):
        entries = [_mapping(one, "a choice is no choice") for one in cast("list[Any]", pairs)]
        found = {str(one.get("const")): str(one.get("title") or one.get("const")) for one in entries}
    else:
        raise NotAForm("a field does not say what can be chosen")
    if not 1 <= len(found) <= MOST_OPTIONS:
        raise NotAForm(f"a field offers {len(found)} choices, and 1 to {MOST_OPTIONS} can be shown")
    if any(not value or len(value) > MOST_VALUE or hides_something(value) for value in found):
        raise NotAForm("a choice has a value that cannot be shown")
    return {value: one_line(label, MOST_VALUE) or value for value, label in found.items()}


def _mapping(value: object, why: str) -> Json:
    if not isinstance(value, dict):
        raise NotAForm(why)
    return cast("Json", value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
