"""Asks Discord whether one member is in a private thread; the answer is kept for a short while."""

from collections import OrderedDict

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused

KEPT_SECONDS = 30.0
MOST = 10_000


class ThreadMembers:
    """Who is in which private thread, as far as somebody asked lately."""

    def __init__(self, api: DiscordApi, clock: Clock, *, kept: float = KEPT_SECONDS) -> None:
        self._api = api
        self._clock = clock
        self._kept = kept
        self._answers: OrderedDict[tuple[int, int], tuple[float, bool]] = OrderedDict()

    async def takes_part(self, thread_id: int, member_id: int) -> bool:
        """Whether the member is in the thread; no where the thread is gone or the bot itself may not see it.

        Raises:
            OutsideError: Discord cannot be asked just now.
        """
        key, now = (thread_id, member_id), self._clock.monotonic()
        kept = self._answers.get(key)
        if kept is not None and now - kept[0] < self._kept:
            return kept[1]
        answer = await self._asked(thread_id, member_id)
        self._answers[key] = (now, answer)
        self._answers.move_to_end(key)
        while len(self._answers) > MOST:
            self._answers.popitem(last=False)
        return answer

    async def _asked(self, thread_id: int, member_id: int) -> bool:
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
