"""Bans: list, read, ban one or many, lift."""

from urllib.parse import unquote

from starlette.responses import Response

from bot.local_discord.form import Form
from bot.local_discord.members.hierarchy import demand_above, demand_in_guild, rank
from bot.local_discord.members.membership import ban, unban
from bot.local_discord.members.permissions import BAN_MEMBERS, MANAGE_GUILD
from bot.local_discord.model import Ban, Guild, Json, Member
from bot.local_discord.refusals import Refusal, missing_permissions, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.guilds import own_guild
from bot.local_discord.wire.user import user_object

MOST_AT_ONCE = 200
WEEK = 7 * 86_400
DAY = 86_400
LONGEST_REASON = 512


def _guild(call: Call) -> tuple[Guild, Member]:
    guild, asker = own_guild(call)
    demand_in_guild(call.stage.world, asker, BAN_MEMBERS)
    return guild, asker


def ban_object(call: Call, found: Ban) -> Json:
    """A ban."""
    return {"user": user_object(call.stage.world.users[found.user_id]), "reason": found.reason}


def _found(call: Call, guild: Guild) -> Ban:
    found = call.stage.world.ban(guild.id, call.id("user_id"))
    if found is None:
        raise unknown("ban")
    return found


def _reason(call: Call) -> str | None:
    """Why, from the audit log's header, percent-encoded.

    https://discord.com/developers/docs/resources/audit-log
    """
    text = unquote(call.request.headers.get("x-audit-log-reason", ""))
    return text[:LONGEST_REASON] or None


async def list_bans(call: Call) -> Response:
    """GET /guilds/{guild_id}/bans, by user id."""
    guild, _ = _guild(call)
    query = call.query()
    limit = query.integer("limit", least=1, most=1000, default=1000) or 1000
    before, after = query.snowflake("before"), query.snowflake("after")
    query.problems.raise_any()
    bans = call.stage.world.bans_of(guild.id)
    if before is not None:
        bans = [each for each in bans if each.user_id < before][-limit:]
    else:
        bans = [each for each in bans if after is None or each.user_id > after][:limit]
    return ok([ban_object(call, each) for each in bans])


async def get_ban(call: Call) -> Response:
    """GET /guilds/{guild_id}/bans/{user_id}."""
    guild, _ = _guild(call)
    return ok(ban_object(call, _found(call, guild)))


async def put_ban(call: Call) -> Response:
    """PUT /guilds/{guild_id}/bans/{user_id}: a member, or somebody who is not there yet."""
    guild, asker = _guild(call)
    form = await call.form()
    days = form.integer("delete_message_days", most=7, default=0) or 0
    seconds = _seconds(form)
    form.problems.raise_any()
    user_id = call.id("user_id")
    if user_id not in call.stage.world.users:
        raise unknown("user")
    _demand_bannable(call, guild, asker, user_id)
    ban(call.stage, guild, user_id, reason=_reason(call), seconds=seconds or days * DAY)
    return nothing()


def _seconds(form: Form) -> int:
    return form.integer("delete_message_seconds", most=WEEK, default=0) or 0


def _demand_bannable(call: Call, guild: Guild, asker: Member, user_id: int) -> None:
    if guild.owner_id == user_id:
        raise missing_permissions()
    member = call.stage.world.member(guild.id, user_id)
    if member is not None:
        demand_above(call.stage.world, asker, member)


async def delete_ban(call: Call) -> Response:
    """DELETE /guilds/{guild_id}/bans/{user_id}."""
    guild, _ = _guild(call)
    unban(call.stage, guild, _found(call, guild))
    return nothing()


async def post_bulk_ban(call: Call) -> Response:
    """POST /guilds/{guild_id}/bulk-ban: up to 200 users; who cannot be banned is named."""
    guild, asker = _guild(call)
    demand_in_guild(call.stage.world, asker, MANAGE_GUILD)
    form = await call.form()
    wanted = form.snowflakes("user_ids", most=MOST_AT_ONCE, required=True) or []
    seconds = _seconds(form)
    if len(set(wanted)) != len(wanted):
        form.refuse("user_ids", "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value.")
    form.problems.raise_any()
    banned = [user_id for user_id in wanted if _bannable(call, guild, asker, user_id)]
    if not banned:
        raise Refusal(400, 500_000, "Failed to ban users")
    for user_id in banned:
        ban(call.stage, guild, user_id, reason=_reason(call), seconds=seconds)
    failed = [str(user_id) for user_id in wanted if user_id not in banned]
    return ok({"banned_users": [str(user_id) for user_id in banned], "failed_users": failed})


def _bannable(call: Call, guild: Guild, asker: Member, user_id: int) -> bool:
    world = call.stage.world
    member = world.member(guild.id, user_id)
    if user_id not in world.users or user_id == guild.owner_id or world.ban(guild.id, user_id) is not None:
        return False
    return member is None or rank(world, member) < rank(world, asker)
