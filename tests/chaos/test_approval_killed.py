"""kill -9 between people's decision and doing what they approved: it is done once, and an ordinary way does it twice."""

from pathlib import Path
from typing import Any
from uuid import uuid5

import psycopg
import pytest

from bot.asks.policy import Policy, Voter, Who
from bot.plugins.cog import Cog
from bot.storage.database import Database
from bot.work.run import Run
from tests.bot.asks.ward import PAYLOAD, Ward
from tests.chaos.standing_still import free, process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


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
    house = "tests.chaos.approving", database_url, str(tmp_path), str(run_id)
    assert await process(*house, "") == ["over"]  # it waits
    manager = Voter(9, manages=True)
    assert (await ward.say(uuid5(run_id, "ask pay"), manager)).decides
    assert stop_at in await process(*house, stop_at, kill_at=stop_at)
    await free(database, run_id)
    await process(*house, "")
    rows: list[tuple[Any, ...]]
    async with await psycopg.AsyncConnection.connect(database_url) as owner:
        rows = await (await owner.execute("SELECT amount FROM paid")).fetchall()
    assert rows == [(PAYLOAD["amount"],)] * times
    doubts = await ward.count("run_wait WHERE question LIKE '%%may have happened%%'")
    assert doubts == (workflow == "careful" and stop_at == "amid")
