"""What a guild has ruled about who may use an application's commands.

https://discord.com/developers/docs/interactions/application-commands#application-command-permissions-object
"""

from starlette.responses import Response

from bot.local_discord.events import Event
from bot.local_discord.form import Form
from bot.local_discord.interactions.command_access import CHANNEL, ROLE, USER
from bot.local_discord.members.hierarchy import demand_in_guild
from bot.local_discord.members.permissions import MANAGE_GUILD, MANAGE_ROLES
from bot.local_discord.model import CommandRule, CommandRules, Guild, Json
from bot.local_discord.refusals import Refusal, unknown
from bot.local_discord.rest.call import Call, ok
from bot.local_discord.rest.commands import scope_of
from bot.local_discord.rest.guilds import own_guild

MOST_RULES = 100


def rules_object(rules: CommandRules) -> Json:
    """The rules of a command, or of all of an application's."""
    return {
        "id": str(rules.id),
        "application_id": str(rules.application_id),
        "guild_id": str(rules.guild_id),
        "permissions": [
            {"id": str(rule.target), "type": rule.kind, "permission": rule.allowed} for rule in rules.rules
        ],
    }


async def list_permissions(call: Call) -> Response:
    """GET .../commands/permissions: of all commands that have rules in the guild."""
    scope = scope_of(call)
    found = [
        rules
        for rules in call.stage.world.command_rules.values()
        if (rules.application_id, rules.guild_id) == (scope.application_id, scope.guild_id)
    ]
    return ok([rules_object(rules) for rules in found])


async def get_permissions(call: Call) -> Response:
    """GET .../commands/{command_id}/permissions; the application's id asks for those of all its commands."""
    scope = scope_of(call)
    rules = call.stage.world.command_rules.get((scope.guild_id or 0, call.id("command_id")))
    if rules is None or rules.application_id != scope.application_id:
        raise unknown("command permissions")
    return ok(rules_object(rules))


async def put_permissions(call: Call) -> Response:
    """PUT .../commands/{command_id}/permissions: people who manage the guild and its roles do this, bots do not.

    Raises:
        Refusal: 20001 for bots, 10063, 50013, 50035.
    """
    if call.actor.application_id is not None:
        raise Refusal(403, 20001, "Bots cannot use this endpoint")
    guild, asker = own_guild(call)
    world, application_id, target = call.stage.world, call.id("application_id"), call.id("command_id")
    command = world.commands.get(target)
    if target != application_id and (
        command is None
        or command.application_id != application_id
        or command.guild_id not in (None, guild.id)
    ):
        raise unknown("command")
    if application_id not in world.applications:
        raise unknown("application")
    demand_in_guild(world, asker, MANAGE_GUILD | MANAGE_ROLES)
    form = await call.form()
    found = [_rule(call, guild, each) for each in form.forms("permissions", most=MOST_RULES) or []]
    form.problems.raise_any()
    rules = CommandRules(target, application_id, guild.id, tuple(found))
    world.put_command_rules(rules)
    told = Event(
        "APPLICATION_COMMAND_PERMISSIONS_UPDATE",
        rules_object(rules),
        guild_id=guild.id,
        only=frozenset({application_id}),
    )
    call.stage.emit(told)
    call.stage.changed()
    return ok(rules_object(rules))


def _rule(call: Call, guild: Guild, form: Form) -> CommandRule:
    target = form.snowflake("id", required=True) or 0
    kind = form.choice("type", (ROLE, USER, CHANNEL), required=True) or ROLE
    allowed = form.boolean("permission")
    if allowed is None:
        form.refuse("permission", "BASE_TYPE_REQUIRED", "This field is required")
    world = call.stage.world
    role, channel = world.roles.get(target), world.channels.get(target)
    known = {
        ROLE: role is not None and role.guild_id == guild.id,
        USER: target in world.users,
        CHANNEL: target == guild.id - 1 or (channel is not None and channel.guild_id == guild.id),
    }
    if not known[kind]:
        form.refuse("id", "APPLICATION_COMMAND_PERMISSIONS_INVALID_ID", "Unknown role, user or channel")
    return CommandRule(target, kind, bool(allowed))
