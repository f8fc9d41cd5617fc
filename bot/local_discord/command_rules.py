"""Discord's rules for application commands, with its own refusals.

https://discord.com/developers/docs/interactions/application-commands#application-command-object
"""

import unicodedata
from typing import cast

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


def read_command(form: Form, *, is_global: bool) -> tuple[int, str, Json]:
    """A command's type, name and the rest of it as Discord stores it; problems go into the form's."""
    kind = form.choice("type", (CHAT_INPUT, USER_COMMAND, MESSAGE_COMMAND)) or CHAT_INPUT
    name = form.text("name", least=1, most=32, required=True) or ""
    if kind == CHAT_INPUT:
        _check_name(form, name)
    body: Json = {
        "default_member_permissions": _permissions(form),
        "name_localizations": _localized(form, "name_localizations", most=32),
        "description": "",
        "description_localizations": _localized(form, "description_localizations", most=100),
        "nsfw": bool(form.boolean("nsfw")),
        "integration_types": form.items("integration_types", most=2) or [0],
    }
    contexts = form.items("contexts", most=3)
    if is_global:
        dm = form.boolean("dm_permission")
        body |= {"contexts": contexts, "dm_permission": dm is not False}
    if kind == CHAT_INPUT:
        body["description"] = form.text("description", least=1, most=100, required=True) or ""
        options = _options(form, depth=0)
        if options:
            body["options"] = options
    elif form.data.get("description"):
        form.refuse("description", "BASE_TYPE_MAX_LENGTH", "Must be 0 or fewer in length.")
    if _size({"name": name, **body}) > LIMITS.command_characters:
        message = f"Command exceeds maximum size ({LIMITS.command_characters})"
        form.refuse("", "APPLICATION_COMMAND_TOO_LARGE", message)
    return kind, name, body


def _check_name(form: Form, name: str) -> None:
    allowed = all(c in "-_'" or unicodedata.category(c)[0] in "LNM" for c in name)
    if name and (not allowed or name != name.lower()):
        form.refuse("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _permissions(form: Form) -> str | None:
    bits = form.integer("default_member_permissions", most=SAFE_INTEGER * 2)
    return None if bits is None else str(bits)


def _localized(form: Form, field: str, *, most: int) -> Json | None:
    part = form.form(field)
    if part is None:
        return None
    return {locale: part.text(locale, least=1, most=most) for locale in part.data} or None


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
    _check_name(form, name)
    option: Json = {
        "type": kind,
        "name": name,
        "name_localizations": _localized(form, "name_localizations", most=32),
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
        option |= _bounds(form)
    elif kind == CHANNEL and (kinds := form.items("channel_types", most=30)):
        option["channel_types"] = kinds


def _bounds(form: Form) -> Json:
    found: Json = {}
    for field in ("min_value", "max_value"):
        value = form.data.get(field)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= SAFE_INTEGER:
            found[field] = value
        elif value is not None:
            form.refuse(field, "NUMBER_TYPE_COERCE", "Value is not a number in range.")
    return found


def _choices(form: Form, kind: int) -> list[Json]:
    found: list[Json] = []
    for each in form.forms("choices", most=MOST_OPTIONS) or []:
        name = each.text("name", least=1, most=100, required=True) or ""
        value = each.data.get("value")
        expected: tuple[type, ...] = {STRING: (str,), INTEGER: (int,), NUMBER: (int, float)}.get(kind, ())
        if isinstance(value, bool) or not isinstance(value, expected):
            each.refuse(
                "value", "BASE_TYPE_REQUIRED" if value is None else "STRING_TYPE_CONVERT", "Wrong value type"
            )
        elif isinstance(value, str) and len(value) > LONGEST_STRING:
            each.refuse("value", "BASE_TYPE_MAX_LENGTH", f"Must be {LONGEST_STRING} or fewer in length.")
        localized = _localized(each, "name_localizations", most=100)
        found.append({"name": name, "name_localizations": localized, "value": value})
    return found


def _size(data: Json) -> int:
    """The characters that count towards the limit: names, descriptions and string values, at all depths."""
    total = sum(len(data[field]) for field in ("name", "description") if isinstance(data.get(field), str))
    if isinstance(data.get("value"), str):
        total += len(data["value"])
    for field in ("options", "choices"):
        total += sum(_size(each) for each in cast("list[Json]", data.get(field) or []))
    return total
