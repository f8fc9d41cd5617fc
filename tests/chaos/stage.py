"""A whole house whose bot can be stopped at a row of its database."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.breakpoints import Breakpoints, Point, breakpoints
from tests.chaos.clock_library import TOPIC, ClockLibrary, clock_library
from tests.e2e.asking import Asker, Research, asker
from tests.e2e.house import House, house, killed
from tests.waiting import eventually

REACH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A house whose bot can be stopped at a row, and somebody who asks."""

    house: House
    library: ClockLibrary
    points: Breakpoints
    config: Path
    ben: Asker

    async def settled(self) -> bool:
        """Whether no run is under way and nothing is left to deliver."""
        ((left,),) = await self.points.rows(
            "SELECT (SELECT count(*) FROM run WHERE state IN ('ready', 'running', 'waiting'))"
            " + (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))"
        )
        return int(left) == 0

    async def ask(self) -> None:
        """Type ``/research``."""
        assert (await self.ben.slash(TOPIC)).ok

    async def missed(self, points: Sequence[Point], begin: Callable[[], Awaitable[object]]) -> list[Point]:
        """Let ``begin`` start work and kill the bot at each of ``points`` in turn; those it never came to."""
        missed: list[Point] = []
        for number, point in enumerate(points):
            await self.points.arm(point)
            async with self.house.bot(self.config) as bot:
                if number == 0:
                    await begin()
                    await eventually(self.points.reached, REACH_SECONDS)
                if not await self._comes_to_the_point():
                    missed.append(point)
                await killed(bot)
            await self.points.release()
        return missed

    async def _comes_to_the_point(self) -> bool:
        """Wait until the armed point is reached, or everything is over without it."""
        outcome: list[bool] = []

        async def known() -> bool:
            if await self.points.reached():
                outcome.append(True)
            elif await self.settled():
                outcome.append(False)
            return bool(outcome)

        await eventually(known, REACH_SECONDS)
        return outcome[0]

    async def finished(self) -> Research:
        """Start the bot once more and let it finish everything."""
        async with self.house.bot(self.config):
            await eventually(self.settled, REACH_SECONDS)
            return await self.ben.ended(await self.ben.status_after(0))

    async def threads(self) -> list[str]:
        """The threads in the channel where Ben asks."""
        guild = next(
            guild_id
            for guild_id, guild in self.ben.member.guilds.items()
            if any(channel["id"] == self.ben.channel for channel in guild["channels"])
        )
        active: Any = await self.ben.member.request("GET", f"/guilds/{guild}/threads/active")
        return [thread["id"] for thread in active["threads"] if thread["parent_id"] == self.ben.channel]

    async def nothing_is_left(self) -> None:
        """Assert that every run is done and everything was delivered."""
        undelivered = "SELECT key, state, error FROM outbox WHERE state NOT IN ('sent', 'superseded')"
        assert await self.points.rows(undelivered) == []
        assert await self.points.rows("SELECT DISTINCT state, error FROM run") == [("done", None)]


@asynccontextmanager
async def opened_stage(folder: Path, database_url: str) -> AsyncGenerator[Stage]:
    """A stage in ``folder`` on a database that only the test uses."""
    async with (
        house(folder) as home,
        clock_library() as library,
        breakpoints(database_url) as points,
        asker(home) as ben,
    ):
        settings = home.settings(library.feeds, database={"url": database_url}, embeddings="none")
        yield Stage(home, library, points, home.write(settings), ben)
        assert await home.mentions_allowed() == []
