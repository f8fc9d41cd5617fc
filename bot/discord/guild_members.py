"""Who is a member of a server, and with which roles: asked of Discord, and believed for a moment."""

import asyncio
from collections import OrderedDict
from http import HTTPStatus
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused

BELIEVED = 5.0
"""Seconds: a round of several tools asks once."""
MOST = 2_000


class GuildMembers:
    """Implements `bot.agents.permit.Members`."""

    def __init__(self, api: DiscordApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: OrderedDict[tuple[int, int], tuple[float, frozenset[int] | None]] = OrderedDict()
        self._turns: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def roles(self, guild_id: int, member_id: int) -> frozenset[int] | None:
        """The member's roles, None where they are none. Raises `OutsideError` where Discord does not say."""
        key = (guild_id, member_id)
        # Tools that are used side by side ask at the same moment: the first one asks for all.
        async with self._turns.setdefault(key, asyncio.Lock()):
            until, roles = self._known.get(key, (0.0, None))
            if self._clock.monotonic() < until:
                return roles
            roles = await self._asked(guild_id, member_id)
            self._known[key] = (self._clock.monotonic() + BELIEVED, roles)
            self._known.move_to_end(key)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
            return roles

    async def _asked(self, guild_id: int, member_id: int) -> frozenset[int] | None:
        try:
            member = await self._api.request(
                "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild_id, user_id=member_id
            )
        except DiscordRefused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return frozenset(int(role) for role in member.get("roles", ()))
