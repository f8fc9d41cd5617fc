"""The database dies, or hangs for longer than leases last, while runs are under way: everybody goes on by themselves."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from psycopg import AsyncConnection

from bot.storage.opening import open_database
from tests.bot.storage.bare_server import BareServer
from tests.chaos.journey import begin
from tests.chaos.travelling import answered_workplace, is_whole
from tests.chaos.workplace import LEASE, Workplace, separate_server
from tests.sizes import size
from tests.waiting import eventually

LOAD = size("runs under way while the database is restarted", small=30, stated=500)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180 + 3 * LOAD)]


@dataclass(frozen=True, slots=True)
class Busy:
    """A server on which workers are in the middle of runs."""

    server: BareServer
    place: Workplace
    workers: Sequence[int]
    runs: Sequence[UUID]

    @property
    def postmaster(self) -> int:
        """The server's first process."""
        assert self.server.postmaster is not None
        return self.server.postmaster.pid

    async def everything_is_done_by_those_who_were_there(self) -> None:
        """Wait until all runs are over; nothing is lost or double, and nobody had to start a process again."""
        async with await AsyncConnection.connect(self.place.url, autocommit=True) as conn:
            place = self.place.elsewhere(conn)

            async def all_over() -> bool:
                return await place.runs_over(self.runs)

            await eventually(all_over, 60 + 2 * LOAD)
            await is_whole(place, self.runs)
            assert not any(place.nursery.end_of(pid).done() for pid in self.workers)
            assert set(await place.end(self.workers)) == {0}


@asynccontextmanager
async def busy(folder: Path) -> AsyncGenerator[Busy]:
    """Workers in the middle of many runs."""
    runs = [uuid4() for _ in range(LOAD)]
    async with separate_server(folder) as (server, url), answered_workplace(url, folder) as place:
        workers = await place.start("worker", 3)
        async with open_database(url, folder) as database:
            for run_id in runs:
                await begin(database, run_id)

        async def some_steps() -> bool:
            ((steps,),) = await place.rows("SELECT count(*) FROM run_step")
            return steps > LOAD

        await eventually(some_steps, 60)
        yield Busy(server, place, workers, runs)


@asynccontextmanager
async def hanging(postmaster: int) -> AsyncGenerator[None]:
    """No process of a server does anything until the block ends."""
    stopped = [postmaster]
    os.kill(postmaster, signal.SIGSTOP)  # from here on it starts no more
    try:
        listing = await asyncio.create_subprocess_exec(
            "ps", "-A", "-o", "pid=,ppid=", stdout=asyncio.subprocess.PIPE
        )
        told, _ = await listing.communicate()
        pairs = [tuple(map(int, line.split())) for line in told.decode().splitlines()]
        for pid in [pid for pid, parent in pairs if parent == postmaster]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):  # whoever was told to end meanwhile does so now
                os.kill(pid, signal.SIGCONT)


async def test_the_database_hangs_for_longer_than_a_lease_and_is_then_restarted_under_load(
    tmp_path: Path,
) -> None:
    async with busy(tmp_path) as at_work:
        place = at_work.place
        assert await place.in_hand()
        async with hanging(at_work.postmaster):
            await asyncio.sleep(2 * LEASE)  # no lease is renewed meanwhile, and nobody can see that
        before = await _over(place)

        async def they_go_on() -> bool:
            return await _over(place) > before

        await eventually(they_go_on, 30)
        assert not await place.runs_over(at_work.runs)
        await place.conn.close()
        os.kill(at_work.postmaster, signal.SIGKILL)
        await at_work.server.stop()
        await at_work.server.start()
        await at_work.everything_is_done_by_those_who_were_there()


async def _over(place: Workplace) -> int:
    ((count,),) = await place.rows("SELECT count(*) FROM run WHERE finished_at IS NOT NULL")
    return int(count)
