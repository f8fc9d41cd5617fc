"""Connections to servers, with a sign when one has ended (the SDK's client gives none)."""

import contextlib
import os
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
from mcp.client._transport import (  # the SDK has no public name for these types
    ReadStream,
    TransportStreams,
)
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage

from bot.mcp.specs import HttpServer, StdioServer
from bot.mcp.stderr_lines import StderrLines

type OnEnd = Callable[[], None]
"""Called at least once when a server has stopped talking."""

_LAUNCHER = Path(__file__).with_name("launch_child.py")


class _WatchedReads:
    """The stream of what a server says, which tells when there will be no more."""

    def __init__(self, inner: ReadStream[SessionMessage | Exception], on_end: OnEnd) -> None:
        self._inner = inner
        self._on_end = on_end

    async def receive(self) -> SessionMessage | Exception:
        try:
            return await self._inner.receive()
        except Exception:
            self._on_end()
            raise

    async def aclose(self) -> None:
        await self._inner.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self._inner.__anext__()
        except Exception:  # the end (StopAsyncIteration) or a break: both are the end
            self._on_end()
            raise

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        return await self._inner.__aexit__(exc_type, exc_val, exc_tb)


@contextlib.asynccontextmanager
async def stdio_transport(
    spec: StdioServer, stderr: StderrLines, on_end: OnEnd
) -> AsyncGenerator[TransportStreams]:
    """Start the server and talk to it; ``on_end`` is called when it stops talking."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-I", "-S", str(_LAUNCHER), str(os.getpid()), spec.command, *spec.args],
        env=dict(spec.env),
        cwd=spec.cwd,
        encoding_error_handler="replace",
    )
    async with stdio_client(parameters, errlog=stderr.sink) as (reads, writes):
        stderr.close_sink()
        yield _WatchedReads(reads, on_end), writes


@contextlib.asynccontextmanager
async def http_transport(spec: HttpServer, on_end: OnEnd) -> AsyncGenerator[TransportStreams]:
    """Talk to a server by streamable HTTP; ``on_end`` is called when the connection is given up."""
    async with (
        httpx2.AsyncClient(headers=dict(spec.headers), timeout=httpx2.Timeout(30.0, read=None)) as http,
        streamable_http_client(spec.url, http_client=http) as (reads, writes),
    ):
        yield _WatchedReads(reads, on_end), writes
