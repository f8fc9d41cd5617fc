"""Finds people, roles and channels by what people call them."""

from collections.abc import Awaitable, Callable
from typing import Protocol, cast, runtime_checkable

from bot.errors import UserError
from bot.local_discord.client.choices import instead
from bot.local_discord.model import Json

type Get = Callable[[str], Awaitable[object]]
"""A GET request as the person, giving the answer's JSON."""

_MOST_MEMBERS = 1_000


@runtime_checkable
class Somebody(Protocol):
    """Who has a user id, such as another member."""

    @property
    def user_id(self) -> str:
        """The id."""
        ...


def id_in(thing: object) -> str | None:
    """The id of what was given as an id, as Discord's JSON or as a member; None for a name."""
    if isinstance(thing, Somebody):
        return thing.user_id
    if isinstance(thing, int) and not isinstance(thing, bool):
        return str(thing)
    if isinstance(thing, dict):
        found = cast("Json", thing)
        return str(found.get("user", found)["id"])
    return str(thing) if isinstance(thing, str) and thing.isdecimal() else None


async def user_called(get: Get, guild_id: str | None, who: object) -> str:
    """The id of a member of a guild by user name, display name or nickname.

    Raises:
        UserError: nobody is called that.
    """
    if (given := id_in(who)) is not None:
        return given
    if guild_id is None:
        raise UserError(f"Give {who!r} by id: names are looked up on servers only.")
    there = cast("list[Json]", await get(f"/guilds/{guild_id}/members?limit={_MOST_MEMBERS}"))
    wanted = str(who).removeprefix("@").lower()
    for member in there:
        user: Json = member["user"]
        if wanted in (str(name).lower() for name in (user["username"], user["global_name"], member["nick"])):
            return str(user["id"])
    names = (str(one["nick"] or one["user"]["global_name"] or one["user"]["username"]) for one in there)
    raise UserError(f"Nobody here is called “{who}”; {instead(names)}.")


async def role_called(get: Get, guild_id: str | None, which: object) -> str:
    """The id of a guild's role by its name.

    Raises:
        UserError: none is called that.
    """
    if (given := id_in(which)) is not None:
        return given
    there = cast("list[Json]", await get(f"/guilds/{guild_id}/roles")) if guild_id else []
    return _called("role", str(which).removeprefix("@"), there)


async def channel_called(get: Get, guild_id: str | None, which: object) -> str:
    """The id of a guild's channel or active thread by its name.

    Raises:
        UserError: none is called that.
    """
    if (given := id_in(which)) is not None:
        return given
    there: list[Json] = []
    if guild_id is not None:
        channels = cast("list[Json]", await get(f"/guilds/{guild_id}/channels"))
        threads = cast("Json", await get(f"/guilds/{guild_id}/threads/active"))
        there = [*channels, *threads["threads"]]
    return _called("channel", str(which).removeprefix("#"), there)


async def mentionable_called(get: Get, guild_id: str | None, what: object) -> str:
    """The id of a member or else a role.

    Raises:
        UserError: neither is called that.
    """
    try:
        return await user_called(get, guild_id, what)
    except UserError as nobody:
        try:
            return await role_called(get, guild_id, what)
        except UserError as no_role:
            raise UserError(f"{nobody} {no_role}") from None


def _called(kind: str, name: str, there: list[Json]) -> str:
    found = [one for one in there if str(one["name"]).lower() == name.lower()]
    if not found:
        raise UserError(f"There is no {kind} “{name}” here; {instead(str(one['name']) for one in there)}.")
    if len(found) > 1:
        raise UserError(f"There are {len(found)} {kind}s called “{name}” here; name one by its id.")
    return str(found[0]["id"])
