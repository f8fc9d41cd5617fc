"""kill -9 in the middle of a tool loop: it goes on from what is recorded, and nothing recorded is done again."""

import asyncio
import sys
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest

from bot.storage.database import Database
from bot.work import runs_table
from bot.work.runs_table import NewRun
from bot.work.taint import is_marked
from tests.bot.agents.at_work import ADA
from tests.sizes import size

WORKER = Path(__file__).with_name("conversing.py")
ROOT = Path(__file__).resolve().parents[3]
ALL = (1, 2, 3, 4, 5)
"""At which event of its own life each process dies: before or after an answer, at the first or second tool."""
KILLS = size("kills in a tool loop", small=2, stated=len(ALL))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 20 * KILLS)]


async def test_a_tool_loop_goes_on_where_it_was_killed(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    run_id, diary = uuid4(), tmp_path / "diary"
    async with database.transaction() as conn:
        await runs_table.insert(
            conn, NewRun(run_id, "lab", "talk", {}, "t", ADA), status_row=None, thread_row=None
        )
    kills = ALL if len(ALL) == KILLS else (4, 3)
    for last in (*kills, 0):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(WORKER), database_url, str(run_id), str(diary), str(last)),
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert await process.wait() == (-9 if last else 0)
    async with database.connection() as conn:
        run = await runs_table.get(conn, run_id)
        cursor = await conn.execute(
            "SELECT key, result FROM run_step WHERE run_id = %s AND state = 'done'", (run_id,)
        )
        steps = dict(await cursor.fetchall())
        assert await is_marked(conn, run_id)
        cursor = await conn.execute("SELECT count(*) FROM agent_slot WHERE until > now()")
        assert await cursor.fetchone() == (0,)
    assert run is not None
    assert run.state == "done"
    assert steps["reply"] == ["Round 3.", *["feeds.search", "feeds.read"] * 3]
    assert steps["streamed:1"] == "".join(f"Round {number}. \n\n" for number in range(3)) + "Round 3. "
    events = Counter(diary.read_text("utf-8").splitlines())
    # Only what was under way at a kill can have been done twice: each kill interrupts one round.
    assert sum(events.values()) - len(events) <= 2 * len(kills)
    assert max(events.values()) <= 1 + len(kills)
    done_again = [event for event, count in events.items() if count > 1]
    recorded_before = {"model 0", "answered 0"} if kills[0] >= 4 else set[str]()
    assert not recorded_before & set(done_again)
    # What was under way stays spent: 2,000 tokens of an answer were put aside for each call that a kill cut off.
    cut_off = sum(events[f"model {number}"] for number in range(4)) - 4
    assert run.model_calls == 4 + cut_off
    assert run.model_tokens >= 4 * 20 + cut_off * 2_000
