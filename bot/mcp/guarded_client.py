"""The HTTP client with which servers elsewhere are spoken to: it bounds what they may send.

Bodies are counted while they are read, and are asked for and accepted uncompressed only, so that what is counted is
what arrives. A redirect is followed only within the server's own origin, so a token goes nowhere else.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, override

import httpx2

from bot.mcp.specs import HttpServer

if TYPE_CHECKING:
    from bot.mcp.streams import Noted

_FIRST_REFUSAL = 400


class _TooMuch(httpx2.StreamError):
    """Of the kind that the SDK turns into an error of the one request."""


def guarded_client(
    spec: HttpServer,
    noted: "Noted",
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
    def __init__(self, inner: httpx2.AsyncByteStream, most: int, noted: "Noted") -> None:
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
