"""The pool against real server processes."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import structlog
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.mcpserver import MCPServer
from structlog.testing import capture_logs

from bot.errors import ConfigError, OutsideError, TimedOut
from bot.mcp.client import McpPool, PoolSettings
from bot.mcp.errors import ToolFailed, ToolTimedOut, ToolUnavailable
from bot.mcp.restarts import Restarts
from bot.mcp.specs import HttpServer, StdioServer
from tests.tools import ROOT

pytestmark = pytest.mark.slow

ODD = Path(__file__).with_name("odd_server.py")
QUICK = Restarts(first_seconds=0.05, most_seconds=0.2)
TIMEOUT = 30


def odd(*habits: str, name: str = "odd", **more: Any) -> StdioServer:
    return StdioServer(name, sys.executable, ("-P", str(ODD), *habits), **more)


def pool_of(
    *specs: StdioServer | HttpServer, restarts: Restarts = QUICK, start_seconds: float = 30.0
) -> McpPool:
    settings = PoolSettings(restarts=restarts, start_seconds=start_seconds)
    return McpPool(specs, settings, rng=random.Random(1))  # noqa: S311 - a seed for the test


async def until(file: Path) -> None:
    async with asyncio.timeout(TIMEOUT):
        while not file.exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
            await asyncio.sleep(0.01)


async def gone(pid: int) -> None:
    async with asyncio.timeout(TIMEOUT):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110 - an end is not told
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _fresh_logging() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


async def test_tools_are_found_with_their_schemas_and_called() -> None:
    async with pool_of(odd()) as pool:
        tools = {tool.name: tool for tool in pool.tools()}
        assert tools["add"].description == "Add two numbers."
        assert tools["add"].input_schema["required"] == ["one", "other"]
        assert tools["add"].output_schema is not None
        assert tools["add"].output_schema["properties"]["total"]["type"] == "integer"
        assert all(tool.available and tool.server == "odd" for tool in tools.values())
        result = await pool.call("odd", "add", {"one": 2, "other": 3}, timeout=TIMEOUT)
        assert result.structured == {"total": 5}
        assert json.loads(result.text) == {"total": 5}
        assert not result.is_error


async def test_a_tool_that_says_it_failed_is_a_result() -> None:
    async with pool_of(odd()) as pool:
        result = await pool.call("odd", "refuse", {}, timeout=TIMEOUT)
        assert (result.is_error, result.text) == (True, "I do not feel like it.")
        wrong = await pool.call("odd", "add", {"one": "x"}, timeout=TIMEOUT)
        assert wrong.is_error


async def test_the_environment_is_minimal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "not for servers")
    async with pool_of(odd(env={"ODD_KEY": "a-key"})) as pool:
        found = (await pool.call("odd", "environment", {}, timeout=TIMEOUT)).structured
        assert found["ODD_KEY"] == "a-key"
        assert set(found) <= {"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "ODD_KEY", "LC_CTYPE"}


async def test_unknown_names_are_said() -> None:
    async with pool_of(odd()) as pool:
        with pytest.raises(ToolUnavailable, match="no tool server named other"):
            await pool.call("other", "add", {}, timeout=1)
        with pytest.raises(ToolUnavailable, match="has no tool named other"):
            await pool.call("odd", "other", {}, timeout=1)
    with pytest.raises(ConfigError, match="'odd'"):
        pool_of(odd(), odd())


async def test_a_call_that_takes_too_long_is_cancelled_at_the_server(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with pool_of(odd()) as pool:
        with pytest.raises(ToolTimedOut, match=r"did not answer within 1.5 seconds") as caught:
            await pool.call("odd", "wait", {"mark": str(mark)}, timeout=1.5)
        assert isinstance(caught.value, TimedOut)
        await until(mark.with_suffix(".cancelled"))
        assert (await pool.call("odd", "add", {"one": 1, "other": 1}, timeout=TIMEOUT)).structured == {
            "total": 2
        }


async def test_cancelling_the_caller_cancels_the_call(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with pool_of(odd()) as pool:
        calling = asyncio.create_task(pool.call("odd", "wait", {"mark": str(mark)}, timeout=TIMEOUT))
        await until(mark.with_suffix(".started"))
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        await until(mark.with_suffix(".cancelled"))
        assert (await pool.call("odd", "add", {"one": 1, "other": 1}, timeout=TIMEOUT)).structured == {
            "total": 2
        }


async def test_a_server_that_dies_fails_its_calls_and_comes_back(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    slow = Restarts(first_seconds=1.0, most_seconds=1.0)
    async with pool_of(odd(), odd(name="other"), restarts=slow) as pool:
        first = (await pool.call("odd", "pid", {}, timeout=TIMEOUT)).structured["result"]
        calling = asyncio.create_task(pool.call("odd", "wait", {"mark": str(mark)}, timeout=TIMEOUT))
        await until(mark.with_suffix(".started"))
        os.kill(first, signal.SIGKILL)
        with pytest.raises(ToolUnavailable, match="stopped in the middle of the call"):
            await calling
        with pytest.raises(ToolUnavailable, match="odd is not running") as caught:
            await pool.call("odd", "pid", {}, timeout=TIMEOUT)
        assert isinstance(caught.value, OutsideError)
        down = [tool for tool in pool.tools() if tool.server == "odd"]
        assert down
        assert all(not tool.available and "odd is not running" in tool.reason for tool in down)
        assert (await pool.call("other", "add", {"one": 1, "other": 1}, timeout=TIMEOUT)).structured == {
            "total": 2
        }
        await pool.wait_ready("odd", timeout=TIMEOUT)
        assert all(tool.available for tool in pool.tools())
        assert (await pool.call("odd", "pid", {}, timeout=TIMEOUT)).structured["result"] != first


async def test_a_tool_that_kills_its_server_does_not_hang_the_caller() -> None:
    async with pool_of(odd()) as pool:
        for _ in range(2):
            with pytest.raises(ToolUnavailable):
                await pool.call("odd", "die", {}, timeout=TIMEOUT)
            await pool.wait_ready("odd", timeout=TIMEOUT)


async def test_an_answer_that_breaks_its_schema_is_said_to_be_none() -> None:
    async with pool_of(odd()) as pool:
        with pytest.raises(ToolFailed, match="something that is not a result"):
            await pool.call("odd", "lie", {}, timeout=TIMEOUT)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (odd("broken", name="bad"), "I need a key: set ODD_KEY"),
        (StdioServer("bad", "no-such-program-here"), "no-such-program-here cannot be started"),
        (StdioServer("bad", sys.executable, ("-c", "print('hello')")), "Connection closed"),
        (HttpServer("bad", "http://127.0.0.1:9/mcp"), "connect"),
    ],
)
async def test_a_server_that_does_not_start_leaves_the_others_usable(
    spec: StdioServer | HttpServer, says: str
) -> None:
    async with pool_of(spec, odd()) as pool:
        states = {state.name: state for state in pool.servers()}
        assert states["odd"].available
        assert not states["bad"].available
        assert says.lower() in states["bad"].reason.lower()
        assert (await pool.call("odd", "add", {"one": 1, "other": 1}, timeout=TIMEOUT)).structured == {
            "total": 2
        }
        with pytest.raises(ToolUnavailable):
            await pool.call("bad", "add", {}, timeout=TIMEOUT)


async def test_a_server_that_never_greets_is_given_up() -> None:
    async with pool_of(odd("slow-start"), start_seconds=1.0) as pool:
        assert "did not answer within 1 seconds" in pool.servers()[0].reason


async def test_closing_does_not_wait_for_a_server_that_is_starting() -> None:
    pool = pool_of(odd("slow-start"), start_seconds=3_600)
    entering = asyncio.create_task(pool.__aenter__())
    children: list[psutil.Process] = []
    async with asyncio.timeout(TIMEOUT):
        while not children:
            await asyncio.sleep(0.01)
            children = [
                it for it in psutil.Process().children() if any("slow-start" in a for a in it.cmdline())
            ]
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering
    await gone(children[0].pid)


async def test_lines_that_are_no_messages_are_skipped() -> None:
    async with pool_of(odd("flood")) as pool:
        assert (await pool.call("odd", "add", {"one": 1, "other": 1}, timeout=TIMEOUT)).structured == {
            "total": 2
        }


async def test_what_a_server_writes_to_stderr_is_logged_within_bounds() -> None:
    with capture_logs() as logs:
        async with pool_of(odd(env={"ODD_KEY": "a-secret-key"})) as pool:
            await pool.call("odd", "say", {"text": "with a-secret-key inside", "times": 1}, timeout=TIMEOUT)
            await pool.call("odd", "say", {"text": "x", "times": 100_000}, timeout=TIMEOUT)
            await pool.call("odd", "say", {"text": "line\n", "times": 1_000}, timeout=TIMEOUT)
    lines = [log["line"] for log in logs if log["event"] == "tool_server_stderr"]
    assert "with [redacted] inside" in lines
    assert not any("a-secret-key" in str(log) for log in logs)
    assert all(len(line) <= 2_000 for line in lines)
    assert len(lines) <= 120
    assert any(log["event"] == "tool_server_stderr_dropped" for log in logs)


async def test_the_server_ends_with_the_pool_even_if_it_does_not_want_to() -> None:
    async with pool_of(odd("stubborn")) as pool:
        pid = (await pool.call("odd", "pid", {}, timeout=TIMEOUT)).structured["result"]
    await gone(pid)


OWNER = """
import asyncio, sys
from bot.mcp.client import McpPool
from bot.mcp.specs import StdioServer
async def main():
    async with McpPool([StdioServer("odd", sys.executable, ("-P", sys.argv[1], "stubborn"))]) as pool:
        print((await pool.call("odd", "pid", {}, timeout=30)).structured["result"], flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
async def test_the_server_ends_when_we_are_killed() -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-c", OWNER, str(ODD),
        stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
    )  # fmt: skip
    assert owner.stdout
    async with asyncio.timeout(TIMEOUT):
        while not (line := await owner.stdout.readline()).strip().isdigit():
            assert line, "the owner ended early"
    assert psutil.pid_exists(int(line))
    server = psutil.Process(int(line))
    owner.kill()
    await owner.communicate()
    try:
        await gone(server.pid)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            server.kill()


async def test_a_server_over_http() -> None:
    remote = MCPServer("remote", log_level="ERROR")
    remote.add_tool(_shout)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    web = uvicorn.Server(
        uvicorn.Config(
            remote.streamable_http_app(), log_level="critical", ws="none", timeout_graceful_shutdown=0
        )
    )
    serving = asyncio.create_task(web.serve(sockets=[listening]))
    try:
        async with pool_of(HttpServer("remote", url)) as pool:
            await pool.wait_ready("remote", timeout=TIMEOUT)
            assert (await pool.call("remote", "_shout", {"text": "hi"}, timeout=TIMEOUT)).text == "HI"
            web.should_exit = True
            await serving
            with pytest.raises(ToolUnavailable):
                await pool.call("remote", "_shout", {"text": "hi"}, timeout=TIMEOUT)
            assert not pool.servers()[0].available
    finally:
        web.should_exit = True
        await serving


def _shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


@given(st.integers(1, 10_000), st.integers())
def test_waits_double_with_jitter_up_to_the_limit(failures: int, seed: int) -> None:
    whole = min(60.0, 0.5 * 2 ** min(failures - 1, 30))
    assert whole / 2 <= Restarts().wait(failures, random.Random(seed)) <= whole  # noqa: S311 - a seed for the test
