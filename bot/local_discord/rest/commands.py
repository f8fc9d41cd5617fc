"""Application commands, global and of a guild: list, make, replace all, change, remove."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from starlette.responses import Response

from bot.local_discord.form import Form, Problems
from bot.local_discord.interactions.command_rules import read_command
from bot.local_discord.model import Command, Json
from bot.local_discord.refusals import Refusal, bad_json, limit_reached, missing_access, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage
from bot.local_discord.wire.command import command_object, localized

MOST_COMMANDS = 130
"""Of all types together."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose commands, and where they hold: in every guild (``guild_id`` None) or in one."""

    application_id: int
    guild_id: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A command as it was sent; ``id`` is there when the sender knows it."""

    kind: int
    name: str
    body: Json
    id: int | None = None


def scope_of(call: Call) -> Scope:
    """The scope of the path.

    Raises:
        Refusal: 20012 for another application's commands, 50001 for a guild the bot is not in.
    """
    application = call.application
    if call.id("application_id") != application.id:
        raise Refusal(403, 20012, "You are not authorized to perform this action on this application")
    guild_id = call.id("guild_id") if "guild_id" in call.request.path_params else None
    if guild_id is not None and call.stage.world.member(guild_id, application.id) is None:
        raise missing_access()
    return Scope(application.id, guild_id)


def _of(stage: Stage, scope: Scope) -> list[Command]:
    return stage.world.commands_of(scope.application_id, scope.guild_id)


def _found(call: Call, scope: Scope) -> Command:
    command = call.stage.world.commands.get(call.id("command_id"))
    if command is None or (command.application_id, command.guild_id) != (
        scope.application_id,
        scope.guild_id,
    ):
        raise unknown("command")
    return command


def _stored(stage: Stage, scope: Scope, wanted: Wanted) -> Command:
    """The command to store: a known one keeps its id, and its version when nothing changed.

    Known is one that is named by its id, or one of the same type and name.
    """
    same = [c for c in _of(stage, scope) if (c.kind, c.name) == (wanted.kind, wanted.name)]
    named = [c for c in _of(stage, scope) if c.id == wanted.id and c.kind == wanted.kind]
    earlier = next(iter(named or same), None)
    if earlier is None:
        return Command(
            stage.ids.take(),
            scope.application_id,
            stage.ids.take(),
            wanted.kind,
            wanted.name,
            wanted.body,
            scope.guild_id,
        )
    if (earlier.name, earlier.body) == (wanted.name, wanted.body):
        return earlier
    return replace(earlier, name=wanted.name, body=wanted.body, version=stage.ids.take())


def _count_creates(stage: Stage, scope: Scope, count: int) -> None:
    """Note that this many commands are made; raises 30034 when it is too many for one day."""
    key = (scope.application_id, scope.guild_id or 0)
    since = stage.now() - timedelta(days=1)
    made = [moment for moment in stage.world.command_creates.get(key, []) if moment > since]
    most = stage.settings.command_creates
    if count and len(made) + count > most:
        message = f"Maximum number of daily application command creates has been reached ({most})"
        raise Refusal(400, 30034, message)
    stage.world.command_creates[key] = made + [stage.now()] * count


def _listed(call: Call, commands: list[Command]) -> list[Json]:
    """Commands as they are read: with all languages only on request, else in the language of the header."""
    everything = call.flag("with_localizations")
    locale = call.request.headers.get("x-discord-locale")
    return [command_object(c) if everything else localized(command_object(c), locale) for c in commands]


async def list_commands(call: Call) -> Response:
    """GET .../commands."""
    return ok(_listed(call, _of(call.stage, scope_of(call))))


async def get_command(call: Call) -> Response:
    """GET .../commands/{command_id}."""
    return ok(command_object(_found(call, scope_of(call))))


async def post_command(call: Call) -> Response:
    """POST .../commands: 201 for a new one, 200 when it replaces the one of the same name."""
    scope, stage = scope_of(call), call.stage
    form = await call.form()
    kind, name, body = read_command(form, is_global=scope.guild_id is None)
    form.problems.raise_any()
    command = _stored(stage, scope, Wanted(kind, name, body))
    is_new = command.id not in stage.world.commands
    if is_new:
        if sum(c.kind == kind for c in _of(stage, scope)) >= LIMITS.commands[kind]:
            raise _too_many(kind)
        _count_creates(stage, scope, 1)
    stage.world.put_command(command)
    stage.changed()
    return ok(command_object(command), 201 if is_new else 200)


def _read_all(given: list[object], scope: Scope) -> list[Wanted]:
    """The commands of a body that replaces all.

    Raises:
        Refusal: 50035 with the problems of each under its index, 30032.
    """
    problems = Problems()
    read: list[Wanted] = []
    if len(given) > MOST_COMMANDS:
        problems.add((), "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_COMMANDS} or fewer in length.")
        problems.raise_any()
    for index, item in enumerate(given):
        if not isinstance(item, dict):
            message = "Only dictionaries may be used in a DictType"
            problems.add((str(index),), "DICT_TYPE_CONVERT", message)
            continue
        form = Form(cast("Json", item), problems, (str(index),))
        kind, name, body = read_command(form, is_global=scope.guild_id is None)
        if any((kind, name) == (each.kind, each.name) for each in read):
            form.refuse(
                "name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
        read.append(Wanted(kind, name, body, form.snowflake("id")))
    problems.raise_any()
    for kind, most in LIMITS.commands.items():
        if sum(each.kind == kind for each in read) > most:
            raise _too_many(kind)
    return read


async def put_commands(call: Call) -> Response:
    """PUT .../commands: these and no others; one wrong command refuses them all, named by its index."""
    scope, stage = scope_of(call), call.stage
    given = await call.json()
    if not isinstance(given, list):
        raise bad_json()
    read = _read_all(cast("list[object]", given), scope)
    commands = [_stored(stage, scope, each) for each in read]
    _count_creates(stage, scope, sum(command.id not in stage.world.commands for command in commands))
    kept = {command.id: command.name for command in commands}
    for old in _of(stage, scope):
        if kept.get(old.id) != old.name:
            stage.world.drop_command(old)
        else:
            del stage.world.commands[old.id]
    for command in commands:
        stage.world.put_command(command)
    stage.changed()
    return ok([command_object(command) for command in commands])


def _too_many(kind: int) -> Refusal:
    return limit_reached(30032, f"Maximum number of application commands reached ({LIMITS.commands[kind]})")


async def patch_command(call: Call) -> Response:
    """PATCH .../commands/{command_id}: what is left out stays; a new name ends what was ruled about the old."""
    scope, stage = scope_of(call), call.stage
    command = _found(call, scope)
    form = await call.form()
    named = {"name": form.data.get("name", command.name), "type": command.kind}
    changed = {field: value for field, value in form.data.items() if field not in ("id", "type")}
    whole: Json = {**command.body, **_without_derived(command.body, changed), **changed, **named}
    kind, name, body = read_command(Form(whole, form.problems), is_global=scope.guild_id is None)
    form.problems.raise_any()
    if any(c.id != command.id and (c.kind, c.name) == (kind, name) for c in _of(stage, scope)):
        raise Refusal(400, 40041, "An application command with that name already exists")
    if (name, body) != (command.name, command.body):
        if name != command.name:
            stage.world.drop_command(command)
        command = replace(command, name=name, body=body, version=stage.ids.take())
        stage.world.put_command(command)
        stage.changed()
    return ok(command_object(command))


def _without_derived(body: Json, changed: Json) -> Json:
    """What a change of ``dm_permission`` overrides: contexts that were set before."""
    return (
        {"contexts": None}
        if "dm_permission" in changed and "contexts" not in changed and body.get("contexts")
        else {}
    )


async def delete_command(call: Call) -> Response:
    """DELETE .../commands/{command_id}."""
    command = _found(call, scope_of(call))
    call.stage.world.drop_command(command)
    call.stage.changed()
    return nothing()
