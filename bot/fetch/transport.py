"""The guarded way to the network for clients of others: what they ask goes to one host, at an address that was checked.

A client library that is given this as its transport reads no proxies or credentials from the environment, cannot be
redirected to another host together with its token, and reads no more than a limit of any answer.
"""

import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from typing import override

import httpcore2
import httpx

from bot.fetch.dialing import AddressRefused, GuardedDialer, NameUnknown, Resolve, system_resolve
from bot.fetch.hosts import AllowedHosts

MOST_BYTES = 32 * 1024 * 1024


class GuardedTransport(httpx.AsyncBaseTransport):
    """An httpx transport to ``host`` (with its port, as in an address) and nowhere else.

    ``trusted`` says that the host's address need not be public, because the configuration names it.
    """

    def __init__(
        self,
        host: str,
        *,
        trusted: bool,
        most_bytes: int = MOST_BYTES,
        connections: int = 10,
        resolve: Resolve = system_resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host.lower()
        self._most_bytes = most_bytes
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=10.0,
            network_backend=GuardedDialer(AllowedHosts.parse([host] if trusted else []), resolve),
        )

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.netloc.decode("ascii").lower() != self._host:
            raise httpx.UnsupportedProtocol(f"Nothing but {self._host} may be asked here.", request=request)
        stream = request.stream
        asked = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=stream if isinstance(stream, httpx.AsyncByteStream) else b"",
            extensions={"timeout": request.extensions.get("timeout", {})},
        )
        try:
            answer = await self._pool.handle_async_request(asked)
        except Exception as error:
            raise _as_httpx(error, request) from error
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Bounded(answer, self._most_bytes, request),
            request=request,
        )

    @override
    async def aclose(self) -> None:
        await self._pool.aclose()


class _Bounded(httpx.AsyncByteStream):
    """An answer's body that is read up to a limit."""

    def __init__(self, answer: httpcore2.Response, most_bytes: int, request: httpx.Request) -> None:
        self._answer = answer
        self._most_bytes = most_bytes
        self._request = request

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces():
            yield piece

    async def _pieces(self) -> AsyncGenerator[bytes]:
        got = 0
        try:
            async for piece in self._answer.aiter_stream():
                got += len(piece)
                self._check(got)
                yield piece
        except httpx.HTTPError:
            raise
        except Exception as error:
            raise _as_httpx(error, self._request) from error

    def _check(self, got: int) -> None:
        if got > self._most_bytes:
            raise httpx.ReadError(
                f"The answer has more than {self._most_bytes:,} bytes.", request=self._request
            )

    @override
    async def aclose(self) -> None:
        await self._answer.aclose()


def _as_httpx(error: Exception, request: httpx.Request) -> Exception:
    """The same in the words of the library above."""
    match error:
        case httpcore2.ConnectTimeout() | httpcore2.PoolTimeout():
            return httpx.ConnectTimeout(str(error), request=request)
        case httpcore2.TimeoutException():
            return httpx.ReadTimeout(str(error), request=request)
        case httpcore2.ConnectError() | AddressRefused() | NameUnknown() | ssl.SSLError():
            return httpx.ConnectError(str(error), request=request)
        case httpcore2.NetworkError() | httpcore2.ProtocolError() | OSError():
            return httpx.ReadError(str(error), request=request)
        case _:
            return error
