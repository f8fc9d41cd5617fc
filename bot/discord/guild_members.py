"""Who is a member of a server, and with which roles: asked of Discord, and believed for a moment."""

from http import HTTPStatus

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused
from bot.discord.lately import Lately

BELIEVED = 5.0
"""Seconds: a round of several tools asks once."""
MOST = 2_000


class GuildMembers:
    """Implements `bot.agents.permit.Members`."""

    def __init__(self, api: DiscordApi, clock: Clock) -> None:
        self._api = api
        self._lately = Lately(self._asked, clock, seconds=BELIEVED, most=MOST)

    async def roles(self, guild_id: int, member_id: int) -> frozenset[int] | None:
        """The member's roles, None where they are none. Raises `OutsideError` where Discord does not say."""
        return await self._lately.answer((guild_id, member_id))

    async def _asked(self, key: tuple[int, int]) -> frozenset[int] | None:
        guild_id, member_id = key
        try:
            member = await self._api.request(
                "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild_id, user_id=member_id
            )
        except DiscordRefused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return frozenset(int(role) for role in member.get("roles", ()))
