"""The official SDK's client at the bot's web address."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal, cast

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from bot.loopback import bound

SECRET = "a-secret-of-forty-letters-for-a-test-only"
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
    """A client that is connected."""
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(f"{address}/mcp{query}", http_client=http)
        async with Client(transport, mode=mode, read_timeout_seconds=seconds) as connected:
            yield connected


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
