"""The tools for private messages with members of the token's servers."""

from pydantic import Field

from bot.discord.failures import DiscordRefused
from bot.errors import UserError
from bot.mcp.serving import reach, shapes
from bot.mcp.serving.arguments import Arguments, Confirmed, Id, Keyed, OptionalMoment, known_as
from bot.mcp.serving.sending import say
from bot.mcp.serving.tools import Call, Json, Outcome, Tool, reading
from bot.mirror.picture import Channel
from bot.work.surface import Say

DIRECT = 1
STRANGER = "This token may write to members of its servers only, and {id} is none."
MESSAGE = "/channels/{channel_id}/messages/{message_id}"


class WithSomebody(Arguments):
    """Whose private messages with the bot."""

    user_id: Id


class SendPrivate(WithSomebody, Keyed):
    """A private message."""

    message: str = Field(
        min_length=1, max_length=20_000, validation_alias=known_as("message", "content", "text")
    )


class ReadPrivate(WithSomebody):
    """Which part is read."""

    count: int = Field(50, ge=1, le=100, validation_alias=known_as("count", "limit"))
    before: OptionalMoment = None
    after: OptionalMoment = None


class EditPrivate(WithSomebody):
    """What a message is to say."""

    message_id: Id
    new_message: str = Field(
        min_length=1,
        max_length=2_000,
        validation_alias=known_as("newMessage", "new_message", "content", "message"),
    )


class DeletePrivate(WithSomebody, Confirmed):
    """Which message goes."""

    message_id: Id


async def send_private_message(call: Call, given: SendPrivate) -> Outcome:
    """Write to somebody."""
    return await say(call, given, Say(given.message), await _opened(call, given.user_id))


async def read_private_messages(call: Call, given: ReadPrivate) -> Outcome:
    """What was written, oldest first."""
    channel = await _opened(call, given.user_id)
    bounds = {"before": given.before, "after": given.after}
    query = {"limit": given.count, **{name: value for name, value in bounds.items() if value is not None}}
    found: list[Json] = await call.desk.api.request(
        "GET", "/channels/{channel_id}/messages", query=query, channel_id=channel.id
    )
    ordered = sorted(found, key=lambda one: int(one["id"]))
    return Outcome(f"{len(ordered)} messages.", {"messages": [shapes.message(one, None) for one in ordered]})


async def edit_private_message(call: Call, given: EditPrivate) -> Outcome:
    """Change what the bot wrote."""
    channel = await _opened(call, given.user_id)
    body: Json = {"content": given.new_message, "allowed_mentions": {"parse": []}}
    await call.desk.api.request(
        "PATCH", MESSAGE, body=body, channel_id=channel.id, message_id=given.message_id
    )
    return Outcome("Changed.", {"message_id": str(given.message_id)})


async def preview_private(_call: Call, given: DeletePrivate) -> str:
    """What would go."""
    return f"The private message {given.message_id} would be deleted."


async def delete_private_message(call: Call, given: DeletePrivate) -> Outcome:
    """Delete what the bot wrote."""
    channel = await _opened(call, given.user_id)
    await call.desk.api.request("DELETE", MESSAGE, channel_id=channel.id, message_id=given.message_id)
    return Outcome("Deleted.", {"message_id": str(given.message_id)})


async def _opened(call: Call, user_id: int) -> Channel:
    """The private messages with a member of one of the token's servers. Raises `UserError` for anybody else."""
    for guild_id in sorted(call.grant.servers):
        try:
            await reach.member(call.desk.api, guild_id, user_id)
        except (UserError, DiscordRefused):
            continue
        raw = await call.desk.api.request("POST", "/users/@me/channels", body={"recipient_id": str(user_id)})
        return Channel(int(raw["id"]), None, None, DIRECT)
    raise UserError(STRANGER.format(id=user_id))


TOOLS = (
    Tool(
        "send_private_message", "direct", "Write to somebody privately.", SendPrivate, send_private_message,
        records_itself=True,
    ),
    reading("read_private_messages", "Private messages with somebody.", ReadPrivate, read_private_messages, "direct"),
    Tool("edit_private_message", "direct", "Change a private message of the bot's.", EditPrivate, edit_private_message),
    Tool(
        "delete_private_message", "direct", "Delete a private message of the bot's.", DeletePrivate,
        delete_private_message, preview=preview_private,
    ),
)  # fmt: skip
