"""What a member filled in for a command, checked against what the application declared."""

from typing import cast

from bot.local_discord.command_rules import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL,
    CHAT_INPUT,
    GROUP,
    INTEGER,
    MENTIONABLE,
    NUMBER,
    ROLE,
    STRING,
    SUBCOMMAND,
    USER,
    USER_COMMAND,
)
from bot.local_discord.form import Form, as_snowflake
from bot.local_discord.model import Channel, Command, Json
from bot.local_discord.permissions import in_channel, in_guild
from bot.local_discord.refusals import unknown
from bot.local_discord.stage import Stage
from bot.local_discord.wire.channel import channel_object
from bot.local_discord.wire.guild import bare_member_object, role_object
from bot.local_discord.wire.message import message_object
from bot.local_discord.wire.user import user_object

_FAILED = ("APPLICATION_COMMAND_INVALID_VALUE", "The value is not valid for this option")


def command_data(stage: Stage, channel: Channel, command: Command, form: Form, *, strict: bool) -> Json:
    """The ``data`` of a command's interaction; ``strict`` is off while the member still types (autocomplete)."""
    data: Json = {"id": str(command.id), "name": command.name, "type": command.kind}
    if command.guild_id is not None:
        data["guild_id"] = str(command.guild_id)
    resolved: Json = {}
    if command.kind == CHAT_INPUT:
        declared = cast("list[Json]", command.body.get("options", []))
        options = _options(stage, channel, declared, form, resolved, strict=strict)
        if options:
            data["options"] = options
    else:
        target = form.snowflake("target_id", required=True) or 0
        data["target_id"] = str(target)
        if command.kind == USER_COMMAND:
            _resolve_user(stage, channel, target, resolved)
        else:
            message = stage.world.message(channel.id, target)
            if message is None:
                raise unknown("message")
            resolved["messages"] = {str(target): message_object(stage.view(), message)}
    if resolved:
        data["resolved"] = resolved
    return data


def _options(
    stage: Stage, channel: Channel, declared: list[Json], form: Form, resolved: Json, *, strict: bool
) -> list[Json]:
    given = form.forms("options", most=25) or []
    by_name = {option["name"]: option for option in declared}
    found: list[Json] = []
    for each in given:
        option = by_name.get(each.text("name", least=1, most=32, required=True) or "")
        if option is None or each.data.get("type", option["type"]) != option["type"]:
            each.refuse("name", "APPLICATION_COMMAND_INVALID_OPTION", "This option does not exist")
            continue
        entry: Json = {"name": option["name"], "type": option["type"]}
        if option["type"] in (SUBCOMMAND, GROUP):
            inner = cast("list[Json]", option.get("options", []))
            entry["options"] = _options(stage, channel, inner, each, resolved, strict=strict)
        else:
            focused = not strict and each.data.get("focused") is True
            entry["value"] = _value(stage, channel, option, each, resolved, focused=focused)
            if focused:
                entry["focused"] = True
        found.append(entry)
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


def _value(
    stage: Stage, channel: Channel, option: Json, form: Form, resolved: Json, *, focused: bool
) -> object:
    value: object = form.data.get("value")
    kind = option["type"]
    if focused:
        return str(value)[:6000] if kind == STRING or not isinstance(value, (int, float)) else value
    if kind in (STRING, INTEGER, NUMBER, BOOLEAN):
        if not _plain(kind, value) or not _in_bounds(option, value):
            form.refuse("value", *_FAILED)
        return value
    snowflake = as_snowflake(value)
    if snowflake is None or kind == ATTACHMENT or not _resolve(stage, channel, kind, snowflake, resolved):
        form.refuse("value", *_FAILED)
    return str(value)


def _plain(kind: int, value: object) -> bool:
    if kind == STRING:
        return isinstance(value, str)
    if kind == BOOLEAN:
        return isinstance(value, bool)
    number = isinstance(value, int) or (kind == NUMBER and isinstance(value, float))
    return number and not isinstance(value, bool)


def _in_bounds(option: Json, value: object) -> bool:
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        return False
    if isinstance(value, str):
        return option.get("min_length", 0) <= len(value) <= option.get("max_length", 6000)
    if isinstance(value, (int, float)):
        least, most = option.get("min_value"), option.get("max_value")
        return (least is None or value >= least) and (most is None or value <= most)
    return False


def _resolve(stage: Stage, channel: Channel, kind: int, snowflake: int, resolved: Json) -> bool:
    world = stage.world
    if kind in (USER, MENTIONABLE) and snowflake in world.users:
        _resolve_user(stage, channel, snowflake, resolved)
        return True
    role = world.roles.get(snowflake)
    if kind in (ROLE, MENTIONABLE) and role is not None and role.guild_id == channel.guild_id:
        resolved.setdefault("roles", {})[str(snowflake)] = role_object(role)
        return True
    chosen = world.channels.get(snowflake)
    if kind == CHANNEL and chosen is not None and chosen.guild_id == channel.guild_id:
        shown = {**channel_object(stage.view(), chosen), "permissions": str(in_channel(world, 0, chosen))}
        resolved.setdefault("channels", {})[str(snowflake)] = shown
        return True
    return False


def _resolve_user(stage: Stage, channel: Channel, user_id: int, resolved: Json) -> None:
    world = stage.world
    user = world.users.get(user_id)
    if user is None:
        raise unknown("user")
    resolved.setdefault("users", {})[str(user_id)] = user_object(user)
    member = world.member(channel.guild_id or 0, user_id)
    if member is not None:
        shown = {**bare_member_object(member), "permissions": str(in_guild(world, member))}
        resolved.setdefault("members", {})[str(user_id)] = shown
