"""Members ask applications: commands, autocomplete, components and modals become interactions.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from dataclasses import replace
from datetime import timedelta

from bot.local_discord.events import Event
from bot.local_discord.form import Form
from bot.local_discord.interactions.command_access import usable
from bot.local_discord.interactions.command_data import command_data, full_name
from bot.local_discord.interactions.components import CHANNEL_SELECT, SELECTS, STRING_SELECT, find_component
from bot.local_discord.interactions.modal_answers import FAILED, submitted
from bot.local_discord.interactions.resolving import Resolver, named_uploads
from bot.local_discord.interactions.select_values import resolve_values
from bot.local_discord.members.permissions import USE_APPLICATION_COMMANDS
from bot.local_discord.messages.uploads import Upload
from bot.local_discord.model import Cause, Channel, Command, Interaction, Json, Message
from bot.local_discord.refusals import missing_access, missing_permissions, unknown
from bot.local_discord.stage import Actor, Stage, demand, seen_channel
from bot.local_discord.wire.interaction import interaction_object

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
USUAL_LOCALE = "en-US"
TIMED_OUT = 2
"""The ``reason_code`` of an interaction that no application answered in time."""


def ask(
    stage: Stage, actor: Actor, form: Form, uploads: list[Upload], *, locale: str = USUAL_LOCALE
) -> Interaction:
    """Turn what a member, who uses Discord in ``locale``, did into an interaction and send it to the application.

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
    files = named_uploads(data, uploads, file_bytes=stage.settings.file_bytes)
    resolver = Resolver(stage, channel, actor.user_id, application_id, files)
    opened: Interaction | None = None
    message: Message | None = None
    if kind == COMPONENT:
        message = _message(stage, actor, channel, application_id, form)
        content = _component_data(resolver, message, data)
    elif kind == MODAL:
        opened = _opened(stage, actor, application_id, data)
        content = _modal_data(resolver, opened, data)
        message = source_of(stage, opened)
    else:
        command = _command(stage, actor, channel, application_id, data)
        content = command_data(resolver, command, data, strict=kind == COMMAND)
    form.problems.raise_any()
    attachments = resolver.finish()
    if resolver.found and kind != AUTOCOMPLETE:
        content["resolved"] = resolver.found
    if opened is not None:
        stage.world.put_interaction(replace(opened, modal=None))
    identifier = stage.ids.take()
    interaction = Interaction(
        id=identifier,
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
        cause=_cause(identifier, kind, actor.user_id, content, message, opened),
        attachments=attachments,
        locale=locale,
    )
    stage.world.put_interaction(interaction)
    limit = stage.settings.file_bytes
    payload = interaction_object(stage.view(), interaction, channel, message, attachment_limit=limit)
    created = Event("INTERACTION_CREATE", payload, guild_id=channel.guild_id, application_id=application_id)
    stage.emit(created)
    stage.later(stage.settings.interaction_timeout, lambda: give_up(stage, interaction.id))
    stage.changed()
    return interaction


def _cause(
    identifier: int,
    kind: int,
    user_id: int,
    content: Json,
    message: Message | None,
    opened: Interaction | None,
) -> Cause:
    """How messages that answer an interaction name it."""
    target = int(content.get("target_id", 0)) or None
    on_message = "messages" in content.get("resolved", {})
    return Cause(
        identifier,
        kind,
        user_id,
        name=full_name(content) if "name" in content else "",
        interacted_message_id=message.id if message is not None and kind == COMPONENT else None,
        target_user_id=None if on_message else target,
        target_message_id=target if on_message else None,
        triggered_by=None if opened is None else opened.cause,
    )


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
        for attachment in interaction.attachments:
            stage.files.drop(str(attachment.id))


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


def source_of(stage: Stage, interaction: Interaction) -> Message | None:
    """The message whose component was used, directly or to open the modal that was sent."""
    if interaction.message_id is None:
        return None
    listed = stage.world.message(interaction.channel_id, interaction.message_id)
    return listed or stage.world.ephemeral(interaction.message_id)


def _component_data(resolver: Resolver, message: Message, data: Form) -> Json:
    custom_id = data.text("custom_id", least=1, most=100, required=True) or ""
    component = find_component(message.components, custom_id)
    if component is None or component.get("disabled"):
        data.refuse("custom_id", *FAILED)
        return {}
    kind = component["type"]
    content: Json = {"custom_id": custom_id, "component_type": kind, "id": component["id"]}
    if kind not in SELECTS:
        return content
    values = [str(value) for value in data.items("values", most=25, required=True) or []]
    wrong = len(set(values)) != len(values)
    wrong = wrong or not component["min_values"] <= len(values) <= component["max_values"]
    if kind == STRING_SELECT:
        wrong = wrong or not set(values) <= {option["value"] for option in component["options"]}
    else:
        kinds = component.get("channel_types", ()) if kind == CHANNEL_SELECT else ()
        wrong = not resolve_values(resolver, kind, values, kinds) or wrong
    if wrong:
        data.refuse("values", *FAILED)
    return content | {"values": values}


def _opened(stage: Stage, actor: Actor, application_id: int, data: Form) -> Interaction:
    """The interaction whose answer was the modal that is sent now.

    Raises:
        Refusal: 10062 when no modal of that id is open for the member.
    """
    opened = stage.world.interactions.get(data.snowflake("id", required=True) or 0)
    data.problems.raise_any()
    if opened is None or opened.modal is None:
        raise unknown("interaction")
    if opened.user_id != actor.user_id or opened.application_id != application_id:
        raise unknown("interaction")
    return opened


def _modal_data(resolver: Resolver, opened: Interaction, data: Form) -> Json:
    custom_id = data.text("custom_id", least=1, most=100, required=True)
    modal = opened.modal or {}
    if custom_id != modal["custom_id"]:
        data.refuse("custom_id", *FAILED)
    return {"custom_id": custom_id, "components": submitted(modal, data, resolver)}
