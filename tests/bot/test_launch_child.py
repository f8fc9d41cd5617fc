"""What is started with a server ends with it, however it tries not to, and however we end."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from bot import launch_child
from tests.waiting import eventually

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed"),
]

LAUNCHER = Path(launch_child.__file__)
WRAPPER = """
import json, os, resource, signal, subprocess, sys, time
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"
inner = subprocess.Popen([sys.executable, "-I", "-S", "-c", stubborn], start_new_session=True)
told = {
    "inner": inner.pid,
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    "nice": os.nice(0),
    "first": open("/proc/self/oom_score_adj").read().strip(),
}
print(json.dumps(told), flush=True)
if sys.argv[1] == "leaves":
    sys.exit(7)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(1000)
"""
OWNER = """
import subprocess, sys, time, os
subprocess.Popen([sys.executable, "-I", "-S", sys.argv[1], str(os.getpid()), sys.executable, "-I", "-S", "-c", *sys.argv[2:]])
time.sleep(1000)
"""


@asynccontextmanager
async def started(*command: str) -> AsyncGenerator[tuple[asyncio.subprocess.Process, dict[str, object]]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", *command, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            yield process, json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def gone(pid: object) -> None:
    async def ended() -> bool:
        return not psutil.pid_exists(int(str(pid))) or psutil.Process(int(str(pid))).status() == "zombie"

    await eventually(ended)


def launched(habit: str) -> tuple[str, ...]:
    return (str(LAUNCHER), str(os.getpid()), sys.executable, "-I", "-S", "-c", WRAPPER, habit)


async def test_a_wrapper_that_leaves_takes_everything_along_and_its_exit_code_is_kept() -> None:
    async with started(*launched("leaves")) as (process, told):
        assert await process.wait() == 7
        await gone(told["inner"])
    assert told["core"] == [0, 0]
    assert int(str(told["files"])) <= 4_096
    assert int(str(told["nice"])) > 0
    assert int(str(told["first"])) >= 500


async def test_asked_to_end_it_ends_all_even_those_that_refuse() -> None:
    async with started(*launched("stays")) as (process, told):
        process.terminate()
        await process.wait()
        await gone(told["inner"])


async def test_nothing_is_left_when_whoever_asked_is_killed() -> None:
    async with started("-c", OWNER, str(LAUNCHER), WRAPPER, "stays") as (owner, told):
        family = psutil.Process(owner.pid).children(recursive=True)
        assert len(family) == 3
        os.kill(owner.pid, signal.SIGKILL)
        for process in family:
            await gone(process.pid)
        await gone(told["inner"])
