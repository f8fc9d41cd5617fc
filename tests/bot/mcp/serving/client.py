"""The official SDK's client at the bot's web address."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal, cast

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from bot.loopback import bound

SECRET = "a-secret-of-forty-letters-for-a-test-only"
SECRETS = re.compile(r"/api/webhooks/\d+/[\w-]{40,}|\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}\b")
"""Addresses of webhooks, and tokens of bots."""
EVERY_GROUP = ("asks", "read", "messages", "direct", "channels", "members", "roles", "webhooks")


def web(*servers: str, **more: Any) -> dict[str, Any]:
    """The section ``web`` of a configuration, with one token."""
    settings = {name: more.pop(name) for name in list(more) if name.endswith(("_seconds", "_hours", "_mb"))}
    token = {"secret": SECRET, "servers": [int(one) for one in servers], **more}
    return {"port": 0, "wait_seconds": 5, "progress_seconds": 0.2, **settings, "tokens": {"claude": token}}


@asynccontextmanager
async def client(
    address: str,
    *,
    secret: str = SECRET,
    mode: Literal["legacy", "auto"] = "auto",
    query: str = "",
    seconds: float | None = None,
) -> AsyncGenerator[Client]:
    """A client that is connected; nothing it is answered, in any test, may hold a secret."""
    headers = {"Authorization": f"Bearer {secret}"}
    overheard = Overheard(httpx2.AsyncHTTPTransport())
    async with httpx2.AsyncClient(headers=headers, timeout=30, transport=overheard) as http:
        transport = streamable_http_client(f"{address}/mcp{query}", http_client=http)
        async with Client(transport, mode=mode, read_timeout_seconds=seconds) as connected:
            yield connected
    answered = overheard.heard.decode("utf-8", "replace")
    assert answered
    assert SECRET not in answered
    assert SECRETS.findall(answered) == []


class Overheard(httpx2.AsyncBaseTransport):
    """Keeps all that a server answers."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.inner = inner
        self.heard = bytearray()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self.inner.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Copied(response.stream, self.heard)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


class _Copied(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, copy: bytearray) -> None:
        self.inner, self.copy = inner, copy

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self.inner:
            self.copy.extend(part)
            yield part

    async def aclose(self) -> None:
        await self.inner.aclose()


def free_port() -> int:
    """A port that nobody listens at just now."""
    with bound(0) as found:
        return int(found.getsockname()[1])


def text(result: CallToolResult) -> str:
    """The first text of a result."""
    first = result.content[0]
    assert isinstance(first, TextContent)
    return first.text


def data(result: CallToolResult) -> dict[str, Any]:
    """What a tool answered; it must not have failed."""
    assert not result.is_error, text(result)
    found = cast("Mapping[str, Any]", result.structured_content)
    return cast("dict[str, Any]", found["data"] if set(found) == {"summary", "data"} else found)
