"""Opening a connection only to an address that has been checked.

The name is looked up once; every address it gave is checked; and the connection goes to one of these
addresses, never to the name again, so that a name that changes between check and connect changes nothing.
TLS still verifies the name, because the HTTP layer above keeps it.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import cast, override

import httpcore2

from bot.fetch.addresses import as_address, why_refused
from bot.fetch.hosts import AllowedHosts

type Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host, in order of preference. Raises `OSError`."""

_MOST_ADDRESSES_TRIED = 4


class AddressRefused(Exception):
    """A name or literal led to an address that may not be fetched; ``str()`` says which and why."""


class NameUnknown(OSError):
    """A name that has no address."""


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the operating system for the addresses of ``host``."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class GuardedDialer(httpcore2.AsyncNetworkBackend):
    """Where the HTTP library gets its connections from."""

    def __init__(
        self, allowed: AllowedHosts, resolve: Resolve, network: httpcore2.AsyncNetworkBackend | None = None
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        # a cast, since the library declares the class twice, once for installations without anyio
        self._network = network or cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Look up, check and connect within ``timeout`` seconds.

        Raises: `AddressRefused`, `NameUnknown`, and the library's own ``ConnectError`` and ``ConnectTimeout``.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._connect_checked(host, port, timeout, local_address, socket_options)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error

    async def _connect_checked(
        self,
        host: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._addresses(host, port)
        share = None if timeout is None else timeout / len(addresses)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or NameUnknown(host)

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        literal = as_address(host)
        found = [str(literal)] if literal is not None else await self._look_up(host, port)
        if not self._allowed.permits(host, port):
            for text in found:
                _check(host, text)
        return found[:_MOST_ADDRESSES_TRIED]

    async def _look_up(self, host: str, port: int) -> list[str]:
        try:
            found = list(await self._resolve(host, port))
        except (OSError, UnicodeError) as error:  # UnicodeError: a label the IDNA codec cannot encode
            raise NameUnknown(host) from error
        if not found:
            raise NameUnknown(host)
        return found

    @override
    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: nothing fetched lives behind a local socket."""
        raise AddressRefused(f"{path} is a local socket")

    @override
    async def sleep(self, seconds: float) -> None:
        """Wait, for the library's own retries (of which none are asked for)."""
        await asyncio.sleep(seconds)


def _check(host: str, text: str) -> None:
    address = as_address(text)
    if address is None:
        raise AddressRefused(f"{host} has the unreadable address {text!r}")
    kind = why_refused(address)
    if kind is None:
        return
    what = f"{text} is {kind}" if host == text else f"{host} leads to {text}, which is {kind}"
    raise AddressRefused(what)
