"""The tools for webhooks. What would let others speak through one is in no answer."""

from pydantic import Field, JsonValue

from bot.errors import UserError
from bot.mcp.serving import reach, shapes
from bot.mcp.serving.arguments import Arguments, Confirmed, Id, InChannel, OptionalId
from bot.mcp.serving.tools import Call, Json, Outcome, Tool, reading

WEBHOOK = "/webhooks/{webhook_id}"


class CreateWebhook(InChannel):
    """A webhook."""

    name: str = Field(min_length=1, max_length=80)


class EditWebhook(Arguments):
    """What of a webhook is changed."""

    webhook_id: Id
    name: str | None = Field(None, min_length=1, max_length=80)
    to_channel_id: OptionalId = Field(None, description="Where it moves")


class DeleteWebhook(Confirmed):
    """Which webhook goes."""

    webhook_id: Id


async def list_webhooks(call: Call, _given: InChannel) -> Outcome:
    """A channel's webhooks."""
    found: list[Json] = await call.desk.api.request(
        "GET", "/channels/{channel_id}/webhooks", channel_id=call.channel.base_id
    )
    shown: list[JsonValue] = [shapes.webhook(one) for one in found]
    return Outcome(f"{len(shown)} webhooks.", {"webhooks": shown})


async def create_webhook(call: Call, given: CreateWebhook) -> Outcome:
    """Make a webhook; send_webhook_message speaks through the channel without its secret."""
    raw = await call.desk.api.request(
        "POST", "/channels/{channel_id}/webhooks", body={"name": given.name}, channel_id=call.channel.id
    )
    return Outcome("Made.", shapes.webhook(raw))


async def edit_webhook(call: Call, given: EditWebhook) -> Outcome:
    """Rename or move a webhook."""
    body: Json = {} if given.name is None else {"name": given.name}
    if given.to_channel_id is not None:
        await reach.channel(call.desk, call.grant, given.to_channel_id)
        body["channel_id"] = str(given.to_channel_id)
    if not body:
        raise UserError("Say what is to be changed.")
    raw = await call.desk.api.request("PATCH", WEBHOOK, body=body, webhook_id=given.webhook_id)
    return Outcome("Changed.", shapes.webhook(raw))


async def preview_webhook(call: Call, given: DeleteWebhook) -> str:
    """What would go."""
    raw = await reach.webhook(call.desk.api, given.webhook_id)
    return (
        f"The webhook “{raw.get('name') or ''}” would be deleted; whoever speaks through it cannot any more."
    )


async def delete_webhook(call: Call, given: DeleteWebhook) -> Outcome:
    """Delete a webhook."""
    await call.desk.api.request("DELETE", WEBHOOK, webhook_id=given.webhook_id)
    return Outcome("Deleted.", {"webhook_id": str(given.webhook_id)})


TOOLS = (
    reading("list_webhooks", "A channel's webhooks.", InChannel, list_webhooks, "webhooks"),
    Tool("create_webhook", "webhooks", "Make a webhook.", CreateWebhook, create_webhook),
    Tool("edit_webhook", "webhooks", "Rename or move a webhook.", EditWebhook, edit_webhook),
    Tool(
        "delete_webhook",
        "webhooks",
        "Delete a webhook.",
        DeleteWebhook,
        delete_webhook,
        preview=preview_webhook,
    ),
)
