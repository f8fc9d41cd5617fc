"""kill -9 of workers at every await of every transition, and of the database under load: nothing is repeated or stuck."""

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import AsyncConnection

from bot.storage.binaries import find_binaries
from bot.storage.cluster import ADMIN_ROLE
from bot.storage.opening import open_database
from bot.work import waiting, waits_table
from tests.bot.storage.bare_server import BareServer, bare_server
from tests.chaos.journey import POSTS, Job, Nursery, begin, nursery, prepare
from tests.sizes import chosen, size
from tests.waiting import eventually

STATED = 1_000
KILLS = size("kill -9 matrix of runs", small=6, stated=STATED)
LOAD = size("runs under way while the database is restarted", small=30, stated=500)
LEASE = 3.0 if chosen() == "stated" else 0.9
EVERY_POINT = {"begin", "statement", "query", "commit", "committed"}
WORKERS = (2, 3, 4)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 12 * KILLS)]


@dataclass(frozen=True, slots=True)
class House:
    """A database, a nursery of processes on it, and somebody who answers what runs ask."""

    url: str
    folder: Path
    nursery: Nursery
    conn: AsyncConnection[Any]

    async def rows(self, query: Any, *values: object) -> list[tuple[Any, ...]]:
        return await (await self.conn.execute(query, values)).fetchall()

    def job(self, kind: str, run_id: UUID | None = None, at: int = 0) -> Job:
        return Job(kind, self.url, str(self.folder), str(run_id or ""), at, LEASE)

    async def workers(self, count: int) -> list[int]:
        return [await self.nursery.fork(self.job("worker")) for _ in range(count)]

    async def end(self, pids: Sequence[int]) -> list[int]:
        """Tell processes to end, as an operator does; their exit codes."""
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        async with asyncio.timeout(30):
            return [await self.nursery.end_of(pid) for pid in pids]

    async def over(self, runs: Sequence[UUID]) -> bool:
        left = await self.rows(
            "SELECT 1 FROM run WHERE (id = ANY(%s) OR parent_id = ANY(%s)) AND finished_at IS NULL LIMIT 1",
            list(runs),
            list(runs),
        )
        return not left


async def _answer_forever(url: str, folder: Path) -> None:
    """Answer like a person: look whether what may have happened did, and agree to everything else."""
    async with open_database(url, folder) as database:
        while True:
            await asyncio.sleep(0.05)
            try:
                async with database.connection() as conn:
                    cursor = await conn.execute(
                        "SELECT id FROM run_wait WHERE kind = 'answer' AND answered_at IS NULL"
                    )
                    waits = [row[0] for row in await cursor.fetchall()]
                for wait_id in waits:
                    async with database.transaction() as conn:
                        wait = await waits_table.get(conn, wait_id)
                        assert wait is not None
                        cursor = await conn.execute(
                            "SELECT 1 FROM effect WHERE run_id = %s AND name = 'once'", (wait.run_id,)
                        )
                        happened = await cursor.fetchone() is not None
                        value = "yes" if "yes" in wait.options else "done" if happened else "retry"
                        await waiting.answer(conn, wait_id, value, 5)
            except Exception:  # noqa: BLE001, S112 - the database comes and goes, and people press again
                continue


@asynccontextmanager
async def a_house(url: str, folder: Path) -> AsyncGenerator[House]:
    prepare(url)
    answering = asyncio.create_task(_answer_forever(url, folder))
    try:
        async with (
            nursery(folder / "processes.log") as processes,
            await AsyncConnection.connect(url, autocommit=True) as conn,
        ):
            yield House(url, folder, processes, conn)
    finally:
        answering.cancel()
        await asyncio.wait({answering})


@asynccontextmanager
async def separate_server(folder: Path) -> AsyncGenerator[tuple[BareServer, str]]:
    """The same binaries as a server of their own that is reached over TCP."""
    async with bare_server(find_binaries({}), folder, tcp=True) as server:
        url = server.tcp_url(ADMIN_ROLE)
        async with open_database(url, folder):
            pass  # it is migrated
        yield server, url


async def _is_whole(house: House, runs: Sequence[UUID]) -> None:
    """Everything happened once and was said once, and nothing is left waiting."""
    wanted = list(runs)
    states = await house.rows(
        "SELECT state, error FROM run WHERE id = ANY(%s) OR parent_id = ANY(%s)", wanted, wanted
    )
    assert Counter(states) == {("done", None): 2 * len(runs)}
    effects = await house.rows(
        "SELECT run_id, name, count(*) FROM effect WHERE run_id = ANY(%s) AND name IN ('keyed', 'found', 'once')"
        " GROUP BY 1, 2",
        wanted,
    )
    assert {count for _, _, count in effects} == {1}
    assert len(effects) == 3 * len(runs)
    # A step is never begun again after it was recorded, by whichever process.
    repeated = await house.rows(
        "SELECT effect.* FROM effect JOIN run_step ON run_step.run_id = effect.run_id AND run_step.key = 'plain'"
        " WHERE effect.name IN ('plain', 'part') AND effect.at > run_step.done_at"
    )
    assert repeated == []
    for run_id in runs:
        said = await house.rows(
            "SELECT payload->>'content' FROM outbox WHERE run_id IN"
            " (SELECT id FROM run WHERE id = %s OR parent_id = %s) AND kind = 'post' ORDER BY id",
            run_id,
            run_id,
        )
        texts = [text for (text,) in said if not text.startswith(("**", "Agree?", "status"))]
        assert texts == POSTS
    assert await house.rows("SELECT 1 FROM run_wait WHERE answered_at IS NULL") == []


async def _points(house: House) -> list[str]:
    run_id = uuid4()
    victim = await house.nursery.fork(house.job("victim", run_id))
    async with asyncio.timeout(60):
        assert await house.nursery.end_of(victim) == 0
    await _is_whole(house, [run_id])
    return json.loads((house.folder / "points.json").read_text("utf-8"))


async def _kill_at(house: House, at: int, workers: int, *, beside: bool) -> tuple[UUID, bool, float]:
    """Have a process die at a point, with others beside it or started then; seconds until everything was over."""
    run_id = uuid4()
    others = await house.workers(workers) if beside else []
    victim = await house.nursery.fork(house.job("victim", run_id, at))
    async with asyncio.timeout(60):
        died = await house.nursery.end_of(victim) == -signal.SIGKILL
    begun = time.monotonic()
    others = others or await house.workers(workers)

    async def over() -> bool:
        return await house.over([run_id])

    await eventually(over, 30)
    took = time.monotonic() - begun
    assert set(await house.end(others)) == {0}
    return run_id, died, took


async def _matrix(house: House) -> None:
    points = await _points(house)
    assert set(points) >= EVERY_POINT
    count = min(KILLS, len(points))
    died, longest, runs = 0, 0.0, list[UUID]()
    for turn in range(count):
        at = 1 + turn * len(points) // count
        run_id, dead, took = await _kill_at(house, at, WORKERS[turn % len(WORKERS)], beside=turn % 3 == 2)
        died, longest = died + dead, max(longest, took)
        runs.append(run_id)
    await _is_whole(house, runs)
    # Beside others it may happen that they do the last part of the work, before the victim comes to its point.
    assert died >= count * 2 // 3
    print(f"{died} of {count} kills at {len(points)} points; over {longest:.1f} s after a kill at the latest")  # noqa: T201 - what was measured


async def test_killed_at_any_await_on_the_embedded_server(database_url: str, tmp_path: Path) -> None:
    async with a_house(database_url, tmp_path) as house:
        await _matrix(house)


async def test_killed_at_any_await_on_a_server_of_its_own_over_tcp(tmp_path: Path) -> None:
    async with separate_server(tmp_path) as (_, url), a_house(url, tmp_path) as house:
        await _matrix(house)


async def test_the_database_is_restarted_under_load(tmp_path: Path) -> None:
    async with separate_server(tmp_path) as (server, url):
        runs = [uuid4() for _ in range(LOAD)]
        async with a_house(url, tmp_path) as house:
            workers = await house.workers(3)
            async with open_database(url, tmp_path) as database:
                for run_id in runs:
                    await begin(database, run_id)

            async def some_steps() -> bool:
                ((steps,),) = await house.rows("SELECT count(*) FROM run_step")
                return steps > LOAD

            await eventually(some_steps, 60)
            await house.conn.close()
            assert server.postmaster is not None
            os.kill(server.postmaster.pid, signal.SIGKILL)
            await server.stop()
            await server.start()
            async with await AsyncConnection.connect(url, autocommit=True) as conn:
                after = House(url, tmp_path, house.nursery, conn)

                async def all_over() -> bool:
                    return await after.over(runs)

                await eventually(all_over, 60 + LOAD)
                await _is_whole(after, runs)
                # Nobody had to start a process again: those that were there have done it.
                assert not any(house.nursery.end_of(pid).done() for pid in workers)
                assert set(await after.end(workers)) == {0}


async def test_control_work_that_lives_in_the_job_is_repeated(database_url: str, tmp_path: Path) -> None:
    """The ordinary way: the queue gives a dead worker's job to another, which does again what was done before."""
    async with a_house(database_url, tmp_path) as house:
        run_id = uuid4()
        victim = await house.nursery.fork(house.job("ordinary", run_id, at=1))
        assert await house.nursery.end_of(victim) == -signal.SIGKILL
        other = await house.nursery.fork(house.job("ordinary", run_id))
        async with asyncio.timeout(30):
            assert await house.nursery.end_of(other) == 0
        effects = await house.rows("SELECT name, count(*) FROM effect GROUP BY name ORDER BY name")
    assert effects == [("step 0", 2), ("step 1", 2), ("step 2", 1)]
