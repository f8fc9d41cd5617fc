"""Who is a member of a server, and with which roles: asked of Discord, and believed for a moment."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused
from bot.discord.lately import Lately
from bot.mirror.permissions import Reader

BELIEVED = 5.0
"""Seconds: a round of several tools asks once."""
MOST = 2_000


class GuildMembers:
    """Implements `bot.agents.permit.Members`."""

    def __init__(self, api: DiscordApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._lately = Lately(self._asked, clock, seconds=BELIEVED, most=MOST)

    async def roles(self, guild_id: int, member_id: int) -> frozenset[int] | None:
        """The member's roles, None where they are none. Raises `OutsideError` where Discord does not say."""
        return await self._lately.answer((guild_id, member_id))

    async def reader(self, guild_id: int, member_id: int) -> Reader | None:
        """The member as they are at this moment, None where they are none. Raises `OutsideError`.

        Nothing is believed here: what somebody may read can be less than it was a moment ago, and of those who use a
        command nextcord may show the roles that they once had.
        """
        member = await self._member(guild_id, member_id)
        if member is None:
            return None
        until = member.get("communication_disabled_until")
        timed_out = bool(until) and datetime.fromisoformat(until) > self._clock.now()
        roles = frozenset(int(role) for role in member.get("roles", ()))
        return Reader(member_id, roles - {guild_id}, timed_out)

    async def _asked(self, key: tuple[int, int]) -> frozenset[int] | None:
        member = await self._member(*key)
        return None if member is None else frozenset(int(role) for role in member.get("roles", ()))

    async def _member(self, guild_id: int, member_id: int) -> dict[str, Any] | None:
        try:
            return await self._api.request(
                "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild_id, user_id=member_id
            )
        except DiscordRefused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
