"""Makes what an admin chose through another process take effect here: told at once, and looked for now and then."""

import asyncio
from collections.abc import Collection
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.errors import CogswarmError
from bot.plugins.choices_table import CHANGED
from bot.plugins.guilds import Guilds
from bot.storage.database import Database

log = structlog.get_logger(__name__)


class Follower(Protocol):
    """Who makes the choices of guilds take effect in this process."""

    @property
    def guilds(self) -> Collection[int]:
        """The guilds that matter here."""
        ...

    async def catch_up(self, guild_id: int) -> bool:
        """Something was changed in a guild; False where that is not new."""
        ...


@dataclass(frozen=True, slots=True)
class ChoicesWatch:
    """``poll``: seconds after which a change is noticed whose notification was lost."""

    database: Database
    guilds: Guilds
    follower: Follower
    clock: Clock
    poll: float = 30.0

    async def run_forever(self) -> None:
        """Watch until cancelled, through any outage of the database."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                await self.clock.sleep(self.poll)
                await self.look()

    async def _listen(self) -> None:
        async with aclosing(self.database.listen(CHANGED)) as wake_ups:
            async for wake_up in wake_ups:
                if wake_up.channel is None:
                    await self.look()
                elif wake_up.payload.isdecimal():
                    await self._catch_up(int(wake_up.payload))

    async def look(self) -> list[int]:
        """Make take effect what was chosen and nobody told; gives the guilds where something was."""
        try:
            outdated = await self.guilds.outdated(self.follower.guilds)
        except CogswarmError as error:
            log.warning("choices_not_looked_for", reason=str(error))
            return []
        for guild_id in outdated:
            await self._catch_up(guild_id)
        return outdated

    async def _catch_up(self, guild_id: int) -> None:
        try:
            if await self.follower.catch_up(guild_id):
                log.info("choices_of_another_process", guild=guild_id)
        except CogswarmError as error:
            log.warning("choices_not_read", guild=guild_id, reason=str(error))
