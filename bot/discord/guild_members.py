"""Who is a member of a server, and with which roles: asked of Discord, and believed for a moment."""

from collections import OrderedDict

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused

BELIEVED = 5.0
"""Seconds: a round of several tools asks once."""
MOST = 2_000
_GONE = frozenset({404})


class GuildMembers:
    """Implements `bot.agents.permit.Members`."""

    def __init__(self, api: DiscordApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: OrderedDict[tuple[int, int], tuple[float, frozenset[int] | None]] = OrderedDict()

    async def roles(self, guild_id: int, member_id: int) -> frozenset[int] | None:
        """The member's roles, None where they are none. Raises `OutsideError` where Discord does not say."""
        key, now = (guild_id, member_id), self._clock.monotonic()
        until, roles = self._known.get(key, (0.0, None))
        if now < until:
            return roles
        roles = await self._asked(guild_id, member_id)
        self._known[key] = (now + BELIEVED, roles)
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
            if error.status in _GONE:
                return None
            raise
        return frozenset(int(role) for role in member["roles"])
