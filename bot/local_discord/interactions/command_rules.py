"""Discord's rules for application commands, with its own refusals.

https://discord.com/developers/docs/interactions/application-commands#application-command-object
"""

import unicodedata
from collections.abc import Collection
from typing import TypeGuard, cast

from bot.local_discord.form import Form
from bot.local_discord.model import Json
from bot.local_discord.settings import LIMITS

CHAT_INPUT, USER_COMMAND, MESSAGE_COMMAND = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(
    1, 12
)
OPTION_TYPES = range(SUBCOMMAND, ATTACHMENT + 1)
WITH_CHOICES = (STRING, INTEGER, NUMBER)
MOST_OPTIONS = 25
SAFE_INTEGER = (1 << 53) - 1
LONGEST_STRING = 6000
LONGEST_CHOICE = 100
MOST_PERMISSIONS = (1 << 54) - 1
CHANNELS = (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15)
"""The channel types that a channel option may be limited to."""
LOCALES = frozenset(
    [
        "ar",
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en-GB",
        "en-US",
        "es-419",
        "es-ES",
        "fi",
        "fr",
        "he",
        "hi",
        "hr",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "lt",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "ru",
        "sv-SE",
        "th",
        "tr",
        "uk",
        "vi",
        "zh-CN",
        "zh-TW",
    ]
)
_MARKED_SCRIPTS = (
    (0x0900, 0x0950),
    (0x0955, 0x0963),
    (0x0966, 0x097F),
    (0xA8E0, 0xA8FF),
    (0x11B00, 0x11B09),
    (0x0E01, 0x0E3A),
    (0x0E40, 0x0E5B),
)
"""Devanagari and Thai."""


def read_command(form: Form, *, is_global: bool) -> tuple[int, str, Json]:
    """A command's type, name and the rest of it as Discord stores it; problems go into the form's."""
    kind = form.choice("type", (CHAT_INPUT, USER_COMMAND, MESSAGE_COMMAND)) or CHAT_INPUT
    name = form.text("name", least=1, most=32, required=True) or ""
    if kind == CHAT_INPUT:
        _check_name(form, "name", name)
    body: Json = {
        "default_member_permissions": _permissions(form),
        "name_localizations": _localized(form, "name_localizations", most=32, named=kind == CHAT_INPUT),
        "description": "",
        "description_localizations": _localized(form, "description_localizations", most=100),
        "nsfw": bool(form.boolean("nsfw")),
        "integration_types": _among(form, "integration_types", (0, 1)) or [0],
    }
    contexts = _among(form, "contexts", (0, 1, 2))
    dm = form.boolean("dm_permission")
    if is_global:
        body |= {
            "contexts": contexts,
            "dm_permission": dm is not False if contexts is None else 1 in contexts,
        }
    if kind == CHAT_INPUT:
        body["description"] = form.text("description", least=1, most=100, required=True) or ""
        options = _options(form, depth=0)
        if options:
            body["options"] = options
    else:
        if form.data.get("description"):
            form.refuse("description", "BASE_TYPE_MAX_LENGTH", "Must be 0 or fewer in length.")
        if form.data.get("options"):
            message = "Options are only allowed for chat input commands"
            form.refuse("options", "APPLICATION_COMMAND_OPTIONS_NOT_ALLOWED", message)
    if _size({"name": name, **body}) > LIMITS.command_characters:
        message = f"Command exceeds maximum size ({LIMITS.command_characters})"
        form.refuse("", "APPLICATION_COMMAND_TOO_LARGE", message)
    return kind, name, body


def _allowed(character: str) -> bool:
    """Letters, numbers, ``-_'``, and all of the scripts that write vowels as marks."""
    if character in "-_'" or unicodedata.category(character)[0] in "LN":
        return True
    return any(first <= ord(character) <= last for first, last in _MARKED_SCRIPTS)


def _check_name(form: Form, field: str, name: str) -> None:
    if name and not (all(_allowed(each) for each in name) and name == name.lower()):
        form.refuse(field, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _permissions(form: Form) -> str | None:
    bits = form.integer("default_member_permissions", most=MOST_PERMISSIONS)
    return None if bits is None else str(bits)


def _among(form: Form, field: str, allowed: Collection[int]) -> list[int] | None:
    """A list of at least one of a few integers, none twice."""
    given = form.items(field, least=1, most=len(allowed))
    for index, value in enumerate(given or []):
        place = (*form.path, field, str(index))
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            names = ", ".join(str(each) for each in sorted(allowed))
            form.problems.add(place, "BASE_TYPE_CHOICES", f"Value must be one of {{{names}}}.")
        elif value in (given or [])[:index]:
            message = "The set already contains this value."
            form.problems.add(place, "SET_TYPE_ALREADY_CONTAINS_VALUE", message)
    return None if given is None else cast("list[int]", given)


def _localized(form: Form, field: str, *, most: int, named: bool = False) -> Json | None:
    """Texts by language; ``named`` says that they are names and follow the rules for those."""
    part = form.form(field)
    if part is None:
        return None
    found: Json = {}
    for locale in part.data:
        if locale not in LOCALES:
            part.refuse(locale, "BASE_TYPE_CHOICES", f"Value must be one of {sorted(LOCALES)}.")
            continue
        found[locale] = part.text(locale, least=1, most=most, required=True)
        if named:
            _check_name(part, locale, found[locale] or "")
    return found or None


def _options(form: Form, *, depth: int) -> list[Json]:
    forms = form.forms("options", most=MOST_OPTIONS)
    found: list[Json] = []
    names: set[str] = set()
    optional_seen = False
    nests = [each.data.get("type") in (SUBCOMMAND, GROUP) for each in forms or []]
    for each in forms or []:
        option = _option(each, depth=depth)
        found.append(option)
        if option["name"] in names:
            message = "Option names must be unique"
            each.refuse("name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", message)
        names.add(option["name"])
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            each.refuse("", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen = optional_seen or not option.get("required")
    if any(nests) and not all(nests):
        message = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        form.refuse("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    return found


def _option(form: Form, *, depth: int) -> Json:
    kind = form.choice("type", OPTION_TYPES, required=True) or STRING
    name = form.text("name", least=1, most=32, required=True) or ""
    _check_name(form, "name", name)
    option: Json = {
        "type": kind,
        "name": name,
        "name_localizations": _localized(form, "name_localizations", most=32, named=True),
        "description": form.text("description", least=1, most=100, required=True) or "",
        "description_localizations": _localized(form, "description_localizations", most=100),
    }
    if kind in (SUBCOMMAND, GROUP):
        # a group stands at the top and holds subcommands; a subcommand holds plain options
        if depth > 1 or (kind == GROUP and depth > 0):
            message = "Sub-command and sub-command group option types are not allowed here"
            form.refuse("type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
            return option
        inner = _options(form, depth=depth + (1 if kind == GROUP else 2))
        if kind == GROUP and any(each["type"] != SUBCOMMAND for each in inner):
            message = "Sub-command groups hold only sub-commands"
            form.refuse("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
        option["options"] = inner
        return option
    option["required"] = bool(form.boolean("required"))
    _details(form, kind, option)
    return option


def _details(form: Form, kind: int, option: Json) -> None:
    autocomplete = form.boolean("autocomplete")
    choices = _choices(form, kind)
    if kind in WITH_CHOICES:
        option["autocomplete"] = bool(autocomplete)
    elif autocomplete or choices:
        form.refuse(
            "autocomplete", "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_INVALID", "Not allowed for this type"
        )
    if choices:
        option["choices"] = choices
        if autocomplete:
            message = "Autocomplete and choices are mutually exclusive"
            form.refuse("autocomplete", "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_INVALID", message)
    if kind == STRING:
        lengths = {
            "min_length": form.integer("min_length", most=LONGEST_STRING),
            "max_length": form.integer("max_length", least=1, most=LONGEST_STRING),
        }
        option |= {field: value for field, value in lengths.items() if value is not None}
    elif kind in (INTEGER, NUMBER):
        option |= _bounds(form, kind)
    elif (
        kind == CHANNEL
        and form.data.get("channel_types")
        and (kinds := _among(form, "channel_types", CHANNELS))
    ):
        option["channel_types"] = kinds


def is_number(value: object, kind: int) -> TypeGuard[int | float]:
    """Whether this is a value of an integer or number option; both end at 2^53."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= SAFE_INTEGER and (kind == NUMBER or isinstance(value, int))


def _bounds(form: Form, kind: int) -> Json:
    found: Json = {}
    for field in ("min_value", "max_value"):
        value = form.data.get(field)
        if is_number(value, kind):
            found[field] = value
        elif value is not None:
            what = "int" if kind == INTEGER else "float"
            form.refuse(field, "NUMBER_TYPE_COERCE", f'Value "{str(value)[:100]}" is not {what}.')
    return found


def _choices(form: Form, kind: int) -> list[Json]:
    found: list[Json] = []
    for each in form.forms("choices", most=MOST_OPTIONS) or []:
        choice = read_choice(each, kind)
        if choice["name"] in [other["name"] for other in found]:
            message = "Option choice names must be unique"
            each.refuse("name", "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", message)
        found.append(choice)
    return found


def read_choice(form: Form, kind: int) -> Json:
    """A choice for an option of this type: what is shown, and the value behind it."""
    name = form.text("name", least=1, most=100, required=True) or ""
    value: object = form.data.get("value")
    if value is None:
        form.refuse("value", "BASE_TYPE_REQUIRED", "This field is required")
    elif kind in (INTEGER, NUMBER):
        if not is_number(value, kind):
            what = "int" if kind == INTEGER else "float"
            form.refuse("value", "NUMBER_TYPE_COERCE", f'Value "{str(value)[:100]}" is not {what}.')
    elif not isinstance(value, str):
        form.refuse("value", "STRING_TYPE_CONVERT", "Could not interpret the value as string.")
    elif len(value) > LONGEST_CHOICE:
        form.refuse("value", "BASE_TYPE_MAX_LENGTH", f"Must be {LONGEST_CHOICE} or fewer in length.")
    localized = _localized(form, "name_localizations", most=100)
    return {"name": name, "name_localizations": localized, "value": value}


def _size(data: Json) -> int:
    """The characters that count towards the limit: names, descriptions and string values, at all depths.

    Of a text in several languages the longest counts.
    """
    total = 0
    for field in ("name", "description"):
        others: Json = data.get(f"{field}_localizations") or {}
        total += max(len(str(text or "")) for text in (data.get(field), *others.values()))
    if isinstance(data.get("value"), str):
        total += len(data["value"])
    for field in ("options", "choices"):
        total += sum(_size(each) for each in cast("list[Json]", data.get(field) or []))
    return total
