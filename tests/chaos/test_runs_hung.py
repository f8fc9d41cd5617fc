"""A process that hangs for longer than its lease and goes on then changes nothing any more, and works on as before."""

import os
import signal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bot.storage.opening import open_database
from tests.chaos.journey import begin
from tests.chaos.workplace import Workplace, workplace
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def _at_the_gate(place: Workplace, run_id: UUID, count: int) -> list[int]:
    """Wait until so many processes stand before the gate; which."""
    pids: list[int] = []

    async def known() -> bool:
        rows = await place.rows(
            "SELECT process FROM effect WHERE run_id = %s AND name = 'at the gate' ORDER BY number", run_id
        )
        pids[:] = [pid for (pid,) in rows]
        return len(pids) == count

    await eventually(known)
    return pids


async def _open_the_gate(place: Workplace, run_id: UUID) -> None:
    await place.conn.execute(
        "INSERT INTO effect (run_id, name, process) VALUES (%s, 'open', %s)", (run_id, os.getpid())
    )


async def test_what_a_hung_process_commits_too_late_is_refused(database_url: str, tmp_path: Path) -> None:
    first, second = uuid4(), uuid4()
    async with (
        workplace("tests.chaos.journey", database_url, tmp_path) as place,
        open_database(database_url, tmp_path) as database,
    ):
        (hung,) = await place.start("worker", 1)
        await begin(database, first, "gated")
        assert await _at_the_gate(place, first, 1) == [hung]
        os.kill(hung, signal.SIGSTOP)
        try:
            (other,) = await place.start("worker", 1)
            assert await _at_the_gate(place, first, 2) == [hung, other]
            await _open_the_gate(place, first)

            async def done() -> bool:
                return await place.runs_over([first])

            await eventually(done)
            assert await place.end([other]) == [0]
        finally:
            os.kill(hung, signal.SIGCONT)
        # It goes on in the middle of its step, loses, and is then free for something else.
        await begin(database, second, "gated")
        await _open_the_gate(place, second)

        async def second_done() -> bool:
            return await place.runs_over([second])

        await eventually(second_done)
        assert await place.end([hung]) == [0]
        steps = await place.rows("SELECT run_id, result FROM run_step WHERE key = 'gate'")
        assert dict(steps) == {first: other, second: hung}
        said = await place.rows(
            "SELECT payload->>'content' FROM outbox WHERE kind = 'post' AND payload->>'content' LIKE 'through%%' ORDER BY id"
        )
        assert said == [(f"through: {other}",), (f"through: {hung}",)]
        assert await place.rows("SELECT state, error FROM run") == [("done", None)] * 2


async def test_control_with_a_lock_that_only_lasts_for_a_time_both_count(
    database_url: str, tmp_path: Path
) -> None:
    work = uuid4()
    async with workplace("tests.chaos.journey", database_url, tmp_path) as place:
        (hung,) = await place.start("unfenced", 1, work)
        await _at_the_gate(place, work, 1)
        os.kill(hung, signal.SIGSTOP)
        try:
            (other,) = await place.start("unfenced", 1, work)
            assert await _at_the_gate(place, work, 2) == [hung, other]
            await _open_the_gate(place, work)
            assert await place.nursery.end_of(other) == 0
        finally:
            os.kill(hung, signal.SIGCONT)
        assert await place.nursery.end_of(hung) == 0
        results = await place.rows("SELECT process FROM effect WHERE name = 'result' ORDER BY number")
        assert results == [(other,), (hung,)]
