"""A process that claims a task and shows life until it is told to hand its result in: to be killed in the middle of it.

It says what it holds on a line of its standard output, and after a line of its standard input whether its result counted.
"""

import asyncio
import os
import sys
from pathlib import Path

from bot.importing import importing

with importing():
    from bot.storage.opening import open_database
    from bot.work.tasks.moving import TaskLost
    from tests.bot.work.tasks.bench import TaskBench, agent

_OUT = os.fdopen(os.dup(1), "wb")


async def live(url: str, folder: str, name: str) -> None:
    """Claim what is next, work until a line comes, and hand in."""
    async with open_database(url, Path(folder)) as database:
        bench, me = TaskBench(database), agent(name)
        _say("ready")
        while (task := await bench.tasks.claim_next(bench.queue_id, me)) is None:  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.02)
        await bench.tasks.move(task.id, "start", by=me, fence=task.fence)
        _say(f"{task.id} {task.fence}")
        told = asyncio.ensure_future(asyncio.to_thread(sys.stdin.readline))
        try:
            await bench.tasks.work(task.hold, told)
        except TaskLost:
            _say("lost")
        counts = await bench.tasks.finish(task.hold, me, f"the result of {name}")
        _say("counts" if counts else "too late")


def _say(text: str) -> None:
    _OUT.write(f"{text}\n".encode())
    _OUT.flush()


if __name__ == "__main__":
    os.dup2(2, 1)  # what is logged is not what it says
    asyncio.run(live(*sys.argv[1:]))
