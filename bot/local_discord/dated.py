"""Puts the time of the local Discord's own clock into every answer, which may be another one than the machine's."""

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Dated:
    """An ASGI application whose answers carry ``Date`` by a given clock."""

    def __init__(self, inner: ASGIApp, now: Callable[[], datetime]) -> None:
        self._inner = inner
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._now(), usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", []), (b"date", date)]}
            await send(message)

        await self._inner(scope, receive, dated)
