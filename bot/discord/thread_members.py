"""Asks Discord whether one member is in a private thread; the answer is kept for a short while."""

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused
from bot.discord.lately import Lately

KEPT_SECONDS = 30.0
MOST = 10_000


class ThreadMembers:
    """Who is in which private thread, as far as somebody asked lately."""

    def __init__(self, api: DiscordApi, clock: Clock, *, kept: float = KEPT_SECONDS) -> None:
        self._api = api
        self._lately = Lately(self._asked, clock, seconds=kept, most=MOST)

    async def takes_part(self, thread_id: int, member_id: int) -> bool:
        """Whether the member is in the thread; no where the thread is gone or the bot itself may not see it.

        Raises:
            OutsideError: Discord cannot be asked just now.
        """
        return await self._lately.answer((thread_id, member_id))

    async def _asked(self, key: tuple[int, int]) -> bool:
        thread_id, member_id = key
        try:
            await self._api.request(
                "GET",
                "/channels/{channel_id}/thread-members/{user_id}",
                channel_id=thread_id,
                user_id=member_id,
            )
        except DiscordRefused as error:
            if error.status in {403, 404}:
                return False
            raise
        return True
