"""Hosts that the configuration names, and which may therefore be fetched whatever their address is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.errors import ConfigError
from bot.fetch.addresses import as_address

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """A set of hosts, each for one port or (port None) for all."""

    entries: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "AllowedHosts":
        """Read ``host``, ``host:port`` or ``[v6]:port``; there are no wildcards. Raises `ConfigError`."""
        return cls(frozenset(_parse_entry(text) for text in texts))

    def permits(self, host: str, port: int) -> bool:
        """Whether ``host`` (as in the URL) may be reached at ``port`` without looking at its address."""
        name = normal_host(host)
        return (name, None) in self.entries or (name, port) in self.entries


def normal_host(host: str) -> str:
    """One spelling for a host: lower case, no final dot, address literals as the standard library prints them."""
    name = host.lower().removesuffix(".")
    address = as_address(name.removeprefix("[").removesuffix("]"))
    return name if address is None else str(address)


def _parse_entry(text: str) -> tuple[str, int | None]:
    host, port = _split_port(text.strip())
    name = normal_host(host)
    if as_address(name) is None and not _NAME.fullmatch(name):
        raise ConfigError(
            f"allow_hosts: {text!r} is not a host; write a name or an address, with a port if you like"
            ' ("feeds.example.org", "127.0.0.1:8123", "[::1]:8123").'
        )
    return name, port


def _split_port(text: str) -> tuple[str, int | None]:
    if as_address(text) is not None:
        return text, None
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        return text, None
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= _MAX_PORT):
        raise ConfigError(f"allow_hosts: {text!r} does not end in a port number between 1 and {_MAX_PORT}.")
    return host, int(port)
