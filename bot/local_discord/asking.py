"""Members ask applications: commands, autocomplete, components and modals become interactions.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from dataclasses import replace
from datetime import timedelta

from bot.local_discord.command_data import command_data
from bot.local_discord.components import SELECTS, STRING_SELECT, find_component
from bot.local_discord.events import Event
from bot.local_discord.form import Form
from bot.local_discord.model import Channel, Command, Interaction, Json, Message
from bot.local_discord.permissions import USE_APPLICATION_COMMANDS, in_channel, in_guild
from bot.local_discord.refusals import missing_access, missing_permissions, unknown
from bot.local_discord.stage import Actor, Stage, demand, seen_channel
from bot.local_discord.wire.interaction import interaction_object

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
TIMED_OUT = 2
"""The ``reason_code`` of an interaction that no application answered in time."""


def ask(stage: Stage, actor: Actor, form: Form) -> Interaction:
    """Turn what a member did into an interaction and send it to the application.

    Raises:
        Refusal: 10002, 10003, 10008 or 10063 for what does not exist, 50001 or 50013 for what may not be used,
            50035 for options or values that the application did not offer.
    """
    kind = form.choice("type", (COMMAND, COMPONENT, AUTOCOMPLETE, MODAL), required=True)
    application_id = form.snowflake("application_id", required=True) or 0
    channel_id = form.snowflake("channel_id", required=True) or 0
    data = form.form("data", required=True)
    nonce = form.text("nonce", most=25)
    form.problems.raise_any()
    if application_id not in stage.world.applications:
        raise unknown("application")
    channel = seen_channel(stage, actor, channel_id)
    if channel.guild_id is not None and stage.world.member(channel.guild_id, application_id) is None:
        raise missing_access()
    if data is None or kind is None:
        raise unknown("interaction")
    _forget_expired(stage)
    message: Message | None = None
    if kind == COMPONENT:
        message = _message(stage, actor, channel, application_id, form)
        content = _component_data(message, data)
    elif kind == MODAL:
        content, message = _modal_data(stage, actor, application_id, data)
    else:
        command = _command(stage, actor, channel, application_id, data)
        content = command_data(stage, channel, command, data, strict=kind == COMMAND)
    form.problems.raise_any()
    interaction = Interaction(
        id=stage.ids.take(),
        token=stage.secret(96),
        application_id=application_id,
        kind=kind,
        channel_id=channel.id,
        user_id=actor.user_id,
        created_at=stage.now(),
        data=content,
        guild_id=channel.guild_id,
        nonce=nonce,
        message_id=None if message is None else message.id,
    )
    stage.world.put_interaction(interaction)
    payload = interaction_object(stage.view(), interaction, channel, message)
    created = Event("INTERACTION_CREATE", payload, guild_id=channel.guild_id, application_id=application_id)
    stage.emit(created)
    stage.later(stage.settings.interaction_timeout, lambda: give_up(stage, interaction.id))
    stage.changed()
    return interaction


def give_up(stage: Stage, interaction_id: int) -> None:
    """Fail an interaction that was not answered in time and tell the member."""
    interaction = stage.world.interactions.get(interaction_id)
    if interaction is None or interaction.callback is not None or interaction.failed:
        return
    stage.world.put_interaction(replace(interaction, failed=True))
    if interaction.kind != AUTOCOMPLETE:
        tell_member(stage, "INTERACTION_FAILURE", interaction, reason_code=TIMED_OUT)


def tell_member(stage: Stage, name: str, interaction: Interaction, **more: object) -> None:
    """Tell the member who asked what became of it."""
    data: Json = {"id": str(interaction.id), "nonce": interaction.nonce, **more}
    stage.emit(Event(name, data, only=frozenset({interaction.user_id})))


def _forget_expired(stage: Stage) -> None:
    oldest = stage.now() - timedelta(seconds=stage.settings.interaction_life)
    for interaction in list(stage.world.interactions.values()):
        if interaction.created_at >= oldest:
            break  # they are held in the order they were made
        stage.world.drop_interaction(interaction)


def usable(stage: Stage, actor: Actor, channel: Channel, command: Command) -> bool:
    """Whether the member may use a command in a channel."""
    if command.guild_id not in (None, channel.guild_id):
        return False
    if channel.guild_id is None:
        return bool(command.body.get("dm_permission", True))
    member = stage.world.member(channel.guild_id, actor.user_id)
    required = command.body.get("default_member_permissions")
    if member is None or not in_channel(stage.world, actor.user_id, channel) & USE_APPLICATION_COMMANDS:
        return False
    granted = in_guild(stage.world, member)
    return (
        required is None
        or (int(required) != 0 and granted & int(required) == int(required))
        or bool(granted & 8)
    )


def _command(stage: Stage, actor: Actor, channel: Channel, application_id: int, data: Form) -> Command:
    command_id = data.snowflake("id", required=True)
    data.problems.raise_any()
    command = stage.world.commands.get(command_id or 0)
    if command is None or command.application_id != application_id:
        raise unknown("command")
    if channel.guild_id is not None:
        demand(stage, actor, channel, USE_APPLICATION_COMMANDS)
    if not usable(stage, actor, channel, command):
        raise missing_permissions()
    return command


def _message(stage: Stage, actor: Actor, channel: Channel, application_id: int, form: Form) -> Message:
    message_id = form.snowflake("message_id", required=True) or 0
    form.problems.raise_any()
    message = stage.world.message(channel.id, message_id) or stage.world.ephemeral(message_id)
    if message is None or message.channel_id != channel.id or message.seen_by not in (None, actor.user_id):
        raise unknown("message")
    owner = message.author_id
    if message.face is not None:
        webhook = stage.world.webhooks.get(message.face.webhook_id)
        owner = 0 if webhook is None else webhook.application_id or 0
    if owner != application_id:
        raise unknown("application")
    return message


def _component_data(message: Message, data: Form) -> Json:
    custom_id = data.text("custom_id", least=1, most=100, required=True) or ""
    component = find_component(message.components, custom_id)
    if component is None or component.get("disabled"):
        data.refuse("custom_id", "COMPONENT_VALIDATION_FAILED", "Component validation failed")
        return {}
    content: Json = {"custom_id": custom_id, "component_type": component["type"], "id": component["id"]}
    if component["type"] in SELECTS:
        values = [str(value) for value in data.items("values", most=25, required=True) or []]
        offered = {option["value"] for option in component.get("options", [])}
        wrong_count = not component["min_values"] <= len(values) <= component["max_values"]
        if wrong_count or (component["type"] == STRING_SELECT and not set(values) <= offered):
            data.refuse("values", "COMPONENT_VALIDATION_FAILED", "Component validation failed")
        content["values"] = values
    return content


def _modal_data(stage: Stage, actor: Actor, application_id: int, data: Form) -> tuple[Json, Message | None]:
    asked = stage.world.interactions.get(data.snowflake("id", required=True) or 0)
    custom_id = data.text("custom_id", least=1, most=100, required=True)
    components = data.items("components", most=40, required=True) or []
    if asked is None or asked.modal is None:
        raise unknown("interaction")
    if asked.user_id != actor.user_id or asked.application_id != application_id:
        raise unknown("interaction")
    if custom_id != asked.modal["custom_id"]:
        data.refuse("custom_id", "COMPONENT_VALIDATION_FAILED", "Component validation failed")
    source = asked.message_id
    message = None
    if source is not None:
        message = stage.world.message(asked.channel_id, source) or stage.world.ephemeral(source)
    stage.world.put_interaction(replace(asked, modal=None))
    return {"custom_id": custom_id, "components": components}, message
