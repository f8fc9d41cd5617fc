"""What a member filled in for a command, checked against what the application declared."""

from typing import cast

from bot.local_discord.form import Form, as_snowflake
from bot.local_discord.interactions.command_rules import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL,
    CHAT_INPUT,
    GROUP,
    INTEGER,
    LONGEST_STRING,
    MENTIONABLE,
    NUMBER,
    ROLE,
    STRING,
    SUBCOMMAND,
    USER,
    USER_COMMAND,
    is_number,
)
from bot.local_discord.interactions.resolving import Resolver
from bot.local_discord.model import Command, Json
from bot.local_discord.refusals import unknown

_FAILED = ("APPLICATION_COMMAND_INVALID_VALUE", "The value is not valid for this option")
_OUTDATED = "This command is outdated, please try again in a few minutes"


def command_data(resolver: Resolver, command: Command, form: Form, *, strict: bool) -> Json:
    """The ``data`` of a command's interaction; ``strict`` is off while the member still types (autocomplete).

    Raises:
        Refusal: 10008 and 10013 for a target that does not exist.
    """
    version = form.snowflake("version")
    if version is not None and version != command.version:
        form.refuse("version", "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION", _OUTDATED)
    data: Json = {"id": str(command.id), "name": command.name, "type": command.kind}
    if command.guild_id is not None:
        data["guild_id"] = str(command.guild_id)
    if command.kind == CHAT_INPUT:
        declared = cast("list[Json]", command.body.get("options", []))
        options = _options(resolver, declared, form, strict=strict)
        if not strict:
            _check_focus(form, options)
        if options:
            data["options"] = options
        return data
    target = form.snowflake("target_id", required=True) or 0
    data["target_id"] = str(target)
    if command.kind == USER_COMMAND:
        if not resolver.user(target):
            raise unknown("user")
        return data
    message = resolver.stage.world.message(resolver.channel.id, target)
    if message is None:
        raise unknown("message")
    resolver.message(message)
    return data


def full_name(data: Json) -> str:
    """The name of a command with its group and subcommand."""
    names, options = [str(data["name"])], cast("list[Json]", data.get("options", []))
    while options and options[0]["type"] in (SUBCOMMAND, GROUP):
        names.append(str(options[0]["name"]))
        options = cast("list[Json]", options[0].get("options", []))
    return " ".join(names)


def focused(data: Json) -> Json | None:
    """The option that is being typed."""
    waiting = list(cast("list[Json]", data.get("options", [])))
    while waiting:
        option = waiting.pop()
        if option.get("focused"):
            return option
        waiting.extend(cast("list[Json]", option.get("options", [])))
    return None


def _options(resolver: Resolver, declared: list[Json], form: Form, *, strict: bool) -> list[Json]:
    by_name = {option["name"]: option for option in declared}
    found: list[Json] = []
    for each in form.forms("options", most=25) or []:
        option = by_name.get(each.text("name", least=1, most=32, required=True) or "")
        if option is None or each.data.get("type", option["type"]) != option["type"]:
            each.refuse("name", "APPLICATION_COMMAND_INVALID_OPTION", "This option does not exist")
            continue
        entry: Json = {"name": option["name"], "type": option["type"]}
        found.append(entry)
        if option["type"] in (SUBCOMMAND, GROUP):
            inner = cast("list[Json]", option.get("options", []))
            entry["options"] = _options(resolver, inner, each, strict=strict)
        elif strict:
            _fill(resolver, option, each, entry)
        else:
            _fill_typed(option, each, entry)
    _check_complete(form, declared, found, strict=strict)
    return found


def _check_complete(form: Form, declared: list[Json], found: list[Json], *, strict: bool) -> None:
    names = [entry["name"] for entry in found]
    if len(set(names)) != len(names):
        form.refuse("options", "APPLICATION_COMMAND_INVALID_OPTION", "An option was given twice")
    nests = any(option["type"] in (SUBCOMMAND, GROUP) for option in declared)
    if nests and len(found) != 1:
        form.refuse("options", "BASE_TYPE_REQUIRED", "A sub-command must be chosen")
    for option in declared:
        if strict and option.get("required") and option["name"] not in names:
            form.refuse(option["name"], "BASE_TYPE_REQUIRED", "This field is required")


def _check_focus(form: Form, options: list[Json]) -> None:
    if focused({"options": options}) is None:
        form.refuse("options", "BASE_TYPE_REQUIRED", "One option must be focused")


def _fill_typed(option: Json, form: Form, entry: Json) -> None:
    """An option while somebody types: what is there so far, whatever it is; only one is in focus."""
    value: object = form.data.get("value")
    entry["value"] = value if isinstance(value, (int, float, bool)) else str(value or "")[:LONGEST_STRING]
    if form.data.get("focused") is True:
        entry["focused"] = True
        if not option.get("autocomplete"):
            form.refuse("name", "APPLICATION_COMMAND_INVALID_OPTION", "This option has no autocomplete")


def _fill(resolver: Resolver, option: Json, form: Form, entry: Json) -> None:
    value: object = form.data.get("value")
    kind = option["type"]
    entry["value"] = value
    if kind in (STRING, INTEGER, NUMBER, BOOLEAN):
        if not _plain(kind, value) or not _in_bounds(option, value):
            form.refuse("value", *_FAILED)
        return
    snowflake = as_snowflake(value)
    entry["value"] = str(value)
    if snowflake is None or not _resolve(resolver, option, snowflake, entry):
        form.refuse("value", *_FAILED)


def _plain(kind: int, value: object) -> bool:
    if kind == STRING:
        return isinstance(value, str)
    return isinstance(value, bool) if kind == BOOLEAN else is_number(value, kind)


def _in_bounds(option: Json, value: object) -> bool:
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        return False
    if isinstance(value, str):
        return option.get("min_length", 0) <= len(value) <= option.get("max_length", LONGEST_STRING)
    if isinstance(value, (int, float)):
        least, most = option.get("min_value"), option.get("max_value")
        return (least is None or value >= least) and (most is None or value <= most)
    return False


def _resolve(resolver: Resolver, option: Json, snowflake: int, entry: Json) -> bool:
    kind = option["type"]
    if kind == ATTACHMENT:
        return resolver.file(snowflake, entry)
    if kind in (USER, MENTIONABLE) and resolver.user(snowflake):
        return True
    if kind in (ROLE, MENTIONABLE) and resolver.role(snowflake):
        return True
    return kind == CHANNEL and resolver.place(snowflake, option.get("channel_types", ()))
