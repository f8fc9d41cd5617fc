import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest

from tests.tools import ROOT

pytestmark = pytest.mark.slow

TIMEOUT = 30


async def start(*arguments: str, stdin: int = asyncio.subprocess.PIPE) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "bot.demo_library.server",
        *arguments,
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
    )


async def ready_line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout
    async with asyncio.timeout(TIMEOUT):
        return json.loads(await process.stdout.readline())


@contextlib.asynccontextmanager
async def serving() -> AsyncGenerator[tuple[asyncio.subprocess.Process, dict[str, Any], httpx2.AsyncClient]]:
    process = await start()
    try:
        ready = await ready_line(process)
        async with httpx2.AsyncClient(base_url=ready["url"], trust_env=False) as client:
            yield process, ready, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_serves_what_it_says_and_ends_with_its_stdin() -> None:
    async with serving() as (process, ready, client):
        assert ready["url"].startswith("http://127.0.0.1:")
        assert len(ready["feeds"]) == 4
        for feed in ready["feeds"]:
            got = await client.get(feed["url"])
            assert got.status_code == 200
            assert got.headers["content-type"].partition(";")[0] in {
                "application/atom+xml",
                "application/rss+xml",
            }
        assert "demo library" in (await client.get("/")).text
        assert (await client.get("/nowhere")).status_code == 404
        assert process.stdin
        process.stdin.close()
        async with asyncio.timeout(TIMEOUT):
            assert await process.wait() == 0


async def test_unchanged_documents_are_not_sent_again() -> None:
    async with serving() as (_, ready, client):
        url = ready["feeds"][0]["url"]
        first = await client.get(url)
        tag, changed = first.headers["etag"], first.headers["last-modified"]
        for headers, status in (
            ({"If-None-Match": tag}, 304),
            ({"If-None-Match": f'"x", W/{tag}'}, 304),
            ({"If-None-Match": '"x"', "If-Modified-Since": changed}, 200),
            ({"If-Modified-Since": changed}, 304),
            ({"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
            ({"If-Modified-Since": "never"}, 200),
        ):
            assert (await client.get(url, headers=headers)).status_code == status, headers


async def test_a_foreign_host_name_is_refused() -> None:
    async with serving() as (_, _, client):
        assert (await client.get("/", headers={"Host": "evil.example"})).status_code == 421


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_when_told_to(sent: signal.Signals) -> None:
    async with serving() as (process, _, _):
        process.send_signal(sent)
        async with asyncio.timeout(TIMEOUT):
            _, err = await process.communicate()
        assert b"Traceback" not in err
        assert process.returncode in {0, -sent}


async def test_without_a_pipe_for_stdin_it_goes_on_serving() -> None:
    process = await start(stdin=asyncio.subprocess.DEVNULL)
    try:
        ready = await ready_line(process)
        async with httpx2.AsyncClient(trust_env=False) as client:
            for _ in range(3):
                assert (await client.get(ready["url"])).status_code == 200
        assert process.returncode is None
    finally:
        process.terminate()
        await process.communicate()


async def test_a_taken_port_is_told_in_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = await start("--port", str(port))
        async with asyncio.timeout(TIMEOUT):
            _, err = await process.communicate()
    assert process.returncode == 1
    assert err.decode().startswith(f"Port {port} cannot be used")
    assert err.decode().count("\n") == 1
