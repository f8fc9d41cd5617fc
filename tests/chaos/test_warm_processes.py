"""Forked programs are processes of their own: started, heard, killed and told of as fresh ones are."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from bot.demo.children import Begin, Process, started
from tests.warm_processes import VARIABLE, begin, warm_parent

NAME = "warm_program_of_a_test"
PROGRAM = """
import json, os, signal, sys
about = {"pid": os.getpid(), "session": os.getsid(0), "environ": dict(os.environ), "arguments": sys.argv,
    "folder": os.getcwd(), "path": sys.path[0], "name": __name__, "main": sys.modules["__main__"].__file__,
    "signals": [str(signal.getsignal(one)) for one in (signal.SIGCHLD, signal.SIGTERM)]}
print(json.dumps(about), flush=True)
sys.exit("stdin has ended" if sys.stdin.readline() == "" else 3)
"""


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    (tmp_path / f"{NAME}.py").write_text(PROGRAM, "utf-8")
    monkeypatch.chdir(tmp_path)
    return {"OWN": "yes", "LC_ALL": "C.UTF-8"}


async def _start(start: Begin, environ: dict[str, str]) -> tuple[Process, dict[str, Any]]:
    """A process, and what it says of itself."""
    with os.fdopen(os.dup(2), "wb") as errors:
        process = await start(["-m", NAME, "one", "two words"], errors, environ)
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return process, json.loads(await process.stdout.readline())


async def test_a_forked_process_is_what_a_fresh_one_is(environ: dict[str, str]) -> None:
    assert VARIABLE in os.environ, "otherwise two fresh ones are compared"
    told: list[dict[str, Any]] = []
    for start in (begin, started):
        process, about = await _start(start, environ)
        assert about.pop("pid") == about.pop("session") == process.pid
        assert process.returncode is None
        process.kill()
        assert await process.wait() == process.returncode == -signal.SIGKILL
        told.append(about)
    assert told[0] == told[1]


async def test_nobody_waits_in_vain_when_the_process_that_forks_has_ended(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with warm_parent() as place:
        monkeypatch.setenv(VARIABLE, str(place))
        process, _ = await _start(begin, environ)
    try:
        with pytest.raises(RuntimeError, match="has ended"):
            await process.wait()
        with pytest.raises(OSError, match="No such file"):
            await _start(begin, environ)
    finally:
        process.kill()
