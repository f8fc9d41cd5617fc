"""Interactions: members make them, applications answer them; and the routes that tokens open."""

from starlette.responses import Response

from bot.local_discord.interactions.answering import (
    CHOICES,
    SHOW_MODAL,
    alive,
    call_back,
    delete_response,
    edit_response,
    follow_up,
    response,
)
from bot.local_discord.interactions.asking import USUAL_LOCALE, ask
from bot.local_discord.interactions.command_access import usable
from bot.local_discord.interactions.command_rules import LOCALES
from bot.local_discord.model import EPHEMERAL, LOADING, Interaction, Json
from bot.local_discord.refusals import Refusal, unknown
from bot.local_discord.rest import webhooks
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.wire.command import command_object
from bot.local_discord.wire.message import message_object


async def post_interaction(call: Call) -> Response:
    """POST /interactions: what a member did; the outcome comes over the gateway."""
    if call.actor.application_id is not None:
        raise Refusal(403, 20001, "Bots cannot use this endpoint")
    form = await call.form()
    locale = call.request.headers.get("x-discord-locale", "")
    ask(
        call.stage,
        call.actor,
        form,
        call.uploads,
        locale=locale if locale in LOCALES else USUAL_LOCALE,
    )
    return nothing()


async def command_index(call: Call) -> Response:
    """GET /channels/{channel_id}/application-command-index: the commands a member may use there."""
    channel, stage = channel_of(call), call.stage
    found = [
        command for command in stage.world.commands.values() if usable(stage, call.actor, channel, command)
    ]
    applications = [
        stage.world.applications[i] for i in sorted({command.application_id for command in found})
    ]
    return ok(
        {
            "applications": [{"id": str(a.id), "name": a.name, "icon": None} for a in applications],
            "application_commands": [command_object(command) for command in found],
        }
    )


async def post_callback(call: Call) -> Response:
    """POST /interactions/{interaction_id}/{token}/callback: 204, or what was made with ``with_response``."""
    interaction = call.stage.world.interactions.get(call.id("interaction_id"))
    if interaction is None or interaction.token != call.text("token"):
        raise unknown("interaction")
    form = await call.form()
    kind, message = call_back(call.stage, interaction, form, call.uploads)
    if not call.flag("with_response"):
        return nothing()
    about: Json = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "channel_id": str(interaction.channel_id),
    }
    if interaction.guild_id is not None:
        about["guild_id"] = str(interaction.guild_id)
    answer: Json = {"interaction": about}
    if message is not None and kind not in (CHOICES, SHOW_MODAL):
        about |= {
            "response_message_id": str(message.id),
            "response_message_loading": bool(message.flags & LOADING),
            "response_message_ephemeral": bool(message.flags & EPHEMERAL),
        }
        shown = message_object(call.stage.view(interaction.application_id), message)
        if kind in (4, 7):
            answer["resource"] = {"type": kind, "message": shown}
        else:
            answer["resource"] = {"type": 4 if kind == 5 else 7, "message": shown}  # noqa: PLR2004 - callback types of Discord
    return ok(answer)


def _token(call: Call) -> Interaction | None:
    """The interaction whose token is in the path, None when the path is a webhook's.

    Raises:
        Refusal: 50027 when the token is an application's but opens nothing (any more).
    """
    world = call.stage.world
    application_id = call.id("webhook_id")
    if application_id not in world.applications:
        return None
    interaction = world.interaction_with(call.text("token"))
    if (
        interaction is None
        or interaction.application_id != application_id
        or not alive(call.stage, interaction)
    ):
        raise Refusal(401, 50027, "Invalid Webhook Token")
    return interaction


def _message_id(call: Call) -> int | None:
    return None if call.text("message_id") == "@original" else call.id("message_id")


async def execute(call: Call) -> Response:
    """POST /webhooks/{id}/{token}: a webhook's message, or an interaction's follow-up."""
    interaction = _token(call)
    if interaction is None:
        return await webhooks.execute(call, webhooks.with_token(call))
    form = await call.form()
    message = follow_up(call.stage, interaction, form, call.uploads)
    return ok(message_object(call.stage.view(interaction.application_id), message))


async def get_message(call: Call) -> Response:
    """GET /webhooks/{id}/{token}/messages/{message_id}."""
    interaction = _token(call)
    if interaction is None:
        return await webhooks.get_message(call, webhooks.with_token(call))
    message = response(call.stage, interaction, _message_id(call))
    return ok(message_object(call.stage.view(interaction.application_id), message))


async def patch_message(call: Call) -> Response:
    """PATCH /webhooks/{id}/{token}/messages/{message_id}."""
    interaction = _token(call)
    if interaction is None:
        return await webhooks.patch_message(call, webhooks.with_token(call))
    form = await call.form()
    message = edit_response(call.stage, interaction, _message_id(call), form, call.uploads)
    return ok(message_object(call.stage.view(interaction.application_id), message))


async def delete_message(call: Call) -> Response:
    """DELETE /webhooks/{id}/{token}/messages/{message_id}."""
    interaction = _token(call)
    if interaction is None:
        return await webhooks.delete_message(call, webhooks.with_token(call))
    delete_response(call.stage, interaction, _message_id(call))
    return nothing()
