"""kill -9 of the bridge at every await: a message is on the bus once per id, its answer in Discord once."""

import json
import signal
from collections import Counter
from pathlib import Path

import pytest

from bot.storage.database import Database
from tests.bot.bus.bench import CHANNEL, Bench
from tests.bot.bus.servers import Bus, Kind, serving
from tests.chaos.nursery import Job, Nursery, nursery
from tests.cogs.mumega_bridge.answering import NAMED, answering
from tests.sizes import size

KILLS = size("kill -9 matrix of the bridge", small=2, stated=400)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 10 * KILLS)]


def requests(bus: Bus) -> list[str]:
    """The ids of what the bus was sent, as agents read them."""
    found = [NAMED.search(one.text) for one in bus.sent]
    return [one[1] for one in found if one is not None]


@pytest.mark.parametrize("kind", ["mupot", "sos"])
async def test_killed_at_any_await(database: Database, database_url: str, tmp_path: Path, kind: Kind) -> None:
    bench, bus, log = Bench(database), Bus(answering), tmp_path / "processes.log"

    async with serving(bus) as urls, nursery("tests.chaos.bridge_victims", log) as processes:

        async def worked(at: int = 0) -> int:
            return await life(processes, Job("bridge", database_url, str(tmp_path), at=at, more=urls[kind]))

        await bench.ask(1)
        assert await worked() == 0, log.read_text("utf-8")
        points: list[str] = json.loads((tmp_path / "points.json").read_text("utf-8"))
        assert {"send", "sent", "received", "commit", "committed", "done"} <= set(points)
        count, died = min(KILLS, len(points)), 0
        for turn in range(count):
            await bench.ask(turn + 2)
            died += await worked(1 + turn * len(points) // count) == -signal.SIGKILL
            assert await worked() == 0, log.read_text("utf-8")
        assert died >= count * 2 // 3
    times = Counter(requests(bus))
    assert len(times) == count + 1
    # A bus without ids cannot tell a second try; the agent can, by the id.
    assert max(times.values()) <= (1 if kind == "mupot" else 2)
    said = Counter(await bench.said(CHANNEL))
    assert said.total() == len(said) + (len(bus.sent) - len(times))
    assert {text.partition("“")[2].partition("”")[0] for text in said} == {
        f"Ada: message {number}" for number in range(1, count + 2)
    }


async def life(processes: Nursery, job: Job) -> int:
    """The exit code of a process that does that."""
    return await processes.end_of(await processes.fork(job))
