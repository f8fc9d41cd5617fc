"""Fills in commands, selects and forms from what Discord stores about them, as a person's client does."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import cast

from bot.errors import UserError
from bot.local_discord.client.choices import instead
from bot.local_discord.interactions.components import BUTTON, LABEL, SELECTS, TEXT_INPUT
from bot.local_discord.model import Json

SUBCOMMAND, GROUP = 1, 2
_NESTED = ("components", "accessory", "component")

type ValueOf = Callable[[Json, object], Awaitable[object]]
"""Turns what a test wrote for an option or a select into what is sent: a name into an id, a file into an upload."""


def walk(components: object) -> Iterator[Json]:
    """Every component of a message or a form, however nested, in the order it is shown."""
    for component in cast("list[Json]", components if isinstance(components, list) else [components]):
        yield component
        for key in _NESTED:
            if key in component:
                yield from walk(component[key])


def shown_as(component: Json) -> str:
    """What a person reads on a component: its label, emoji, placeholder, or else its custom id."""
    emoji: Json = component.get("emoji") or {}
    words = component.get("label") or component.get("placeholder") or emoji.get("name")
    return str(words or component.get("custom_id", ""))


def component_called(message: Json, what: str | None, *, selects: bool) -> Json:
    """The button (or select) of a message with this custom id or label; None takes the only one.

    Raises:
        UserError: there is none, there are several, or it cannot be used; the sentence says what there is.
    """
    kinds = SELECTS if selects else {BUTTON}
    word = "select" if selects else "button"
    there = [one for one in walk(message.get("components", [])) if one["type"] in kinds]
    found = [one for one in there if what in (None, one.get("custom_id"))] or [
        one for one in there if shown_as(one) == what
    ]
    called = f" “{what}”" if what is not None else ""
    if not found:
        raise UserError(f"There is no {word}{called} under this message; {instead(map(shown_as, there))}.")
    if len(found) > 1:
        ids = ", ".join(str(one.get("custom_id", one.get("url", ""))) for one in found)
        raise UserError(f"There are {len(found)} {word}s{called} under this message; name one of {ids}.")
    if found[0].get("disabled"):
        raise UserError(f"The {word} “{shown_as(found[0])}” cannot be used now: it is disabled.")
    if "custom_id" not in found[0]:
        raise UserError(f"The button “{shown_as(found[0])}” only opens a link; the bot hears nothing of it.")
    return found[0]


async def chosen_values(component: Json, wanted: Sequence[object], value_of: ValueOf) -> list[str]:
    """What is sent for a select: options by label or value, people, roles and channels by name or id.

    Raises:
        UserError: it is not offered.
    """
    if "options" not in component:
        return [str(await value_of(component, one)) for one in wanted]
    offered = {str(option["label"]): str(option["value"]) for option in component.get("options", [])}
    values: list[str] = []
    for one in map(str, wanted):
        if one not in offered and one not in offered.values():
            raise UserError(f"“{shown_as(component)}” does not offer “{one}”; {instead(offered)}.")
        values.append(offered.get(one, one))
    return values


async def filled_options(
    declared: list[Json],
    path: list[str],
    options: Mapping[str, object],
    focused: str | None,
    value_of: ValueOf,
) -> list[Json]:
    """A command's options filled in, under the subcommands of ``path``; ``focused`` is being typed.

    Raises:
        UserError: there is no such subcommand or option; the sentence says what there is.
    """
    by_name = {str(option["name"]): option for option in declared}
    nested = [name for name, option in by_name.items() if option["type"] in (SUBCOMMAND, GROUP)]
    if path:
        if path[0] not in nested:
            raise UserError(f"The command has no subcommand “{path[0]}”; {instead(nested)}.")
        chosen = by_name[path[0]]
        inner = await filled_options(chosen.get("options", []), path[1:], options, focused, value_of)
        return [{"name": chosen["name"], "type": chosen["type"], "options": inner}]
    if nested:
        raise UserError(f"The command is only used with one of its subcommands; {instead(nested)}.")
    found: list[Json] = []
    for name, value in options.items():
        option = by_name.get(name)
        if option is None:
            raise UserError(f"The command has no option “{name}”; {instead(by_name)}.")
        typed = name == focused
        entry: Json = {"name": name, "type": option["type"]}
        entry["value"] = value if typed else _choice(option, await value_of(option, value))
        if typed:
            entry["focused"] = True
        found.append(entry)
    return found


def _choice(option: Json, value: object) -> object:
    """The value of the choice that is called so; what is none of them is left to Discord to refuse."""
    choices = cast("list[Json]", option.get("choices") or [])
    found = next((choice["value"] for choice in choices if choice["name"] == value), value)
    return cast("object", found)


def fields(modal: Json) -> list[tuple[str, Json]]:
    """The inputs of a form with what is written above each."""
    found: list[tuple[str, Json]] = []
    for part in cast("list[Json]", modal["components"]):
        inner = [part["component"]] if part["type"] == LABEL else part.get("components", [])
        found.extend(
            (str(one.get("label") or part.get("label", "")), one) for one in inner if "custom_id" in one
        )
    return found


async def filled_form(modal: Json, values: Mapping[str, object], value_of: ValueOf) -> list[Json]:
    """The components of a form as they are sent, filled in by custom id or label.

    Raises:
        UserError: there is no such input, what is required is missing, or a text is too short or too long.
    """
    there = fields(modal)
    names = {str(field["custom_id"]) for _, field in there} | {label for label, _ in there}
    unknown = [name for name in values if name not in names]
    if unknown:
        shown = (label or str(field["custom_id"]) for label, field in there)
        raise UserError(f"The form has no input “{unknown[0]}”; {instead(shown)}.")
    sent: dict[str, Json] = {}
    for label, field in there:
        given = values.get(str(field["custom_id"]), values.get(label))
        sent[str(field["custom_id"])] = await _filled_field(label, field, given, value_of)
    return [_sent(part, sent) for part in cast("list[Json]", modal["components"])]


def _sent(part: Json, fields: Mapping[str, Json]) -> Json:
    """A part of the form as Discord is sent it: type, id and what was filled in, and nothing of its looks."""
    kept: Json = {key: part[key] for key in ("type", "id") if key in part}
    if part["type"] == LABEL:
        return {**kept, "component": fields[part["component"]["custom_id"]]}
    inner = [fields[one["custom_id"]] for one in part.get("components", []) if "custom_id" in one]
    return {**kept, **({"components": inner} if inner else {})}


async def _filled_field(label: str, field: Json, given: object, value_of: ValueOf) -> Json:
    kept: Json = {key: field[key] for key in ("type", "id", "custom_id") if key in field}
    if field["type"] == TEXT_INPUT:
        text = str(field.get("value") or "") if given is None else str(given)
        _check_text(label, field, text)
        return {**kept, "value": text}
    if "options" in field or "max_values" in field:
        wanted = [] if given is None else list(cast("Sequence[object]", given)) if _many(given) else [given]
        if not wanted and field.get("required", True):
            raise UserError(f"“{label}” must be filled in.")
        return {**kept, "values": await chosen_values(field, wanted, value_of)}
    return kept if given is None else {**kept, "value": given}


def _many(given: object) -> bool:
    # A tuple is one thing, such as a file with its name.
    return isinstance(given, list)


def _check_text(label: str, field: Json, text: str) -> None:
    least, most = int(field.get("min_length") or 0), int(field.get("max_length") or 4_000)
    if not text and field.get("required", True):
        raise UserError(f"“{label}” must be filled in.")
    if text and not least <= len(text) <= most:
        raise UserError(f"“{label}” takes {least} to {most} characters, and this is {len(text)} long.")
