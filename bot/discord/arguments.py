"""Reads what came with an interaction: which command, with which arguments; what was chosen, what was filled in.

Everything in it is untrusted; Discord has checked that values are of the declared types.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from bot.discord.events import Author, Message, Where
from bot.discord.raw_messages import attachments_of
from bot.plugins.commands import Command
from bot.plugins.values import Attachment, Channel, Member, Role

type Json = Mapping[str, Any]


SUBCOMMAND, GROUP = 1, 2
_KINDS = {1: "slash", 2: "user", 3: "message"}


def called(data: Json) -> tuple[str, str, list[Json]]:
    """A command's kind, its whole name, and the options that were given."""
    kind = _KINDS.get(int(data.get("type", 1)), "slash")
    name = str(data.get("name", ""))
    options: list[Json] = list(data.get("options") or ())
    while len(options) == 1 and options[0].get("type") in (SUBCOMMAND, GROUP):
        name = f"{name} {options[0]['name']}"
        options = list(options[0].get("options") or ())
    return kind, name, options


def arguments(command: Command, options: Iterable[Json], data: Json) -> dict[str, Any]:
    """The arguments of a command's function; what this version does not know is left out."""
    known = {option.name for option in command.options}
    resolved = _part(data, "resolved")
    return {
        str(one["name"]): _value(int(one.get("type", 3)), one.get("value"), resolved)
        for one in options
        if one["name"] in known
    }


def target(command: Command, data: Json, where: Where, me: int) -> Member | Message | None:
    """What a context menu was opened on; None where Discord did not say."""
    identifier = str(data.get("target_id", ""))
    resolved = _part(data, "resolved")
    if command.kind == "user":
        return member(identifier, resolved)
    found = _part(_part(resolved, "messages"), identifier)
    return message(found, where, me) if found else None


def chosen(data: Json) -> list[str]:
    """What was chosen in a select."""
    return [str(value) for value in data.get("values") or ()]


def filled(data: Json) -> dict[str, str]:
    """What was filled into a form, by input."""
    found: dict[str, str] = {}
    for row in data.get("components") or ():
        inner = row.get("components") or ([row["component"]] if "component" in row else [])
        for one in inner:
            found[str(one.get("custom_id", ""))] = str(one.get("value", "") or "")
    return found


def filled_lists(data: Json) -> dict[str, list[str]]:
    """What was filled into a form, by input, also where several things were chosen."""
    found: dict[str, list[str]] = {}
    for row in data.get("components") or ():
        for one in row.get("components") or ([row["component"]] if "component" in row else []):
            values = one["values"] if "values" in one else [one.get("value")]
            found[str(one.get("custom_id", ""))] = [str(value) for value in values or () if value]
    return found


def _value(kind: int, value: Any, resolved: Json) -> Any:
    identifier = str(value)
    match kind:
        case 6:  # user
            return member(identifier, resolved)
        case 7:  # channel
            found = _part(_part(resolved, "channels"), identifier)
            return Channel(int(identifier), str(found.get("name", "")), int(found.get("type", 0)))
        case 8:  # role
            return _role(identifier, resolved)
        case 9:  # mentionable
            is_role = identifier in _part(resolved, "roles")
            return _role(identifier, resolved) if is_role else member(identifier, resolved)
        case 11:  # attachment
            file = _part(_part(resolved, "attachments"), identifier)
            return Attachment(
                int(identifier),
                str(file.get("filename", "")),
                str(file.get("url", "")),
                int(file.get("size", 0)),
                str(file.get("content_type") or ""),
            )
        case _:
            return value


def member(identifier: str, resolved: Json) -> Member:
    """A person from what Discord resolved."""
    user = _part(_part(resolved, "users"), identifier)
    there = _part(_part(resolved, "members"), identifier)
    name = there.get("nick") or user.get("global_name") or user.get("username") or ""
    roles = tuple(int(role) for role in there.get("roles") or ())
    return Member(int(identifier), str(name), bool(user.get("bot")), roles)


def message(found: Json, where: Where, me: int) -> Message:
    """A message from what Discord resolved."""
    author = _part(found, "author")
    name = author.get("global_name") or author.get("username") or ""
    is_bot = bool(author.get("bot")) or "webhook_id" in found
    return Message(
        id=int(found["id"]),
        where=where,
        author=Author(int(author.get("id", 0)), str(name), is_bot),
        text=str(found.get("content", "")),
        mentions_me=any(str(one.get("id")) == str(me) for one in found.get("mentions") or ()),
        attachments=attachments_of(dict(found)),
    )


def _role(identifier: str, resolved: Json) -> Role:
    found = _part(_part(resolved, "roles"), identifier)
    return Role(int(identifier), str(found.get("name", "")))


def _part(whole: Json, name: str) -> Json:
    """An object in an object; empty where it is missing or null."""
    return cast("Json", whole.get(name) or {})
