"""The tools that make, change and remove channels, and say who may do what in them."""

from typing import Literal

from pydantic import Field, JsonValue

from bot.errors import ConfigError, UserError
from bot.mcp.serving import reach, shapes
from bot.mcp.serving.arguments import Confirmed, Id, InChannel, InGuild, OptionalId, known_as
from bot.mcp.serving.reading_servers import channels_of
from bot.mcp.serving.tools import Call, Outcome, Tool, reading
from bot.mirror.picture import CATEGORY
from bot.plugins.permissions import bits_of, names_of

CHANNEL = "/channels/{channel_id}"
OVERWRITE = "/channels/{channel_id}/permissions/{overwrite_id}"
NO_CHANGE = "Say what is to be changed."
OUT_OF_REACH = "This token is for some channels only, so name one of its categories with categoryId."
KINDS = {"text": 0, "voice": 2, "category": CATEGORY, "forum": 15}

Name = Field(min_length=1, max_length=100, validation_alias=known_as("name", "channelName", "channel_name"))
Category = Field(None, validation_alias=known_as("categoryId", "category_id", "parentId", "parent_id"))


class CreateChannel(InGuild):
    """A channel."""

    name: str = Name
    category_id: OptionalId = Category
    topic: str | None = Field(None, max_length=4_096)
    nsfw: bool | None = None


class CreateCategory(InGuild):
    """A category."""

    name: str = Field(
        min_length=1, max_length=100, validation_alias=known_as("name", "categoryName", "category_name")
    )


class EditChannel(InChannel):
    """What is changed."""

    channel_id: Id = Field(
        validation_alias=known_as(
            "channelId", "channel_id", "categoryId", "category_id", "forumId", "forum_id"
        )
    )
    name: str | None = Field(None, min_length=1, max_length=100)
    topic: str | None = Field(None, max_length=4_096)
    nsfw: bool | None = None
    slowmode_seconds: int | None = Field(None, ge=0, le=21_600)
    position: int | None = Field(None, ge=0, le=1_000)


class MoveChannel(InChannel):
    """Where it goes."""

    category_id: OptionalId = Category
    position: int | None = Field(None, ge=0, le=1_000)


class DeleteChannel(InChannel, Confirmed):
    """Which channel goes."""

    channel_id: Id = Field(validation_alias=known_as("channelId", "channel_id", "categoryId", "category_id"))


class SetPermissions(InChannel):
    """What a role or member may do in a channel, by the names of Discord's permissions."""

    target_id: Id = Field(
        validation_alias=known_as(
            "targetId", "target_id", "roleId", "role_id", "userId", "user_id", "memberId"
        )
    )
    target: Literal["role", "member"] = Field(
        "role", validation_alias=known_as("target", "targetType", "type")
    )
    allow: list[str] = Field(default_factory=list[str], max_length=60, description="Such as send_messages")
    deny: list[str] = Field(default_factory=list[str], max_length=60)


class RemovePermissions(InChannel, Confirmed):
    """Whose exception goes."""

    target_id: Id = Field(
        validation_alias=known_as(
            "targetId", "target_id", "roleId", "role_id", "userId", "user_id", "overwriteId"
        )
    )


async def create_text_channel(call: Call, given: CreateChannel) -> Outcome:
    """Make a channel for text."""
    return await _create(call, given, "text")


async def create_forum_channel(call: Call, given: CreateChannel) -> Outcome:
    """Make a forum."""
    return await _create(call, given, "forum")


async def create_voice_channel(call: Call, given: CreateChannel) -> Outcome:
    """Make a voice channel."""
    return await _create(call, given, "voice")


async def create_category(call: Call, given: CreateCategory) -> Outcome:
    """Make a category."""
    if call.grant.channels is not None:
        raise UserError("This token is for some channels only, so it makes no categories.")
    return await _made(call, {"name": given.name, "type": CATEGORY})


async def edit_channel(call: Call, given: EditChannel) -> Outcome:
    """Change a channel's name, topic or pace."""
    wanted: dict[str, JsonValue] = {
        "name": given.name,
        "topic": given.topic,
        "nsfw": given.nsfw,
        "rate_limit_per_user": given.slowmode_seconds,
        "position": given.position,
    }
    return await _patched(call, wanted)


async def move_channel(call: Call, given: MoveChannel) -> Outcome:
    """Put a channel into a category, or elsewhere in the list."""
    if given.category_id is not None:
        await reach.channel(call.desk, call.grant, given.category_id)
    parent = None if given.category_id is None else str(given.category_id)
    return await _patched(call, {"parent_id": parent, "position": given.position})


async def preview_channel(call: Call, _given: DeleteChannel) -> str:
    """What would go."""
    raw = await call.desk.api.request("GET", CHANNEL, channel_id=call.channel.id)
    kind = shapes.KINDS.get(int(raw["type"]), "")
    inside = ""
    if int(raw["type"]) == CATEGORY:
        children = [one for one in await channels_of(call) if one.get("parent_id") == str(call.channel.id)]
        inside = f" Its {len(children)} channels would stay, in no category."
    return (
        f"The {kind} channel “{raw.get('name', '')}” would be deleted with all that was said in it.{inside}"
    )


async def delete_channel(call: Call, _given: DeleteChannel) -> Outcome:
    """Delete a channel."""
    await call.desk.api.request("DELETE", CHANNEL, channel_id=call.channel.id)
    return Outcome("Deleted.", {"channel_id": str(call.channel.id)})


async def list_overwrites(call: Call, _given: InChannel) -> Outcome:
    """A channel's exceptions from what roles and members may do."""
    raw = await call.desk.api.request("GET", CHANNEL, channel_id=call.channel.id)
    found: list[JsonValue] = [
        {
            "id": str(one["id"]),
            "target": "member" if int(one["type"]) else "role",
            "allow": [*names_of(int(one["allow"]))],
            "deny": [*names_of(int(one["deny"]))],
        }
        for one in raw.get("permission_overwrites", ())
    ]
    return Outcome(f"{len(found)} exceptions.", {"overwrites": found})


async def set_permissions(call: Call, given: SetPermissions) -> Outcome:
    """Make an exception for a role or member in a channel; it replaces the one before."""
    body: dict[str, JsonValue] = {
        "type": 0 if given.target == "role" else 1,
        "allow": str(_bits(given.allow)),
        "deny": str(_bits(given.deny)),
    }
    await call.desk.api.request(
        "PUT", OVERWRITE, body=body, channel_id=call.channel.id, overwrite_id=given.target_id
    )
    return Outcome("Set.", {"channel_id": str(call.channel.id), "target_id": str(given.target_id)})


async def preview_overwrite(call: Call, given: RemovePermissions) -> str:
    """What would go."""
    return f"The exception of {given.target_id} in <#{call.channel.id}> would be removed."


async def remove_permissions(call: Call, given: RemovePermissions) -> Outcome:
    """Take an exception away."""
    await call.desk.api.request("DELETE", OVERWRITE, channel_id=call.channel.id, overwrite_id=given.target_id)
    return Outcome("Removed.", {"channel_id": str(call.channel.id), "target_id": str(given.target_id)})


async def _create(call: Call, given: CreateChannel, kind: str) -> Outcome:
    if given.category_id is not None:
        await reach.channel(call.desk, call.grant, given.category_id)
    if call.grant.channels is not None and given.category_id not in call.grant.channels:
        raise UserError(OUT_OF_REACH)
    wanted: dict[str, JsonValue] = {
        "name": given.name,
        "type": KINDS[kind],
        "topic": given.topic,
        "nsfw": given.nsfw,
        "parent_id": None if given.category_id is None else str(given.category_id),
    }
    return await _made(call, {name: value for name, value in wanted.items() if value is not None})


async def _made(call: Call, body: dict[str, JsonValue]) -> Outcome:
    raw = await call.desk.api.request(
        "POST", "/guilds/{guild_id}/channels", body=body, guild_id=call.where.guild_id
    )
    return Outcome(f"Made the channel {raw.get('name', '')}.", shapes.channel(raw))


async def _patched(call: Call, wanted: dict[str, JsonValue]) -> Outcome:
    body = {name: value for name, value in wanted.items() if value is not None}
    if not body:
        raise UserError(NO_CHANGE)
    raw = await call.desk.api.request("PATCH", CHANNEL, body=body, channel_id=call.channel.id)
    return Outcome("Changed.", shapes.channel(raw))


def _bits(names: list[str]) -> int:
    try:
        return bits_of(set(names))
    except ConfigError as error:
        raise UserError(str(error)) from error


TOOLS = (
    Tool("create_text_channel", "channels", "Make a text channel.", CreateChannel, create_text_channel),
    Tool("create_forum_channel", "channels", "Make a forum.", CreateChannel, create_forum_channel),
    Tool("create_voice_channel", "channels", "Make a voice channel.", CreateChannel, create_voice_channel),
    Tool("create_category", "channels", "Make a category.", CreateCategory, create_category),
    Tool("edit_channel", "channels", "Change a channel, forum or category.", EditChannel, edit_channel),
    Tool("move_channel", "channels", "Move a channel.", MoveChannel, move_channel),
    Tool(
        "delete_channel", "channels", "Delete a channel or category.", DeleteChannel, delete_channel,
        preview=preview_channel,
    ),
    reading(
        "list_channel_permission_overwrites", "Who may do what in a channel.", InChannel, list_overwrites, "channels"
    ),
    Tool(
        "set_channel_permissions", "channels", "Let a role or member do more or less in a channel.", SetPermissions,
        set_permissions,
    ),
    Tool(
        "delete_channel_permission_overwrite", "channels", "Remove an exception from a channel.", RemovePermissions,
        remove_permissions, preview=preview_overwrite,
    ),
)  # fmt: skip
