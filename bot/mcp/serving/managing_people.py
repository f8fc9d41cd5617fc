"""The tools that moderate members, and give and take roles."""

from datetime import timedelta

from pydantic import Field, JsonValue

from bot.errors import ConfigError, UserError
from bot.mcp.serving import reach, shapes
from bot.mcp.serving.arguments import Confirmed, Id, InGuild, OptionalId, colour, known_as
from bot.mcp.serving.reading_servers import OneMember
from bot.mcp.serving.tools import Call, Json, Outcome, Tool, reading
from bot.plugins.permissions import bits_of

MEMBER = "/guilds/{guild_id}/members/{user_id}"
BAN = "/guilds/{guild_id}/bans/{user_id}"
ROLE = "/guilds/{guild_id}/roles/{role_id}"
NO_CHANGE = "Say what is to be changed."
NO_ROLE = "There is no role {id} on this server."
LONGEST_TIMEOUT = 40_320
"""Minutes; 28 days, as Discord has it."""


class Remove(OneMember, Confirmed):
    """Who goes."""


class Ban(Remove):
    """Who goes, and how many days of what they said."""

    delete_message_days: int = Field(
        0, ge=0, le=7, validation_alias=known_as("deleteMessageDays", "delete_message_days")
    )


class Timeout(OneMember):
    """Who may only look on, and how long."""

    minutes: int = Field(
        ge=1,
        le=LONGEST_TIMEOUT,
        validation_alias=known_as(
            "minutes", "timeoutMinutes", "timeout_minutes", "durationMinutes", "duration"
        ),
    )


class Nickname(OneMember):
    """Who is called what."""

    nickname: str = Field(
        "", max_length=32, validation_alias=known_as("nickname", "nick"), description="Empty: none"
    )


class ListBans(InGuild):
    """Which part."""

    limit: int = Field(100, ge=1, le=1_000)
    after: OptionalId = None


class CreateRole(InGuild):
    """A role."""

    name: str = Field(
        min_length=1, max_length=100, validation_alias=known_as("name", "roleName", "role_name")
    )
    color: str | None = Field(None, max_length=10, description="#rrggbb")
    hoist: bool | None = None
    mentionable: bool | None = None
    permissions: list[str] | None = Field(None, max_length=60, description="Such as manage_messages")


class EditRole(CreateRole):
    """What of a role is changed."""

    role_id: Id
    name: str | None = Field(None, min_length=1, max_length=100)  # pyright: ignore[reportIncompatibleVariableOverride] - frozen, so it is only read


class DeleteRole(InGuild, Confirmed):
    """Which role goes."""

    role_id: Id


class MemberRole(OneMember):
    """Who, and which role."""

    role_id: Id


async def preview_kick(call: Call, given: Remove) -> str:
    """Who would go."""
    return f"{await _name(call, given.user_id)} would be removed from the server."


async def kick_member(call: Call, given: Remove) -> Outcome:
    """Remove somebody, who can come back."""
    await call.desk.api.request("DELETE", MEMBER, guild_id=call.where.guild_id, user_id=given.user_id)
    return _of(given.user_id, "Removed.")


async def preview_ban(call: Call, given: Ban) -> str:
    """Who would go for good."""
    days = (
        f", and what they said in {given.delete_message_days} days deleted"
        if given.delete_message_days
        else ""
    )
    try:
        name = await _name(call, given.user_id)
    except UserError:
        # Who has left can be banned, too.
        name = f"Somebody who is not on this server now ({given.user_id})"
    return f"{name} would be banned from the server{days}."


async def ban_member(call: Call, given: Ban) -> Outcome:
    """Ban somebody."""
    body: Json = {"delete_message_seconds": given.delete_message_days * 86_400}
    await call.desk.api.request("PUT", BAN, body=body, guild_id=call.where.guild_id, user_id=given.user_id)
    return _of(given.user_id, "Banned.")


async def unban_member(call: Call, given: OneMember) -> Outcome:
    """Let somebody in again."""
    await call.desk.api.request("DELETE", BAN, guild_id=call.where.guild_id, user_id=given.user_id)
    return _of(given.user_id, "Not banned any more.")


async def timeout_member(call: Call, given: Timeout) -> Outcome:
    """Let somebody only look on for a while."""
    until = call.desk.clock.now() + timedelta(minutes=given.minutes)
    await _change(call, given.user_id, {"communication_disabled_until": until.isoformat()})
    return _of(given.user_id, f"They may only look on for {given.minutes} minutes.")


async def remove_timeout(call: Call, given: OneMember) -> Outcome:
    """Let somebody write again."""
    await _change(call, given.user_id, {"communication_disabled_until": None})
    return _of(given.user_id, "They may write again.")


async def set_nickname(call: Call, given: Nickname) -> Outcome:
    """Call somebody something on this server."""
    await _change(call, given.user_id, {"nick": given.nickname or None})
    return _of(given.user_id, "Changed.")


async def get_bans(call: Call, given: ListBans) -> Outcome:
    """Who is banned."""
    query = {"limit": given.limit, **({"after": given.after} if given.after else {})}
    found: list[Json] = await call.desk.api.request(
        "GET", "/guilds/{guild_id}/bans", query=query, guild_id=call.where.guild_id
    )
    shown: list[JsonValue] = [{**shapes.user(one["user"]), "reason": one.get("reason")} for one in found]
    more = str(found[-1]["user"]["id"]) if len(found) == given.limit else None
    return Outcome(f"{len(shown)} bans.", {"bans": shown, "next_after": more})


async def create_role(call: Call, given: CreateRole) -> Outcome:
    """Make a role."""
    raw = await call.desk.api.request(
        "POST", "/guilds/{guild_id}/roles", body=_role(given), guild_id=call.where.guild_id
    )
    return Outcome("Made.", shapes.role(raw))


async def edit_role(call: Call, given: EditRole) -> Outcome:
    """Change a role."""
    body = _role(given)
    if not body:
        raise UserError(NO_CHANGE)
    raw = await call.desk.api.request(
        "PATCH", ROLE, body=body, guild_id=call.where.guild_id, role_id=given.role_id
    )
    return Outcome("Changed.", shapes.role(raw))


async def preview_role(call: Call, given: DeleteRole) -> str:
    """What would go."""
    found: list[Json] = await call.desk.api.request(
        "GET", "/guilds/{guild_id}/roles", guild_id=call.where.guild_id
    )
    name = next((str(one["name"]) for one in found if int(one["id"]) == given.role_id), None)
    if name is None:
        raise UserError(NO_ROLE.format(id=given.role_id))
    return f"The role “{name}” would be deleted, and nobody would have it any more."


async def delete_role(call: Call, given: DeleteRole) -> Outcome:
    """Delete a role."""
    await call.desk.api.request("DELETE", ROLE, guild_id=call.where.guild_id, role_id=given.role_id)
    return Outcome("Deleted.", {"role_id": str(given.role_id)})


async def assign_role(call: Call, given: MemberRole) -> Outcome:
    """Give somebody a role."""
    await call.desk.api.request(
        "PUT",
        f"{MEMBER}/roles/{{role_id}}",
        guild_id=call.where.guild_id,
        user_id=given.user_id,
        role_id=given.role_id,
    )
    return _of(given.user_id, "Given.")


async def remove_role(call: Call, given: MemberRole) -> Outcome:
    """Take a role from somebody."""
    await call.desk.api.request(
        "DELETE", f"{MEMBER}/roles/{{role_id}}", guild_id=call.where.guild_id, user_id=given.user_id,
        role_id=given.role_id,
    )  # fmt: skip
    return _of(given.user_id, "Taken.")


async def _change(call: Call, user_id: int, body: Json) -> None:
    await call.desk.api.request("PATCH", MEMBER, body=body, guild_id=call.where.guild_id, user_id=user_id)


async def _name(call: Call, user_id: int) -> str:
    raw = await reach.member(call.desk.api, call.where.guild_id, user_id)
    who: Json = raw.get("user") or {}
    return str(raw.get("nick") or who.get("global_name") or who.get("username") or user_id)


def _role(given: CreateRole) -> Json:
    wanted: Json = {
        "name": given.name,
        "color": None if given.color is None else colour(given.color),
        "hoist": given.hoist,
        "mentionable": given.mentionable,
        "permissions": None if given.permissions is None else str(_bits(given.permissions)),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _bits(names: list[str]) -> int:
    try:
        return bits_of(set(names))
    except ConfigError as error:
        raise UserError(str(error)) from error


def _of(user_id: int, said: str) -> Outcome:
    return Outcome(said, {"user_id": str(user_id)})


TOOLS = (
    Tool(
        "kick_member",
        "members",
        "Remove somebody from the server.",
        Remove,
        kick_member,
        preview=preview_kick,
    ),
    Tool("ban_member", "members", "Ban somebody.", Ban, ban_member, preview=preview_ban),
    Tool("unban_member", "members", "Let somebody in again.", OneMember, unban_member),
    Tool("timeout_member", "members", "Let somebody only look on for a while.", Timeout, timeout_member),
    Tool("remove_timeout", "members", "End a timeout.", OneMember, remove_timeout),
    Tool("set_nickname", "members", "Set a nickname.", Nickname, set_nickname),
    reading("get_bans", "Who is banned.", ListBans, get_bans, "members"),
    Tool("create_role", "roles", "Make a role.", CreateRole, create_role),
    Tool("edit_role", "roles", "Change a role.", EditRole, edit_role),
    Tool("delete_role", "roles", "Delete a role.", DeleteRole, delete_role, preview=preview_role),
    Tool("assign_role", "roles", "Give somebody a role.", MemberRole, assign_role),
    Tool("remove_role", "roles", "Take a role from somebody.", MemberRole, remove_role),
)
