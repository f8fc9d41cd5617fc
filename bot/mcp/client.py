"""The pool of tool servers: what tools there are, and calling them."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import structlog

from bot.clock import Clock
from bot.errors import ConfigError
from bot.llm.breaker import BreakerOpen, BreakerState
from bot.llm.breakers import Breakers
from bot.mcp.asking import Elicitor, NobodyToAsk
from bot.mcp.errors import ToolAnswerUnusable, ToolBroken, ToolTimedOut, ToolUnavailable
from bot.mcp.judging import Judge, trust_all
from bot.mcp.people import Paused
from bot.mcp.restarts import Restarts
from bot.mcp.results import ToolInfo, ToolResult
from bot.mcp.specs import ServerSpec
from bot.mcp.toolbox import Progress
from bot.work.principal import Principal

if TYPE_CHECKING:
    from bot.mcp.connection import ServerLink

_log = structlog.get_logger(__name__)

_END_SECONDS = 10.0
"""How long servers may take to end before their tasks are cancelled; each is killed within eight."""

_FAILURES = (ToolTimedOut, ToolBroken, ToolAnswerUnusable)
"""What counts against a server: it hangs, dies or talks nonsense. A refusal says nothing of its health."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Whether a server can be called, and why not."""

    name: str
    available: bool
    reason: str
    breaker: BreakerState = "closed"
    protocol: str = ""
    """The revision agreed on when it last ran; empty before."""
    tools: int = 0


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How servers are kept and judged; times in seconds."""

    start_seconds: float = 30.0
    restarts: Restarts = field(default_factory=Restarts)
    judge: Judge = trust_all
    elicitor: Elicitor = field(default_factory=NobodyToAsk)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """What no server may tell, whoever gave it."""
    breakers: Breakers | None = None
    """Where the servers' breakers are made, so that who hears of models' outages hears of theirs; None: nobody does."""


class McpPool:
    """All configured tool servers, as an async context manager.

    Entering starts every server and waits until each has listed its tools or failed to, at most
    ``start_seconds``; a server that fails does not keep the others from being used, and is tried again.
    Raises `ConfigError` where two servers have the same name.
    """

    def __init__(
        self,
        specs: Iterable[ServerSpec],
        settings: PoolSettings | None = None,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        settings = settings or PoolSettings()
        clock = clock or Clock()
        breakers = settings.breakers or Breakers(lambda _change: None, clock=clock)
        rng = rng or random.Random()  # noqa: S311  # spreads restarts; nothing depends on guessing it
        self._tasks: list[asyncio.Task[None]] = []
        self._links = _links_of(specs, settings, clock, rng)
        self._breakers = {
            name: breakers.get(f"the tool server {name}", failures=_FAILURES) for name in self._links
        }

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
        return [
            ServerStatus(
                link.name,
                not link.reason,
                link.reason,
                self._breakers[link.name].state,
                link.protocol,
                len(link.tools()),
            )
            for link in self._links.values()
        ]

    def tools(self) -> list[ToolInfo]:
        """Every tool of every server, those included that cannot be called just now (``available``, ``reason``)."""
        return [tool for link in self._links.values() for tool in link.tools()]

    def check(self, server: str, tool: str) -> None:
        """Raise `ToolUnavailable` or `ToolRefused` where a tool cannot be called just now."""
        self._link(server, tool).check(tool)

    def look_again(self) -> None:
        """Have all tools judged anew soon, since somebody has decided about some."""
        for link in self._links.values():
            link.look_again()

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
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        timeout: float,
        principal: Principal | None = None,
        progress: Progress | None = None,
        elicitor: Elicitor | None = None,
    ) -> ToolResult:
        """Call ``tool`` of ``server`` with ``arguments``, for at most ``timeout`` seconds.

        What the server asks in between goes to ``elicitor``; the time in which people think does not count.

        Cancelling the caller cancels the call, and the server is told. A tool that says by itself that it failed is
        a result with ``is_error``. Raises `ToolUnavailable` (also while the server is left alone after repeated
        failures), `ToolRefused`, `ToolTimedOut`, `ToolFailed`.
        """
        link = self._link(server, tool)
        link.check(tool)
        try:
            async with self._breakers[server].attempt():
                try:
                    async with asyncio.timeout(timeout) as limit:
                        asked = None if elicitor is None else Paused(elicitor, limit)
                        return await link.call(
                            tool, arguments, principal=principal, progress=progress, elicitor=asked
                        )
                except TimeoutError as error:
                    raise ToolTimedOut(
                        f"The tool {tool} of {server} did not answer within {timeout:g} seconds.",
                        server=server,
                        tool=tool,
                    ) from error
        except BreakerOpen as error:
            wait = max(1, round(error.retry_after))
            raise ToolUnavailable(
                f"The tool server {server} failed repeatedly and is left alone for {wait} more seconds.",
                server=server,
                tool=tool,
                reason="it failed repeatedly",
            ) from error

    def _link(self, server: str, tool: str) -> "ServerLink":
        link = self._links.get(server)
        if link is None:
            raise ToolUnavailable(
                f"There is no tool server named {server}; its name must be one in the configuration.",
                server=server,
                tool=tool,
                reason="no such server",
            )
        return link


def _links_of(
    specs: Iterable[ServerSpec], settings: PoolSettings, clock: Clock, rng: random.Random
) -> "dict[str, ServerLink]":
    named: dict[str, ServerSpec] = {}
    for spec in specs:
        if spec.name in named:
            raise ConfigError(f"Two tool servers are named {spec.name!r}; give each a name of its own.")
        named[spec.name] = spec
    if not named:
        return {}
    # The MCP SDK is a third of all that a bot imports, and without tools it needs none of it.
    from bot.mcp.connection import LinkSettings, ServerLink  # noqa: PLC0415 - as above

    kept = LinkSettings(
        start_seconds=settings.start_seconds,
        restarts=settings.restarts,
        clock=clock,
        rng=rng,
        elicitor=settings.elicitor,
        judge=settings.judge,
        secrets=settings.secrets,
    )
    return {name: ServerLink(spec, kept) for name, spec in named.items()}
