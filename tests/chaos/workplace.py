"""A database and the processes that share it, as a test of killed processes sees them."""

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection

from bot.storage.binaries import find_binaries
from bot.storage.cluster import ADMIN_ROLE
from bot.storage.opening import open_database
from tests.bot.storage.bare_server import BareServer, bare_server
from tests.chaos.nursery import SHOW, Job, Nursery, nursery
from tests.chaos.world import prepare
from tests.sizes import chosen
from tests.waiting import eventually

LEASE = 3.0 if chosen() == "stated" else 1.2
_LOST = re.compile(r"run_lease_lost.* run=([0-9a-f-]{36})")
WORKERS = (2, 3, 4)
SERVERS = ("embedded", "tcp") if chosen() == "stated" else ("embedded",)
"""On which servers matrices are gone through; over TCP what happens to the server itself is tested at any size."""


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended that was to die: whether it did, and the seconds it took the others."""

    happened: bool
    taken_over: float
    """Until nothing was in the dead one's hands any more."""
    over: float
    """Until everything it had begun was over."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """A database, and a nursery of processes on it."""

    url: str
    folder: Path
    nursery: Nursery
    conn: AsyncConnection[Any]
    program: str
    measured: Callable[[str], None]
    more: str = ""

    async def rows(self, query: Any, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds."""
        return await (await self.conn.execute(query, values)).fetchall()

    def job(self, kind: str, subject: UUID | None = None, at: int = 0) -> Job:
        """What a process is told."""
        return Job(kind, self.url, str(self.folder), str(subject or ""), at, LEASE, self.more)

    async def start(self, kind: str, count: int, subject: UUID | None = None) -> list[int]:
        """Start so many processes of a kind; their pids."""
        return [await self.nursery.fork(self.job(kind, subject)) for _ in range(count)]

    async def end(self, pids: Sequence[int]) -> list[int]:
        """Tell processes to end, as an operator does; their exit codes."""
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        ends = [self.nursery.end_of(pid) for pid in pids]
        _, left = await asyncio.wait(ends, timeout=30)
        if left:
            for pid, end in zip(pids, ends, strict=True):
                if end in left:
                    os.kill(pid, SHOW)
            await asyncio.sleep(1)  # while they write
            raise AssertionError((self.folder / "processes.log").read_text("utf-8")[-8_000:])
        return [end.result() for end in ends]

    async def runs_over(self, runs: Sequence[UUID]) -> bool:
        """Whether runs, and those that they started, have ended."""
        left = await self.rows(
            "SELECT 1 FROM run WHERE (id = ANY(%s) OR parent_id = ANY(%s)) AND finished_at IS NULL LIMIT 1",
            list(runs),
            list(runs),
        )
        return not left

    async def in_hand(self) -> set[tuple[UUID, int]]:
        """The runs that some process holds or held when it died, each with its fence."""
        return set(await self.rows("SELECT id, fence FROM run WHERE state = 'running'"))  # pyright: ignore[reportReturnType] - as selected

    async def taken_over(self, held: set[tuple[UUID, int]], begun: float) -> float:
        """Wait until none of ``held`` is held as it was; seconds since ``begun``."""

        async def nothing_left() -> bool:
            return not held & await self.in_hand()

        await eventually(nothing_left, 30)
        return time.monotonic() - begun

    def lost(self) -> set[UUID]:
        """The runs that were taken from somebody who is alive, where the machine is too busy to show that in time.

        Whoever loses one may be in the middle of a step, and notices when its result is refused.
        """
        return {UUID(found) for found in _LOST.findall((self.folder / "processes.log").read_text("utf-8"))}

    def elsewhere(self, conn: AsyncConnection[Any]) -> "Workplace":
        """The same over another connection of the test's own."""
        return replace(self, conn=conn)


async def points_of(place: Workplace, subject: UUID) -> list[str]:
    """Let a victim do all of its work undisturbed; at which points it could have died."""
    victim = await place.nursery.fork(place.job("victim", subject))
    async with asyncio.timeout(60):
        assert await place.nursery.end_of(victim) == 0
    return json.loads((place.folder / "points.json").read_text("utf-8"))


async def matrix(
    place: Workplace,
    points: Sequence[str],
    kills: int,
    over: Callable[[UUID], Awaitable[bool]],
    among: Collection[str] = (),
) -> list[UUID]:
    """Have ``kills`` victims die, each at another point, with 2 to 4 workers beside them or started then.

    The points are spread over all there are, or over those whose kind is ``among`` some.

    Waits each time until everything is ``over``, and says how long that took at most; what they worked on.
    """
    places = [at for at, point in enumerate(points, 1) if not among or point in among]
    count = min(kills, len(places))
    subjects = [uuid4() for _ in range(count)]
    deaths: list[Death] = []
    for turn, subject in enumerate(subjects):
        at = places[turn * len(places) // count]
        beside = turn % 3 == 2
        death = await _death(place, subject, at, WORKERS[turn % len(WORKERS)], over, beside=beside)
        deaths.append(death)
    died = [death for death in deaths if death.happened]
    # Beside others it may happen that they do the last part of the work, before the victim comes to its point.
    assert len(died) >= count * 2 // 3
    taken, last = max(death.taken_over for death in died), max(death.over for death in died)
    place.measured(
        f"{len(died)} of {count} kills at {len(places)} points ({place.program}): what the dead held was in other hands "
        f"{taken:.1f} s later at the most, everything over after {last:.1f} s"
    )
    return subjects


async def _death(
    place: Workplace,
    subject: UUID,
    at: int,
    workers: int,
    over: Callable[[UUID], Awaitable[bool]],
    *,
    beside: bool,
) -> Death:
    others = await place.start("worker", workers) if beside else []
    victim = await place.nursery.fork(place.job("victim", subject, at))
    async with asyncio.timeout(60):
        died = await place.nursery.end_of(victim) == -signal.SIGKILL
    held, begun = await place.in_hand(), time.monotonic()
    others = others or await place.start("worker", workers)
    taken = await place.taken_over(held, begun)

    async def all_over() -> bool:
        return await over(subject)

    await eventually(all_over, 60)
    took = time.monotonic() - begun
    assert set(await place.end(others)) == {0}
    return Death(died, taken, took)


@asynccontextmanager
async def workplace(
    program: str,
    url: str,
    folder: Path,
    more: str = "",
    measured: Callable[[str], None] = lambda _: None,
) -> AsyncGenerator[Workplace]:
    """Processes of a program on a database that only the test uses; ``measured`` gets figures for people."""
    prepare(url)
    async with (
        nursery(program, folder / "processes.log") as processes,
        await AsyncConnection.connect(url, autocommit=True) as conn,
    ):
        yield Workplace(url, folder, processes, conn, program, measured, more)


@asynccontextmanager
async def server_of(kind: str, embedded_url: str, folder: Path) -> AsyncGenerator[str]:
    """The address of a database on one of `SERVERS`."""
    if kind == "embedded":
        yield embedded_url
        return
    async with separate_server(folder) as (_, url):
        yield url


@asynccontextmanager
async def separate_server(folder: Path) -> AsyncGenerator[tuple[BareServer, str]]:
    """The same binaries as a server of their own that is reached over TCP."""
    async with bare_server(find_binaries({}), folder, tcp=True) as server:
        url = server.tcp_url(ADMIN_ROLE)
        async with open_database(url, folder):
            pass  # it is migrated
        yield server, url
