"""kill -9 of workers at every await of every transition, and of the database under load: nothing is repeated or stuck."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from psycopg import AsyncConnection

from bot.storage.opening import open_database
from bot.work import waiting, waits_table
from tests.chaos.journey import POSTS, begin
from tests.chaos.workplace import Workplace, matrix, points_of, separate_server, workplace
from tests.sizes import size
from tests.waiting import eventually

STATED = 1_000
KILLS = size("kill -9 matrix of runs", small=6, stated=STATED)
LOAD = size("runs under way while the database is restarted", small=30, stated=500)
EVERY_POINT = {"begin", "statement", "query", "commit", "committed"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 12 * KILLS)]


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
async def answered_workplace(
    url: str, folder: Path, aloud: Callable[[], AbstractContextManager[None]] = nullcontext
) -> AsyncGenerator[Workplace]:
    """Processes that work on runs, and somebody who answers what these ask."""
    answering = asyncio.create_task(_answer_forever(url, folder))
    try:
        async with workplace("tests.chaos.journey", url, folder, aloud=aloud) as place:
            yield place
    finally:
        answering.cancel()
        await asyncio.wait({answering})


async def _is_whole(place: Workplace, runs: Sequence[UUID]) -> None:
    """Everything happened once and was said once, and nothing is left waiting."""
    wanted = list(runs)
    states = await place.rows(
        "SELECT state, error FROM run WHERE id = ANY(%s) OR parent_id = ANY(%s)", wanted, wanted
    )
    assert Counter(states) == {("done", None): 2 * len(runs)}
    effects = await place.rows(
        "SELECT run_id, name, count(*) FROM effect WHERE run_id = ANY(%s) AND name IN ('keyed', 'found', 'once')"
        " GROUP BY 1, 2",
        wanted,
    )
    assert {count for _, _, count in effects} == {1}
    assert len(effects) == 3 * len(runs)
    # A step is never begun again after it was recorded, by whichever process.
    repeated = await place.rows(
        "SELECT effect.* FROM effect JOIN run_step ON run_step.run_id = effect.run_id AND run_step.key = 'plain'"
        " WHERE effect.name IN ('plain', 'part') AND effect.at > run_step.done_at"
    )
    assert repeated == []
    for run_id in runs:
        said = await place.rows(
            "SELECT payload->>'content' FROM outbox WHERE run_id IN"
            " (SELECT id FROM run WHERE id = %s OR parent_id = %s) AND kind = 'post' ORDER BY id",
            run_id,
            run_id,
        )
        texts = [text for (text,) in said if not text.startswith(("**", "Agree?", "status"))]
        assert texts == POSTS
    assert await place.rows("SELECT 1 FROM run_wait WHERE answered_at IS NULL") == []


async def _matrix(place: Workplace) -> None:
    first = uuid4()
    points = await points_of(place, first)
    assert set(points) >= EVERY_POINT

    async def over(run_id: UUID) -> bool:
        return await place.runs_over([run_id])

    await _is_whole(place, [first, *await matrix(place, points, KILLS, over)])


async def test_killed_at_any_await_on_the_embedded_server(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with answered_workplace(database_url, tmp_path, capsys.disabled) as place:
        await _matrix(place)


async def test_killed_at_any_await_on_a_server_of_its_own_over_tcp(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        separate_server(tmp_path) as (_, url),
        answered_workplace(url, tmp_path, capsys.disabled) as place,
    ):
        await _matrix(place)


async def test_the_database_is_restarted_under_load(tmp_path: Path) -> None:
    async with separate_server(tmp_path) as (server, url):
        runs = [uuid4() for _ in range(LOAD)]
        async with answered_workplace(url, tmp_path) as place:
            workers = await place.start("worker", 3)
            async with open_database(url, tmp_path) as database:
                for run_id in runs:
                    await begin(database, run_id)

            async def some_steps() -> bool:
                ((steps,),) = await place.rows("SELECT count(*) FROM run_step")
                return steps > LOAD

            await eventually(some_steps, 60)
            await place.conn.close()
            assert server.postmaster is not None
            os.kill(server.postmaster.pid, signal.SIGKILL)
            await server.stop()
            await server.start()
            async with await AsyncConnection.connect(url, autocommit=True) as conn:
                after = place.elsewhere(conn)

                async def all_over() -> bool:
                    return await after.runs_over(runs)

                await eventually(all_over, 60 + LOAD)
                await _is_whole(after, runs)
                # Nobody had to start a process again: those that were there have done it.
                assert not any(place.nursery.end_of(pid).done() for pid in workers)
                assert set(await after.end(workers)) == {0}


async def test_control_work_that_lives_in_the_job_is_repeated(database_url: str, tmp_path: Path) -> None:
    """The ordinary way: the queue gives a dead worker's job to another, which does again what was done before."""
    async with answered_workplace(database_url, tmp_path) as place:
        run_id = uuid4()
        victim = await place.nursery.fork(place.job("ordinary", run_id, at=1))
        assert await place.nursery.end_of(victim) == -signal.SIGKILL
        other = await place.nursery.fork(place.job("ordinary", run_id))
        async with asyncio.timeout(30):
            assert await place.nursery.end_of(other) == 0
        effects = await place.rows("SELECT name, count(*) FROM effect GROUP BY name ORDER BY name")
    assert effects == [("step 0", 2), ("step 1", 2), ("step 2", 1)]
