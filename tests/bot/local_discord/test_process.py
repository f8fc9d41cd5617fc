"""The local Discord in a process of its own."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.local_discord.client.member import join
from tests import tools

WAIT = 20
pytestmark = pytest.mark.slow


@asynccontextmanager
async def process(*arguments: str | Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.local_discord",
        *map(str, arguments),
        cwd=tools.ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def ready(started: asyncio.subprocess.Process) -> dict[str, Any]:
    assert started.stdout is not None
    line = await asyncio.wait_for(started.stdout.readline(), WAIT)
    found: dict[str, Any] = json.loads(line)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_is_and_ends_saved(tmp_path: Path, number: signal.Signals) -> None:
    ready_file = tmp_path / "ready.json"
    state = tmp_path / "state"
    async with process("--state", state, "--ready-file", ready_file, "--save-interval", "600") as started:
        where = await ready(started)
        assert json.loads(ready_file.read_text()) == where
        assert where["api_url"] == where["base_url"] + "/api/v10"
        async with join(where["base_url"], where["key"]) as me:
            await me.say(where["welcome_channel"], "remember me")
            started.send_signal(number)
            _, errors = await asyncio.wait_for(started.communicate(), WAIT)
        assert started.returncode == 0
        assert b"Traceback" not in errors
    async with process("--state", state) as started:
        where = await ready(started)
        async with join(where["base_url"], where["key"]) as me:
            assert [m["content"] for m in await me.messages(where["welcome_channel"])] == ["remember me"]


async def test_standard_output_holds_one_line(tmp_path: Path) -> None:
    async with process("--stdin-eof", "--state", tmp_path) as started:
        await ready(started)
        assert started.stdin is not None
        started.stdin.close()
        output, _ = await asyncio.wait_for(started.communicate(), WAIT)
        assert (output, started.returncode) == (b"", 0)


async def test_standard_input_that_cannot_end_is_named() -> None:
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.local_discord", "--stdin-eof"),
        cwd=tools.ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(started.communicate(), WAIT)
    assert (started.returncode, errors) == (1, b"Standard input is no pipe; leave out --stdin-eof.\n")


async def test_it_ends_with_its_parent() -> None:
    """A parent in between starts it and is killed."""
    script = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'bot.local_discord', '--parent-pid', str(os.getpid())],"
        " stdout=subprocess.PIPE)\n"
        "sys.stdout.buffer.write(child.stdout.readline())\n"
        "sys.stdout.flush()\n"
        "time.sleep(600)\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=tools.ROOT, stdout=asyncio.subprocess.PIPE
    )
    where = await ready(parent)
    parent.kill()
    await parent.wait()
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(WAIT):
        while True:
            try:
                await http.get(where["base_url"] + "/gateway")
            except httpx.TransportError:
                break


async def test_a_taken_port_is_replaced_by_the_next() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with process("--port", str(port)) as started:
            where = await ready(started)
            assert int(where["base_url"].rpartition(":")[2]) > port
        async with process("--port", str(port), "--exact-port") as started:
            _, errors = await asyncio.wait_for(started.communicate(), WAIT)
            assert started.returncode == 1
            assert f"Port {port} on 127.0.0.1 is taken".encode() in errors
            assert b"Traceback" not in errors


async def test_a_wrong_scene_is_one_sentence(tmp_path: Path) -> None:
    scene = tmp_path / "scene.yaml"
    scene.write_text("people:\n  ada: {}\nguilds:\n  - name: G\n    owner: ada\n    colour: red\n")
    async with process("--scene", scene) as started:
        _, errors = await asyncio.wait_for(started.communicate(), WAIT)
        assert started.returncode == 1
        assert errors.decode().startswith(f"{scene}:6: ")
        assert len(errors.decode().splitlines()) == 1


async def test_limits_and_faults_are_options_and_a_wrong_file_is_one_sentence(tmp_path: Path) -> None:
    limits, script = tmp_path / "limits.yaml", tmp_path / "script.yaml"
    limits.write_text("other_routes: {requests: 1, seconds: 60}\n")
    script.write_text("steps:\n  - {after_requests: 3, clock: {step: 3600}}\n")
    async with process("--rate-limits", limits, "--faults", script, "--seed", "9") as started:
        where = await ready(started)
        headers = {"Authorization": f"Bot {where['bot_token']}"}
        async with httpx.AsyncClient(base_url=where["base_url"], trust_env=False) as http:
            path = "/api/v10/users/@me"
            statuses = [(await http.get(path, headers=headers)).status_code for _ in range(3)]
            assert statuses == [200, 429, 429]
            report = (await http.get("/local/script", headers={"X-Local-Key": where["key"]})).json()
            assert (report["seed"], report["state"]) == (9, "done")
    script.write_text("steps:\n  - {after_requests: 3, clock: {stop: 3600}}\n")
    for wrong in (("--faults", script), ("--rate-limits", tmp_path / "nowhere")):
        async with process(*wrong) as started:
            _, errors = await asyncio.wait_for(started.communicate(), WAIT)
            assert started.returncode == 1
            assert errors.decode().startswith(f"{wrong[1]}:")
            assert len(errors.decode().splitlines()) == 1
