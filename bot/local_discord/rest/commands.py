"""Application commands, global and of a guild: list, make, replace all, change, remove."""

from dataclasses import dataclass, replace
from typing import cast

from starlette.responses import Response

from bot.local_discord.command_rules import read_command
from bot.local_discord.form import Form, Problems
from bot.local_discord.model import Command, Json
from bot.local_discord.refusals import Refusal, bad_json, limit_reached, missing_access, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage
from bot.local_discord.wire.command import command_object


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose commands, and where they hold: in every guild (``guild_id`` None) or in one."""

    application_id: int
    guild_id: int | None


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


def _stored(stage: Stage, scope: Scope, kind: int, name: str, body: Json) -> Command:
    """The command to store: one of the same type and name keeps its id, and its version when nothing changed."""
    earlier = next((c for c in _of(stage, scope) if (c.kind, c.name) == (kind, name)), None)
    if earlier is None:
        return Command(
            stage.ids.take(), scope.application_id, stage.ids.take(), kind, name, body, scope.guild_id
        )
    if earlier.body == body:
        return earlier
    return replace(earlier, body=body, version=stage.ids.take())


async def list_commands(call: Call) -> Response:
    """GET .../commands."""
    return ok([command_object(command) for command in _of(call.stage, scope_of(call))])


async def get_command(call: Call) -> Response:
    """GET .../commands/{command_id}."""
    return ok(command_object(_found(call, scope_of(call))))


async def post_command(call: Call) -> Response:
    """POST .../commands: 201 for a new one, 200 when it replaces the one of the same name."""
    scope, stage = scope_of(call), call.stage
    form = await call.form()
    kind, name, body = read_command(form, is_global=scope.guild_id is None)
    form.problems.raise_any()
    command = _stored(stage, scope, kind, name, body)
    is_new = command.id not in stage.world.commands
    if is_new and sum(c.kind == kind for c in _of(stage, scope)) >= LIMITS.commands[kind]:
        raise _too_many(kind)
    stage.world.commands[command.id] = command
    stage.changed()
    return ok(command_object(command), 201 if is_new else 200)


async def put_commands(call: Call) -> Response:
    """PUT .../commands: these and no others; one wrong command refuses them all, named by its index."""
    scope, stage = scope_of(call), call.stage
    given = await call.json()
    if not isinstance(given, list):
        raise bad_json()
    problems = Problems()
    read: list[tuple[int, str, Json]] = []
    for index, item in enumerate(cast("list[object]", given)):
        if not isinstance(item, dict):
            message = "Only dictionaries may be used in a DictType"
            problems.add((str(index),), "DICT_TYPE_CONVERT", message)
            continue
        form = Form(cast("Json", item), problems, (str(index),))
        kind, name, body = read_command(form, is_global=scope.guild_id is None)
        if any((kind, name) == (k, n) for k, n, _ in read):
            form.refuse(
                "name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
        read.append((kind, name, body))
    problems.raise_any()
    for kind, most in LIMITS.commands.items():
        if sum(k == kind for k, _, _ in read) > most:
            raise _too_many(kind)
    commands = [_stored(stage, scope, kind, name, body) for kind, name, body in read]
    for old in _of(stage, scope):
        del stage.world.commands[old.id]
    for command in commands:
        stage.world.commands[command.id] = command
    stage.changed()
    return ok([command_object(command) for command in commands])


def _too_many(kind: int) -> Refusal:
    return limit_reached(30032, f"Maximum number of application commands reached ({LIMITS.commands[kind]})")


async def patch_command(call: Call) -> Response:
    """PATCH .../commands/{command_id}: what is left out stays."""
    scope, stage = scope_of(call), call.stage
    command = _found(call, scope)
    form = await call.form()
    whole: Json = {
        **command.body,
        **form.data,
        "name": form.data.get("name", command.name),
        "type": command.kind,
    }
    merged = Form(whole, form.problems)
    kind, name, body = read_command(merged, is_global=scope.guild_id is None)
    if any(c.id != command.id and (c.kind, c.name) == (kind, name) for c in _of(stage, scope)):
        form.refuse("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    form.problems.raise_any()
    command = replace(command, name=name, body=body, version=stage.ids.take())
    stage.world.commands[command.id] = command
    stage.changed()
    return ok(command_object(command))


async def delete_command(call: Call) -> Response:
    """DELETE .../commands/{command_id}."""
    command = _found(call, scope_of(call))
    del call.stage.world.commands[command.id]
    call.stage.changed()
    return nothing()


async def list_permissions(call: Call) -> Response:
    """GET .../commands/permissions: nobody has set any."""
    scope_of(call)
    return ok([])
