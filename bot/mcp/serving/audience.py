"""Whom a program asks: by what it names, within what its token lets it."""

import re
from collections.abc import Sequence

from bot.errors import UserError
from bot.mcp.serving import reach
from bot.mcp.serving.tools import Call

NOT_ASKABLE = "This token may not ask {who}; it may ask {those}."
_PERSON = re.compile(r"<@!?(\d{1,19})>")
_ROLE = re.compile(r"<@&(\d{1,19})>")


async def audience(
    call: Call, guild_id: int, wanted: Sequence[str] | str | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The people and roles that are asked. Raises `UserError` where the token may not ask them, or there are none."""
    grant = call.grant
    if not wanted:
        return grant.people, grant.roles
    members: list[int] = []
    roles: list[int] = []
    for one in [wanted] if isinstance(wanted, str) else wanted:
        person, role = _PERSON.fullmatch(one.strip()), _ROLE.fullmatch(one.strip())
        number = int(one) if one.strip().isdigit() and len(one.strip()) < 20 else None  # noqa: PLR2004 - digits of an id
        if role is None and number is not None and number in await _roles(call, guild_id):
            roles.append(number)
        elif role is not None:
            roles.append(int(role[1]))
        elif person is not None or number is not None:
            members.append(int(person[1]) if person is not None else number or 0)
        else:
            raise UserError(f"{one[:50]!r} is nobody who can be asked; write <@user id> or <@&role id>.")
    _may_ask(call, members, roles)
    for one in members:
        await reach.member(call.desk.api, guild_id, one)
    unknown = set(roles) - await _roles(call, guild_id) if roles else set[int]()
    if unknown:
        raise UserError(f"There is no role {min(unknown)} on this server.")
    return tuple(dict.fromkeys(members)), tuple(dict.fromkeys(roles))


def _may_ask(call: Call, members: Sequence[int], roles: Sequence[int]) -> None:
    grant = call.grant
    if not grant.people and not grant.roles:
        return
    strange = [f"<@{one}>" for one in members if one not in grant.people]
    strange += [f"<@&{one}>" for one in roles if one not in grant.roles]
    if strange:
        those = ", ".join([*(f"<@{one}>" for one in grant.people), *(f"<@&{one}>" for one in grant.roles)])
        raise UserError(NOT_ASKABLE.format(who=", ".join(strange), those=those))


async def _roles(call: Call, guild_id: int) -> set[int]:
    found = await call.desk.api.request("GET", "/guilds/{guild_id}/roles", guild_id=guild_id)
    return {int(one["id"]) for one in found}
