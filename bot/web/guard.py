"""What every request passes before anything reads it: its host, its origin, its size, and the time it takes to come.

A page on the internet can have its name point at this machine and let a visitor's browser call us (DNS rebinding).
Such a request names the page's host, or has its origin, and is refused.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import Receive, Scope

from bot.web.sentences import said

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HOST = "This address is not served under that name; call it by {names}."
ORIGIN = "Web pages of other addresses may not use this one."
TOO_LARGE = "A request has at most {most:,} bytes here."
TOO_SLOW = "The request did not come in {seconds:g} seconds."
BAD_LENGTH = "Content-Length has to be one number."
_LONGEST_LENGTH = 15
"""Digits of a size; nobody sends a petabyte."""
_CLOSE = {"connection": "close"}


@dataclass(frozen=True, slots=True)
class Guard:
    """What is let through; hosts and origins in small letters, a host without its port."""

    hosts: frozenset[str]
    origins: frozenset[str]
    most_bytes: int
    seconds: float

    def refusal(self, scope: Scope) -> Response | None:
        """Why a request may not come in, by its headers alone."""
        headers = _values(scope["headers"])
        hosts, origins = headers.get("host", []), headers.get("origin", [])
        if len(hosts) != 1 or _without_port(hosts[0].strip().lower()) not in self.hosts:
            return said(421, HOST.format(names=" or ".join(sorted(self.hosts))))
        if not all(self._is_ours(one.strip().lower()) for one in origins):
            return said(403, ORIGIN)
        lengths = [one.strip() for one in headers.get("content-length", [])]
        if len(lengths) > 1 or not all(one.isascii() and one.isdigit() for one in lengths):
            return said(400, BAD_LENGTH, _CLOSE)
        if lengths and (len(lengths[0]) > _LONGEST_LENGTH or int(lengths[0]) > self.most_bytes):
            return said(413, TOO_LARGE.format(most=self.most_bytes), _CLOSE)
        return None

    async def body(self, receive: Receive) -> bytes | Response:
        """What a request brings, or why it may not; one that ends in the middle brings what came."""
        body = bytearray()
        try:
            async with asyncio.timeout(self.seconds):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return bytes(body)
                    body += message.get("body", b"")
                    if len(body) > self.most_bytes:
                        return said(413, TOO_LARGE.format(most=self.most_bytes), _CLOSE)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            return said(408, TOO_SLOW.format(seconds=self.seconds), _CLOSE)

    def _is_ours(self, origin: str) -> bool:
        if origin in self.origins:
            return True
        # Pages of this machine itself, at whatever port.
        scheme, _, rest = origin.partition("://")
        return scheme in {"http", "https"} and _without_port(rest) in LOOPBACK


def guard_for(public_url: str | None, *, listen: str, most_bytes: int, seconds: float) -> Guard:
    """What is let through to an address that others reach by ``public_url``."""
    hosts, origins = {*LOOPBACK, listen.lower()}, set[str]()
    if public_url is not None:
        parts = urlsplit(public_url.lower())
        hosts.add(_without_port(parts.netloc))
        origins.add(f"{parts.scheme}://{parts.netloc}")
    return Guard(frozenset(hosts), frozenset(origins), most_bytes, seconds)


def _values(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _without_port(host: str) -> str:
    head, colon, port = host.rpartition(":")
    return head if colon and (port.isdigit() or not port) and not head.endswith(":") else host
