"""Who is a member is asked of Discord once for uses of tools side by side, and again when a moment has passed."""

import asyncio
from typing import Any

import pytest

from bot.clock import Clock
from bot.discord.failures import DiscordRefused
from bot.discord.guild_members import BELIEVED, GuildMembers


class Discord:
    """Discord as far as members go: who is there with which roles."""

    def __init__(self) -> None:
        self.members: dict[int, list[str]] = {5: ["7", "8"]}
        self.asked = 0
        self.away = False

    async def request(self, _method: str, _path: str, *, guild_id: int, user_id: int) -> dict[str, Any]:
        self.asked += 1
        await asyncio.sleep(0)
        assert guild_id == 1
        if self.away or user_id not in self.members:
            raise DiscordRefused("no", status=403 if self.away else 404, code=0)
        return {"roles": self.members[user_id]}


async def test_one_question_for_all_who_ask_at_once_and_a_new_one_later() -> None:
    now = 0.0
    service: Any = Discord()
    members = GuildMembers(service, Clock(monotonic=lambda: now))
    assert await asyncio.gather(*(members.roles(1, 5) for _ in range(8))) == [frozenset({7, 8})] * 8
    assert service.asked == 1
    del service.members[5]
    assert await members.roles(1, 5) == {7, 8}
    now += BELIEVED
    assert await members.roles(1, 5) is None
    assert service.asked == 2
    service.away = True
    now += BELIEVED
    with pytest.raises(DiscordRefused):
        await asyncio.gather(*(members.roles(1, 5) for _ in range(3)))
