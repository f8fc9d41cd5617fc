"""Commands as Discord wants them: options, groups folded into one command, permissions.

https://discord.com/developers/docs/interactions/application-commands#application-command-object
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from bot.plugins.cog import Cog
from bot.plugins.commands import Command, Group
from bot.plugins.options import Option
from bot.plugins.permissions import bits_of

type Json = dict[str, Any]

GUILD_CONTEXT, DIRECT_CONTEXT = 0, 1
SUBCOMMAND, GROUP = 1, 2
_WHOLE = ("options", "choices", "default_member_permissions", "required", "autocomplete")
"""Fields that mean something where we do not send them."""
_KINDS = {"slash": 1, "user": 2, "message": 3}
_TYPES = {
    "string": 3,
    "integer": 4,
    "boolean": 5,
    "user": 6,
    "channel": 7,
    "role": 8,
    "mentionable": 9,
    "number": 10,
    "attachment": 11,
}
_CHANNELS = {
    "text": (0,),
    "voice": (2, 13),
    "category": (4,),
    "announcement": (5,),
    "thread": (10, 11, 12),
    "forum": (15,),
}


def payloads(cog: Cog, *, contexts: Sequence[int] = ()) -> list[Json]:
    """Everything a cog registers, one body for each command that Discord keeps.

    ``contexts`` are for commands that are everywhere; Discord knows none for those of a guild. What is there in direct
    messages only is left out where they are none of the contexts.
    """
    tops: dict[tuple[str, str], list[Command]] = {}
    for command in cog.commands.values():
        if command.direct_only and DIRECT_CONTEXT not in contexts:
            continue
        tops.setdefault(command.top, []).append(command)
    return [_payload(cog, name, commands, contexts) for (_, name), commands in tops.items()]


def _payload(cog: Cog, name: str, commands: Sequence[Command], contexts: Sequence[int]) -> Json:
    first = commands[0]
    body: Json = {"type": _KINDS[first.kind], "name": name}
    if contexts:
        body["contexts"] = [DIRECT_CONTEXT] if first.direct_only else list(contexts)
    group = cog.groups.get(name) if first.kind == "slash" else None
    asked = group.permissions if group is not None else first.permissions
    if asked and contexts:
        # Nobody has permissions of a server in direct messages, and Discord does not ask for them there.
        body["contexts"] = [GUILD_CONTEXT]
    if asked:
        body["default_member_permissions"] = str(bits_of(asked))
    if first.kind != "slash":
        return body
    if group is None:
        return {**body, "description": first.help, "options": [_option(option) for option in first.options]}
    return {**body, "description": group.help, "options": _inside(cog, group, commands)}


def _inside(cog: Cog, group: Group, commands: Sequence[Command]) -> list[Json]:
    direct = [command for command in commands if command.name.rpartition(" ")[0] == group.name]
    found: list[Json] = [
        {
            "type": SUBCOMMAND,
            "name": command.name.split()[-1],
            "description": command.help,
            "options": [_option(option) for option in command.options],
        }
        for command in direct
    ]
    for inner in cog.groups.values():
        held = [command for command in commands if command.name.startswith(f"{inner.name} ")]
        if inner.name.rpartition(" ")[0] == group.name and held:
            found.append(
                {
                    "type": GROUP,
                    "name": inner.name.split()[-1],
                    "description": inner.help,
                    "options": _inside(cog, inner, held),
                }
            )
    return found


def _option(option: Option) -> Json:
    body: Json = {
        "type": _TYPES[option.type],
        "name": option.name,
        "description": option.help,
        "required": option.required,
    }
    if option.suggest is not None:
        body["autocomplete"] = True
    if option.choices:
        body["choices"] = [{"name": label, "value": value} for label, value in option.choices]
    if option.kinds:
        body["channel_types"] = sorted({number for kind in option.kinds for number in _CHANNELS[kind]})
    bound = "length" if option.type == "string" else "value"
    for word, value in (("min", option.least), ("max", option.most)):
        if value is not None:
            body[f"{word}_{bound}"] = value if option.type == "number" else int(value)
    return body


def changes(wanted: Iterable[Json], there: Iterable[Json]) -> tuple[list[str], list[str], list[str]]:
    """What would be made, changed and removed, by name; only fields that we set are compared."""
    ours = {(int(one["type"]), str(one["name"])): one for one in wanted}
    theirs = {(int(one.get("type", 1)), str(one["name"])): one for one in there}
    made = [_shown(key) for key in ours if key not in theirs]
    changed = [_shown(key) for key, one in ours.items() if key in theirs and not _covers(theirs[key], one)]
    removed = [_shown(key) for key in theirs if key not in ours]
    return sorted(made), sorted(changed), sorted(removed)


def _shown(key: tuple[int, str]) -> str:
    return f"/{key[1]}" if key[0] == _KINDS["slash"] else key[1]


def _covers(there: object, wanted: object) -> bool:
    """Whether what Discord gave back says what we sent; it adds fields and leaves out empty ones."""
    if isinstance(wanted, dict) and isinstance(there, dict):
        ours, given = cast("Json", wanted), cast("Json", there)
        said = {name: value for name, value in ours.items() if value not in (False, [], None)}
        more = [name for name in _WHOLE if given.get(name) and name not in said]
        return not more and all(_covers(given.get(name), value) for name, value in said.items())
    if isinstance(wanted, list) and isinstance(there, list):
        pairs = zip(cast("list[object]", there), cast("list[object]", wanted), strict=False)
        return len(there) == len(wanted) and all(_covers(theirs, own) for theirs, own in pairs)  # pyright: ignore[reportUnknownArgumentType] - lists of anything
    return there == wanted
