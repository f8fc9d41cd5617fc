"""The program of the processes that carry messages to a bus and back, and are killed on the way; started by `nursery`."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from bot.bus.letters import Letter, Limits, Page, Peer, Transport
from bot.importing import importing
from bot.storage.database import Database
from tests.bot.bus.bench import Bench, bus_at
from tests.chaos.nursery import Deadly, Job, serve

with importing():
    from bot.storage.opening import open_database
    from tests.bot.discord.fate import FatedDatabase


class FatedTransport:
    """A bus that can be the last thing its user sees, before each call and after it had its effect."""

    def __init__(self, inner: Transport, fate: Deadly) -> None:
        self._inner = inner
        self._fate = fate

    @property
    def kind(self) -> str:
        return self._inner.kind

    @property
    def limits(self) -> Limits:
        return self._inner.limits

    async def send(self, to: str, text: str, request_id: str) -> None:
        self._fate.meet("send")
        await self._inner.send(to, text, request_id)
        self._fate.meet("sent")

    async def receive(self, limit: int) -> Page:
        self._fate.meet("receive")
        page = await self._inner.receive(limit)
        self._fate.meet("received")
        return page

    async def done(self, letters: Sequence[Letter]) -> None:
        self._fate.meet("done")
        await self._inner.done(letters)
        self._fate.meet("all done")

    async def announce(self) -> None:
        await self._inner.announce()

    async def peers(self) -> list[Peer]:
        return await self._inner.peers()


class FatedBus:
    """Such a bus, as an office is given one."""

    def __init__(self, reached: Any, fate: Deadly) -> None:
        self._reached = reached
        self._fate = fate

    @property
    def transport(self) -> FatedTransport:
        return FatedTransport(self._reached.transport, self._fate)


async def live(job: Job) -> None:
    """Work until all is answered; where that was never cut off, say how many points there were."""
    fate = Deadly(job.at or None)
    async with open_database(job.url, Path(job.folder)) as database, bus_at(job.more) as reached:
        bench = Bench(cast("Any", FatedDatabase(database, fate)))
        office = bench.office(cast("Any", FatedBus(reached, fate)))
        while await left(database):
            await office.turn()
            await asyncio.sleep(0.01)
    (Path(job.folder) / "points.json").write_text(json.dumps(fate.points), "utf-8")


async def left(database: Database) -> bool:
    """Whether something is not answered yet."""
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT 1 FROM bus_request WHERE state <> 'answered' LIMIT 1")
        return await cursor.fetchone() is not None


if __name__ == "__main__":
    serve(live)
