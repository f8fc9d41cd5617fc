"""People and bots come into guilds and leave them, which on Discord takes an invitation: local control only."""

import re

from starlette.responses import Response

from bot.local_discord.form import Form
from bot.local_discord.members.membership import come_in, go_out
from bot.local_discord.members.role_changes import MOST_BITS, found_role, invalid_role
from bot.local_discord.model import Guild, User
from bot.local_discord.refusals import unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.wire.guild import member_object

_NAME = re.compile(r"[a-z0-9_.-]{2,32}\Z")


def _guild(call: Call) -> Guild:
    guild = call.stage.world.guilds.get(call.id("guild_id"))
    if guild is None:
        raise unknown("guild")
    return guild


async def post_member(call: Call) -> Response:
    """POST /local/guilds/{guild_id}/members: somebody joins; 200 when they are in the guild already.

    The body names a person or bot with ``user_id``, or a person by their user name in ``name``, who is made when
    there is none (``global_name`` is what is shown of them). ``roles`` and ``nick`` are for the membership,
    ``permissions`` for the role that an invited bot gets.

    Raises:
        Refusal: 10004, 10013, 10011, 40007 for who is banned, 50035.
    """
    guild, stage = _guild(call), call.stage
    form = await call.form()
    roles = form.snowflakes("roles", most=250) or []
    nick = form.text("nick", most=32)
    permissions = form.integer("permissions", most=MOST_BITS, default=0) or 0
    user_id = _user_id(call, form)
    form.problems.raise_any()
    for role_id in roles:
        role = found_role(stage, guild.id, role_id)
        if role.id == guild.id or role.bot_id is not None:
            raise invalid_role()
    was_there = stage.world.member(guild.id, user_id) is not None
    member = come_in(stage, guild, user_id, roles=tuple(roles), nick=nick or None, permissions=permissions)
    return ok(member_object(stage.view(), member), 200 if was_there else 201)


def _user_id(call: Call, form: Form) -> int:
    """Who the body names; a new person when there is none of that name."""
    world = call.stage.world
    user_id = form.snowflake("user_id", required=not form.has("name"))
    name, shown = form.text("name", least=2, most=32), form.text("global_name", most=32)
    if name is not None and not _NAME.match(name):
        form.refuse("name", "STRING_TYPE_REGEX", "String value did not match validation regex.")
    form.problems.raise_any()
    if user_id is not None:
        if user_id not in world.users:
            raise unknown("user")
        return user_id
    known = next((user.id for user in world.users.values() if user.username == name), None)
    if known is not None:
        return known
    newcomer = User(call.stage.ids.take(), name or "", shown or None)
    world.put_user(newcomer)
    call.stage.changed()
    return newcomer.id


async def delete_member(call: Call) -> Response:
    """DELETE /local/guilds/{guild_id}/members/{user_id}: somebody leaves by themselves.

    Raises:
        Refusal: 10004, or 10007 for somebody who is not in the guild.
    """
    guild = _guild(call)
    member = call.stage.world.member(guild.id, call.id("user_id"))
    if member is None:
        raise unknown("member")
    go_out(call.stage, guild, member)
    return nothing()
