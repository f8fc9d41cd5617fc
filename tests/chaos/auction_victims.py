"""Processes that hold an auction from the call to the measured end, and are killed on the way.

Run as a program it is a process from which others are forked: each line of its standard input starts one, and what became of
that one is a line of its standard output.
"""

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.work import runs_queue
from bot.work.allocation.claim import Claim
from bot.work.auctions.auction import BidBy, NewAuction
from bot.work.auctions.desk import Auctions
from bot.work.engine import Engine
from bot.work.principal import Principal
from bot.work.settings import EngineSettings
from bot.work.tasks.desk import Tasks
from bot.work.tasks.giving import TaskServices
from bot.work.tasks.task import Worker
from cogs.auction import auction as cog
from cogs.auction.telling import tell
from tests.bot.discord.fate import FatedDatabase
from tests.chaos.journey import Deadly, services_on

GUILD, QUEUE = 1, 77 << 22
SECONDS = 0.5
FIRST, SECOND = (Worker("member", str(number), f"Member {number}") for number in (1, 2))
BIDS = tuple(BidBy(who, Claim(seconds), "bus") for who, seconds in ((FIRST, 60.0), (SECOND, 90.0)))
ASKER = Principal(GUILD, QUEUE, 5, "Ada")
FAST = EngineSettings(lease=0.4, heartbeat=0.1, sweep=0.1, retry_delay=0.05)


@dataclass(frozen=True, slots=True)
class Auctioneer:
    """Who holds the auction of a task, and dies at point ``at`` (0: never)."""

    url: str
    folder: str
    task: str
    at: int = 0


async def hold(job: Auctioneer, database: Database, points: list[str]) -> None:
    """Call, close, award; the winner lets go and the runner-up does it. What is done already is not done again."""
    fate = Deadly(job.at or None, points)
    fated = cast("Any", FatedDatabase(database, fate))
    auctions, tasks = _desks(fated, database)
    task_id = UUID(job.task)
    found = await auctions.find(task_id=task_id)
    if found is None:
        found = await auctions.call(NewAuction(task_id, SECONDS, "hold", bids=BIDS, reserved="Kept."), ASKER)
    await _work_on_runs(database, fated)
    task = await tasks.get(task_id)
    assert task is not None
    if task.worker == FIRST.key:
        await tasks.move(task_id, "release", by=FIRST, fence=task.fence)
    await auctions.follow()
    await tell(auctions)
    task = await tasks.get(task_id)
    assert task is not None
    if task.worker == SECOND.key and task.state == "claimed":
        await tasks.move(task_id, "finish", by=SECOND, fence=task.fence)
    await auctions.follow()
    await tell(auctions)


def _desks(fated: Any, database: Database) -> tuple[Auctions, Tasks]:
    whole = services_on(database, fated)
    services = TaskServices(fated, whole.surface, whole.ring, _new_id, whole.clock)
    return Auctions(services, GUILD, "auction"), Tasks(services, GUILD, "auction")


def _new_id() -> UUID:
    return UUID(bytes=os.urandom(16), version=4)


async def _work_on_runs(database: Database, fated: Any) -> None:
    flows = {("auction", name): flow for name, flow in cog.workflows.items()}
    engine = Engine(services_on(database, fated), flows, FAST)
    while True:
        async with database.connection() as conn:
            left = await (await conn.execute("SELECT 1 FROM run WHERE finished_at IS NULL")).fetchone()
            await runs_queue.make_ready(conn, 50)
            due = await runs_queue.turns(conn, 20, 10)
        if left is None:
            return
        for one in due:
            await engine.advance(one)
        await asyncio.sleep(0.01)


async def live(job: Auctioneer) -> None:
    """Hold it; where that was never cut off, say how many points there were."""
    points: list[str] = []
    async with open_database(job.url, Path(job.folder)) as database:
        await hold(job, database, points)
    (Path(job.folder) / "points.json").write_text(json.dumps(points), "utf-8")


def line_of(job: Auctioneer) -> bytes:
    """What starts one."""
    return f"{json.dumps(asdict(job))}\n".encode()


def main() -> None:
    """Fork one for each line, wait for its end, and say its exit code; negative for a signal."""
    for line in iter(sys.stdin.readline, ""):
        pid = os.fork()
        if pid == 0:
            os.dup2(2, 1)  # what it logs is not what its parent says
            try:
                asyncio.run(live(Auctioneer(**json.loads(line))))
            except BaseException as error:  # noqa: BLE001 - a forked process must never go on as its parent
                sys.stderr.write(f"{error!r}\n")
                sys.stderr.flush()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
