"""kill -9 of workers at every await of every transition of runs: nothing is repeated or stuck."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.chaos.travelling import answered_workplace, is_whole
from tests.chaos.workplace import SERVERS, Workplace, matrix, points_of, server_of
from tests.sizes import size

STATED = 1_000
KILLS = size("kill -9 matrix of runs", small=3, stated=STATED)
EVERY_POINT = {"begin", "statement", "query", "commit", "committed"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 12 * KILLS)]


async def _matrix(place: Workplace) -> None:
    first = uuid4()
    points = await points_of(place, first)
    assert set(points) >= EVERY_POINT

    async def over(run_id: UUID) -> bool:
        return await place.runs_over([run_id])

    await is_whole(place, [first, *await matrix(place, points, KILLS, over)])


@pytest.mark.parametrize("server", SERVERS)
async def test_killed_at_any_await(
    server: str, database_url: str, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    async with (
        server_of(server, database_url, tmp_path) as url,
        answered_workplace(url, tmp_path, measured) as place,
    ):
        await _matrix(place)


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
