"""Talking to a server that runs elsewhere, by streamable HTTP or the older SSE, with bounds on what it may send.

Bodies are counted while they are read, and are asked for and accepted uncompressed only, so that what is counted is
what arrives. A redirect is followed only within the server's own origin, so a token goes nowhere else.
"""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import Any, override

import httpx2
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from bot.mcp.specs import HttpServer
from bot.mcp.streams import Noted, TransportStreams

_CONNECT_SECONDS = 30.0
_SILENCE_SECONDS = 86_400.0
"""Old SSE needs a number; a day of silence between two events is no fault."""
_FIRST_REFUSAL = 400


class _TooMuch(httpx2.StreamError):
    """Of the kind that the SDK turns into an error of the one request."""


@contextlib.asynccontextmanager
async def http_streams(spec: HttpServer, noted: Noted) -> AsyncGenerator[TransportStreams]:
    """Connect to the server in the way that ``spec.kind`` says."""
    if spec.kind == "sse":
        connection = sse_client(
            spec.url,
            headers=dict(spec.headers),
            timeout=_CONNECT_SECONDS,
            sse_read_timeout=_SILENCE_SECONDS,
            httpx_client_factory=partial(guarded_client, spec, noted),
        )
        async with connection as streams:
            yield streams
        return
    timeout = httpx2.Timeout(_CONNECT_SECONDS, read=None)
    async with (
        guarded_client(spec, noted, headers=dict(spec.headers), timeout=timeout) as http,
        streamable_http_client(spec.url, http_client=http, max_sse_event_size=spec.most_bytes) as streams,
    ):
        yield streams


def guarded_client(
    spec: HttpServer,
    noted: Noted,
    headers: dict[str, Any] | None = None,
    timeout: httpx2.Timeout | None = None,
    auth: httpx2.Auth | None = None,
) -> httpx2.AsyncClient:
    """The client with which a server elsewhere is spoken to: what it answers is bounded, ``noted`` is told why not."""

    async def bound(response: httpx2.Response) -> None:
        if spec.on_refusal is not None and response.status_code >= _FIRST_REFUSAL:
            spec.on_refusal(response.status_code, response.headers.get("retry-after", ""))
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"", "identity"}:
            noted("it sent a compressed answer, which was not asked for")
            raise _TooMuch("The answer is compressed, which was not asked for")
        is_stream = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        if not is_stream and isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Counted(response.stream, spec.most_bytes, noted)

    return httpx2.AsyncClient(
        headers={**(headers or {}), "Accept-Encoding": "identity"},
        timeout=timeout,
        auth=auth,
        event_hooks={"response": [bound]},
    )


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int, noted: Noted) -> None:
        self._inner = inner
        self._most = most
        self._noted = noted

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for piece in self._inner:
            seen += len(piece)
            if seen > self._most:
                reason = f"it sent a message of more than {self._most:,} bytes"
                self._noted(reason)
                raise _TooMuch(reason)
            yield piece

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()
