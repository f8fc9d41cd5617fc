"""The pool of tool servers: what tools there are, and calling them."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import structlog
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from bot.clock import Clock
from bot.errors import ConfigError
from bot.mcp.connection import Restarts, ServerLink
from bot.mcp.errors import ToolFailed, ToolTimedOut, ToolUnavailable
from bot.mcp.results import ToolInfo, ToolResult, tool_result
from bot.mcp.specs import ServerSpec

_log = structlog.get_logger(__name__)

_END_SECONDS = 10.0
"""How long servers may take to end before their tasks are cancelled; the SDK kills them within six."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Whether a server can be called, and why not."""

    name: str
    available: bool
    reason: str


class McpPool:
    """All configured tool servers, as an async context manager.

    Entering starts every server and waits until each has listed its tools or failed to, at most
    ``start_seconds``; a server that fails does not keep the others from being used, and is tried again.
    Raises `ConfigError` where two servers have the same name.
    """

    def __init__(
        self,
        specs: Iterable[ServerSpec],
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        start_seconds: float = 30.0,
        restarts: Restarts | None = None,
    ) -> None:
        self._links: dict[str, ServerLink] = {}
        self._tasks: list[asyncio.Task[None]] = []
        for spec in specs:
            if spec.name in self._links:
                raise ConfigError(f"Two tool servers are named {spec.name!r}; give each a name of its own.")
            self._links[spec.name] = ServerLink(
                spec,
                start_seconds=start_seconds,
                restarts=restarts or Restarts(),
                clock=clock or Clock(),
                rng=rng or random.Random(),  # noqa: S311  # spreads restarts; nothing depends on guessing it
            )

    async def __aenter__(self) -> Self:
        self._tasks = [link.start() for link in self._links.values()]
        try:
            await asyncio.gather(*(link.tried.wait() for link in self._links.values()))
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        for link in self._links.values():
            link.stop()
        if not self._tasks:
            return
        try:
            await asyncio.wait(self._tasks, timeout=_END_SECONDS)
        finally:  # also where we are cancelled while waiting
            for task in self._tasks:
                if not task.done():
                    _log.warning("tool_server_stuck", task=task.get_name())
                    task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def servers(self) -> list[ServerStatus]:
        """Every server and its state, in the order of the configuration."""
        return [ServerStatus(link.name, not link.reason, link.reason) for link in self._links.values()]

    def tools(self) -> list[ToolInfo]:
        """Every tool of every server, those included that cannot be called just now (``available``, ``reason``)."""
        return [tool for link in self._links.values() for tool in link.tools()]

    async def wait_ready(self, server: str, timeout: float) -> None:
        """Wait until ``server`` can be called. Raises `ToolUnavailable` after ``timeout`` seconds."""
        link = self._link(server, "")
        try:
            async with asyncio.timeout(timeout):
                await link.ready.wait()
        except TimeoutError as error:
            raise ToolUnavailable(
                f"The tool server {server} is still not running: {link.reason}.",
                server=server,
                tool="",
                reason=link.reason,
            ) from error

    async def call(
        self, server: str, tool: str, arguments: Mapping[str, Any], *, timeout: float
    ) -> ToolResult:
        """Call ``tool`` of ``server`` with ``arguments``, for at most ``timeout`` seconds.

        Cancelling the caller cancels the call. A tool that says by itself that it failed is a result with
        ``is_error``. Raises `ToolUnavailable`, `ToolTimedOut`, `ToolFailed`.
        """
        link = self._link(server, tool)
        try:
            async with asyncio.timeout(timeout):
                return tool_result(tool, await link.call(tool, dict(arguments)))
        except TimeoutError as error:
            raise ToolTimedOut(
                f"The tool {tool} of {server} did not answer within {timeout:g} seconds.",
                server=server,
                tool=tool,
            ) from error
        except MCPError as error:
            raise ToolFailed(
                f"The tool server {server} refused the call of {tool}: {error.message.rstrip('.')}.",
                server=server,
                tool=tool,
            ) from error
        except (RuntimeError, ValidationError, ValueError) as error:  # what the SDK raises for nonsense
            _log.warning("tool_answer_unusable", server=server, tool=tool, error=str(error)[:500])
            raise ToolFailed(
                f"The tool server {server} answered the call of {tool} with something that is not a result.",
                server=server,
                tool=tool,
            ) from error

    def _link(self, server: str, tool: str) -> ServerLink:
        link = self._links.get(server)
        if link is None:
            raise ToolUnavailable(
                f"There is no tool server named {server}; its name must be one in the configuration.",
                server=server,
                tool=tool,
                reason="no such server",
            )
        return link
