"""Finds out what a bus speaks, from its address and from what it offers."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal
from urllib.parse import urlsplit

from bot.bus.in_process import InProcess, InProcessBus, echo
from bot.bus.letters import Account, Transport
from bot.bus.mcp_line import LineSettings, McpLine, opened_line
from bot.bus.mupot import Mupot
from bot.bus.sos_http import looks_like_it, opened_http
from bot.bus.sos_mcp import SosMcp
from bot.clock import Clock
from bot.config.bridge import ECHO, IN_PROCESS
from bot.errors import ConfigError, OutsideError

type Protocol = Literal["auto", "sos", "sos-http", "mupot", "in-process"]

UNKNOWN = "The bus at {host} offers neither `inbox` nor `inbox_lease`; is it an agent bus?"


class AbstractBus:
    """A bus that was reached, or is still being reached: `transport` raises `OutsideError` meanwhile."""

    def __init__(self, fixed: Transport | None, line: McpLine | None, account: Account) -> None:
        self._fixed = fixed
        self._line = line
        self._account = account

    @property
    def transport(self) -> Transport:
        """How it is spoken to. Raises `OutsideError` where it has not answered yet, or is no agent bus."""
        if self._fixed is None and self._line is not None:
            if not self._line.tools:
                self._line.check()
            self._fixed = _dialect(self._line, self._account)
        if self._fixed is None:
            raise OutsideError("The bus has not answered yet.")
        return self._fixed


@asynccontextmanager
async def opened_bus(
    account: Account,
    clock: Clock,
    protocol: Protocol = "auto",
    settings: LineSettings | None = None,
    bus: InProcessBus | None = None,
) -> AsyncGenerator[AbstractBus]:
    """The bus at an address, until the block ends: ``…/sse`` is MCP over SSE, no path the HTTP bridge, else MCP.

    Raises `ConfigError` for an address that fits nothing.
    """
    async with AsyncExitStack() as stack:
        if account.url.startswith(IN_PROCESS):
            inside = bus or InProcessBus(clock, {ECHO: echo})
            yield AbstractBus(InProcess(inside, account.name), None, account)
            return
        parts = urlsplit(account.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(f"The bus's address must begin with https://, http:// or be {IN_PROCESS}")
        if protocol == "sos-http" or (protocol == "auto" and looks_like_it(account.url)):
            http = await stack.enter_async_context(opened_http(account, clock, settings))
            yield AbstractBus(http, None, account)
            return
        old = "/sse" in parts.path and protocol != "mupot"
        line = await stack.enter_async_context(
            opened_line(account, "sse" if old else "http", clock, settings)
        )
        yield AbstractBus(None, line, account)


def _dialect(line: McpLine, account: Account) -> Transport:
    if "inbox_lease" in line.tools:
        return Mupot(line)
    if {"send", "inbox"} <= line.tools:
        return SosMcp(line, account.name)
    raise OutsideError(UNKNOWN.format(host=urlsplit(account.url).hostname))
