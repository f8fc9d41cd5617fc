"""A connection to a server of any kind, watched."""

import contextlib
from collections.abc import AsyncGenerator

from bot.clock import Clock
from bot.mcp.http_streams import http_streams
from bot.mcp.specs import ServerSpec, StdioServer
from bot.mcp.stderr_lines import StderrLines
from bot.mcp.stdio_process import stdio_streams
from bot.mcp.streams import Noted, OnEnd, TransportStreams, WatchedReads


@contextlib.asynccontextmanager
async def connected(
    spec: ServerSpec, stderr: StderrLines | None, on_end: OnEnd, noted: Noted, clock: Clock
) -> AsyncGenerator[TransportStreams]:
    """Start the server, or reach it; ``on_end`` is called when it stops talking, ``noted`` with why."""
    if isinstance(spec, StdioServer):
        if stderr is None:
            raise ValueError("a server that is started needs somewhere to write its errors")
        streams = stdio_streams(spec, stderr, noted)
    else:
        streams = http_streams(spec, noted)
    async with streams as (reads, writes):
        yield WatchedReads(reads, on_end, noted, clock), writes
