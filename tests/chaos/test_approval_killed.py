"""kill -9 between people's decision and doing what they approved: it is done once, and an ordinary way does it twice."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest

from bot.asks.policy import Policy, Voter, Who
from bot.plugins.cog import Cog
from bot.storage.database import Database
from bot.work import runs_queue
from bot.work.run import Run
from tests.bot.asks.ward import PAYLOAD, Ward
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def _process(url: str, folder: Path, run_id: UUID, stop_at: str, *, kill: bool) -> list[str]:
    """Let a process work on a run; killed where it stands still, or until its end. What it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.approving", url, str(folder), str(run_id), stop_at,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    said: list[str] = []
    async with asyncio.timeout(60):
        while line := await process.stdout.readline():
            said.append(line.decode().strip())
            if kill and said[-1] == stop_at:
                process.send_signal(signal.SIGKILL)
        await process.wait()
    return [one for one in said if one in {"before", "amid", "over"}]


async def free(database: Database, run_id: UUID) -> None:
    """Wait until the dead process' lease is over."""

    async def is_due() -> bool:
        async with database.connection() as conn:
            await runs_queue.make_ready(conn, 10, 0.0)
            return run_id in await runs_queue.turns(conn, 10, 10)

    await eventually(is_due)


@pytest.mark.parametrize(
    ("workflow", "stop_at", "times"),
    [("careful", "before", 1), ("careful", "amid", 1), ("ordinary", "amid", 2)],
)
async def test_what_was_approved_is_done_once_whenever_the_process_is_killed(
    database: Database, database_url: str, tmp_path: Path, workflow: str, stop_at: str, times: int
) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
        await owner.execute("CREATE TABLE paid (run_id text, amount integer)")
    cog = Cog("lab", summary="Pays")

    async def named(run: Run) -> None:
        raise AssertionError(run)

    named.__name__ = workflow
    cog.workflow(named)
    ward = Ward(database, Policy(Who(managers=True)))
    run_id = await ward.bench.start(named)
    assert await _process(database_url, tmp_path, run_id, "", kill=False) == ["over"]  # it waits
    manager = Voter(9, manages=True)
    assert (await ward.say(uuid5(run_id, "ask pay"), manager)).decides
    assert stop_at in await _process(database_url, tmp_path, run_id, stop_at, kill=True)
    await free(database, run_id)
    await _process(database_url, tmp_path, run_id, "", kill=False)
    rows: list[tuple[Any, ...]]
    async with await psycopg.AsyncConnection.connect(database_url) as owner:
        rows = await (await owner.execute("SELECT amount FROM paid")).fetchall()
    assert rows == [(PAYLOAD["amount"],)] * times
    doubts = await ward.count("run_wait WHERE question LIKE '%%may have happened%%'")
    assert doubts == (workflow == "careful" and stop_at == "amid")
