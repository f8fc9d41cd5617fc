"""Talking to a server that runs elsewhere, by streamable HTTP or the older SSE."""

import contextlib
from collections.abc import AsyncGenerator
from functools import partial

import httpx2
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from bot.mcp.guarded_client import guarded_client
from bot.mcp.specs import HttpServer
from bot.mcp.streams import Noted, TransportStreams

_CONNECT_SECONDS = 30.0
_SILENCE_SECONDS = 86_400.0
"""Old SSE needs a number; a day of silence between two events is no fault."""


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
