"""Which roles a member has, asked of Discord where somebody acts through work that goes on without them."""

from http import HTTPStatus

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused

FRESH_SECONDS = 60.0
MOST = 5_000


class MemberRoles:
    """What Discord says, for a minute."""

    def __init__(self, api: DiscordApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[tuple[int, int], tuple[float, tuple[int, ...] | None]] = {}

    async def of(self, guild_id: int, member_id: int) -> tuple[int, ...] | None:
        """The roles of a member; None for who has left. Raises `DiscordUnavailable` and `DiscordRefused`."""
        now = self._clock.monotonic()
        found = self._known.get((guild_id, member_id))
        if found is not None and now - found[0] < FRESH_SECONDS:
            return found[1]
        roles = await self._asked(guild_id, member_id)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[guild_id, member_id] = (now, roles)
        return roles

    async def _asked(self, guild_id: int, member_id: int) -> tuple[int, ...] | None:
        try:
            member = await self._api.request(
                "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild_id, user_id=member_id
            )
        except DiscordRefused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return tuple(int(role) for role in member.get("roles", ()))
