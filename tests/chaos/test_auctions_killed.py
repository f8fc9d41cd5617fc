"""kill -9 of whoever holds an auction, at every await: it closes once, has one winner at a time, and is told once."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.storage.database import Database
from bot.work.tasks.task import Task
from tests.bot.work.tasks.bench import TaskBench
from tests.chaos.auction_victims import Auctioneer, line_of
from tests.sizes import size

KILLS = size("kill -9 matrix of auctions", small=3, stated=400)
LOG = ["called", "closed", "awarded", "lost", "awarded", "settled"]
SAID = ["🔔", "**2 bids**, opened now", "🏆 **<@1>**", "<@1> let go of it", "🏆 **<@2>**", "📏"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 20 * KILLS)]


@asynccontextmanager
async def auctioneers(log: Path) -> AsyncGenerator[Process]:
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", "-m", "tests.chaos.auction_victims", stdin=PIPE, stdout=PIPE, stderr=errors,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def held_by(process: Process, job: Auctioneer) -> int:
    """Let a process hold an auction; its exit code."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line_of(job))
    async with asyncio.timeout(60):
        return int(await process.stdout.readline())


async def is_whole(database: Database, task: Task) -> None:
    """Everything happened once and is said once."""
    async with database.connection() as conn:

        async def column(query: Any, value: object) -> list[Any]:
            return [row[0] for row in await (await conn.execute(query, (value,))).fetchall()]

        ((auction),) = await column(
            "SELECT id FROM auction WHERE task_id = %s AND state = 'settled'", task.id
        )
        log = "SELECT kind FROM auction_event WHERE auction_id = %s AND told ORDER BY id"
        assert await column(log, auction) == LOG
        moves = await column("SELECT kind FROM task_event WHERE task_id = %s ORDER BY id", task.id)
        assert moves == ["created", "claim", "release", "claim", "finish"]
        posts = (
            "SELECT payload->>'content' FROM outbox WHERE kind = 'post' AND starts_with(key, %s) ORDER BY id"
        )
        said = await column(posts, f"auction:auction:{auction}:")
        assert [text.startswith(start) for text, start in zip(said, SAID, strict=True)] == [True] * len(SAID)


async def test_killed_at_any_await(database: Database, database_url: str, tmp_path: Path) -> None:
    bench = TaskBench(database)
    await bench.open()
    async with auctioneers(tmp_path / "errors.log") as process:

        async def hold(task: Task, at: int = 0) -> int:
            return await held_by(process, Auctioneer(database_url, str(tmp_path), str(task.id), at))

        first = await bench.add("The first")
        assert await hold(first) == 0, (tmp_path / "errors.log").read_text("utf-8")
        await is_whole(database, first)
        points: list[str] = json.loads((tmp_path / "points.json").read_text("utf-8"))
        assert {"begin", "statement", "query", "commit", "committed"} <= set(points)
        count, died = min(KILLS, len(points)), 0
        for turn in range(count):
            task = await bench.add(f"Task {turn}")
            died += await hold(task, 1 + turn * len(points) // count) == -signal.SIGKILL
            assert await hold(task) == 0, (tmp_path / "errors.log").read_text("utf-8")
            await is_whole(database, task)
        assert died >= count * 2 // 3
        async with database.connection() as conn:
            cursor = await conn.execute("SELECT bidder, tasks FROM auction_record")
            assert await cursor.fetchall() == [("member:2", count + 1)]
