"""A typed field of a question as Discord shows it in a form: something to write, or a select."""

from typing import Any

from bot.asks.fields import FORMATS, YES, FormField
from bot.discord.components import Json
from bot.discord.plain import title

LABEL, TEXT, SELECT = 18, 4, 3
SHORT, LONG = 1, 2
LONG_FROM = 300
LONGEST = 4_000
MOST_LABEL, MOST_HINT = 45, 100


def shown(field: FormField) -> Json:
    """The label with what is below it; https://discord.com/developers/docs/components/reference#label."""
    label: Json = {
        "type": LABEL,
        "label": title(field.label, MOST_LABEL) or "…",
        "component": _component(field),
    }
    hint = title(_hint(field), MOST_HINT)
    return {**label, "description": hint} if hint else label


def _hint(field: FormField) -> str:
    told = [field.hint] if field.hint else []
    if field.format:
        told.append(FORMATS[field.format])
    if field.kind in {"number", "integer"}:
        bounds = [f"at least {field.least:g}"] if field.least is not None else []
        bounds += [f"at most {field.most:g}"] if field.most is not None else []
        told.append(" and ".join(["a whole number" if field.kind == "integer" else "a number", *bounds]))
    return "; ".join(told)


def _component(field: FormField) -> Json:
    named: Json = {"custom_id": field.name, "required": field.required}
    if field.options:
        return {**named, "type": SELECT, **_chosen(field)}
    text: Json = {**named, "type": TEXT, "style": SHORT, "max_length": LONGEST}
    if field.kind == "text":
        most = int(field.most or LONGEST)
        text |= {"style": LONG if LONG_FROM < most < LONGEST else SHORT, "max_length": max(1, most)}
        if field.least:
            text["min_length"] = int(min(field.least, most))
    if field.default not in (None, ""):
        text["value"] = str(field.default)[: text["max_length"]]
    return text


def _chosen(field: FormField) -> Json:
    before = _defaults(field)
    options: list[Json] = [
        {"label": label, "value": value, "default": value in before} for value, label in field.options.items()
    ]
    if field.kind != "choices":
        return {"options": options, "min_values": int(field.required), "max_values": 1}
    most = len(options) if field.most is None else max(1, min(len(options), int(field.most)))
    least = min(most, int(field.least or 0))
    return {"options": options, "min_values": max(least, int(field.required)), "max_values": most}


def _defaults(field: FormField) -> list[Any]:
    match field.default:
        case bool():
            return [YES if field.default else "false"]
        case str():
            return [field.default]
        case list():
            return field.default  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
        case _:
            return []
