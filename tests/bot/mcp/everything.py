"""npm's server-everything over each transport."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.mcp.specs import HttpServer, ServerSpec, StdioServer

PRELOAD = Path(__file__).with_name("loopback_only.cjs")
TIMEOUT = 30


@asynccontextmanager
async def everything_over(everything: tuple[str, str], transport: str) -> AsyncGenerator[ServerSpec]:
    """The server over ``transport``; over HTTP it is a process that the test starts and ends."""
    node, script = everything
    if transport == "stdio":
        yield StdioServer("everything", node, (script, "stdio"))
        return
    kind = "sse" if transport == "sse" else "streamableHttp"
    process = await asyncio.create_subprocess_exec(
        node, "--require", str(PRELOAD), script, kind,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env={"PATH": os.defpath},
    )  # fmt: skip
    assert process.stderr is not None
    try:
        async with asyncio.timeout(TIMEOUT):
            while not (line := await process.stderr.readline()).startswith(b"LISTENING "):
                assert line, "server-everything ended early"
        url = f"http://127.0.0.1:{int(line.split()[1])}"
        reading = asyncio.create_task(process.stderr.read())
        if kind == "sse":
            yield HttpServer("everything", f"{url}/sse", kind="sse")
        else:
            yield HttpServer("everything", f"{url}/mcp")
        reading.cancel()
    finally:
        process.kill()
        await process.wait()
