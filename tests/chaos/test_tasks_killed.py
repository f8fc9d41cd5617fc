"""Workers that die or fall silent in the middle of a task lose it; the next has it, and what comes late does not count."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.work.tasks.task import QueueRules
from tests.bot.work.tasks.bench import TaskBench
from tests.sizes import chosen, size
from tests.waiting import eventually

ROUNDS = size("workers killed in the middle of a task", small=1, stated=100)
SILENCE = 3.0 if chosen() == "stated" else 1.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 12 * ROUNDS)]


@dataclass(frozen=True, slots=True)
class Hand:
    """A worker in a process of its own."""

    process: Process

    async def says(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            return (await self.process.stdout.readline()).decode().strip()

    def tell(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"hand it in\n")


@asynccontextmanager
async def hand(url: str, folder: Path, name: str) -> AsyncGenerator[Hand]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "tests.chaos.task_worker", url, str(folder), name,
        stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    try:
        yield Hand(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_next_takes_over_and_a_late_result_is_kept_but_does_not_count(
    database: Database, database_url: str, tmp_path: Path, how: signal.Signals
) -> None:
    bench = TaskBench(database)
    await bench.open(QueueRules(agent_seconds=SILENCE, most_attempts=2))
    slowest = 0.0
    for number in range(ROUNDS):
        task = await bench.add(f"Task {number}")
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(hand(database_url, tmp_path, "first"))
            assert await first.says() == "ready"
            assert await first.says() == f"{task.id} 1"
            held = (await bench.now(task)).lease_until

            async def renewed() -> bool:
                now = (await bench.now(task)).lease_until  # noqa: B023 - asked within its round
                return now is not None and held is not None and now > held  # noqa: B023 - as above

            await eventually(renewed)
            assert await bench.tasks.sweep() == 0
            second = await stack.enter_async_context(hand(database_url, tmp_path, "second"))
            assert await second.says() == "ready"
            first.process.send_signal(how)
            began = time.monotonic()

            async def swept() -> bool:
                return await bench.tasks.sweep() == 1

            await eventually(swept)
            assert await second.says() == f"{task.id} 3"  # losing it and claiming it both count up
            slowest = max(slowest, time.monotonic() - began)
            if how == signal.SIGSTOP:
                first.process.send_signal(signal.SIGCONT)
                assert await first.says() == "lost"
                assert await first.says() == "too late"
            second.tell()
            assert await second.says() == "counts"
        now = await bench.now(task)
        assert (now.state, now.attempts) == ("done", 2)
        kinds = [(one.kind, one.worker_name) for one in await bench.tasks.results(task.id)]
        late = [("late", "First")] if how == signal.SIGSTOP else []
        assert kinds == [*late, ("result", "Second")]
        told = [one.kind for one in await bench.tasks.history(task.id)]
        assert told.count("expire") == 1
    assert slowest < SILENCE + 5.0, f"it took {slowest:.1f} s until the next had it"
