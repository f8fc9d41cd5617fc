"""Lets a handler reach the TCP connection under its request, which no ASGI server does and cutting it needs."""

import asyncio
from typing import Any, Protocol, cast, override

from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.local_discord.gateway.transport import EXTENSION, Transport


class Closable(Transport, Protocol):
    """A transport that can also end after what is buffered has been sent."""

    def close(self) -> None:
        """End the connection in good order."""
        ...


class HttpWithTransport(H11Protocol):
    """uvicorn's HTTP with its transport among the scope's extensions."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        inner: Any = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {**scope.get("extensions", {}), EXTENSION: transport}
            await inner(scope, receive, send)

        self.app = app  # pyright: ignore[reportAttributeAccessIssue] - uvicorn has its own names for the same types


def transport_of(request: Request) -> Closable | None:
    """The connection under a request, None where the server does not tell."""
    return cast("Closable | None", request.scope.get("extensions", {}).get(EXTENSION))
