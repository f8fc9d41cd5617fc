"""One tool server: started, watched, started again when it ends.

One task owns the server and is the only one to enter and leave the SDK's context managers, whose cancel
scopes must be left by the task that entered them. Calls run in the tasks of their callers, so that a caller
who is cancelled cancels the call, which the SDK then tells the server.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import structlog
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, Implementation, Tool

from bot.clock import Clock
from bot.mcp.errors import ToolUnavailable
from bot.mcp.results import Json, ToolInfo, tool_info
from bot.mcp.specs import HttpServer, ServerSpec, StdioServer
from bot.mcp.stderr_lines import StderrLines
from bot.mcp.transports import OnEnd, http_transport, stdio_transport

_log = structlog.get_logger(__name__)

_MOST_TOOLS = 1_000
_MOST_PAGES = 100
_STDERR_SECONDS = 1.0
_CLIENT_NAME = "cogswarm"


@dataclass(frozen=True, slots=True)
class Restarts:
    """How long to wait before a server is started again, in seconds: doubling, with jitter, up to a limit."""

    first_seconds: float = 0.5
    most_seconds: float = 60.0
    steady_seconds: float = 30.0
    """A server that ran this long starts over at the first wait."""

    def wait(self, failures: int, rng: random.Random) -> float:
        """The wait after ``failures`` failures in a row, between half of it and all of it."""
        whole = min(self.most_seconds, self.first_seconds * 2.0 ** min(failures - 1, 30))
        return whole * rng.uniform(0.5, 1.0)


class ServerEnded(Exception):
    """The server stopped talking; ``str()`` is why, as the end of a sentence."""


@dataclass(slots=True)
class _Session:
    client: Client
    ended: asyncio.Event


class ServerLink:
    """The connection to one server, from `start` to `stop`."""

    def __init__(
        self, spec: ServerSpec, *, start_seconds: float, restarts: Restarts, clock: Clock, rng: random.Random
    ) -> None:
        self.spec = spec
        self._start_seconds = start_seconds
        self._restarts = restarts
        self._clock = clock
        self._rng = rng
        self._session: _Session | None = None
        self._tools: Sequence[ToolInfo] = ()
        self._reason = "it is being started"
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._starting = False
        self.tried = asyncio.Event()
        """Set once the first start has succeeded or failed."""
        self.ready = asyncio.Event()
        """Set while the server can be called."""

    @property
    def name(self) -> str:
        """The server's name in the configuration."""
        return self.spec.name

    @property
    def reason(self) -> str:
        """Why the server cannot be called just now, as the end of a sentence; empty where it can."""
        return "" if self._session else self._reason

    def tools(self) -> list[ToolInfo]:
        """The tools it has, or had when it last ran."""
        reason = f"The tool server {self.name} is not running: {self.reason}." if self.reason else ""
        return [replace(tool, available=not reason, reason=reason) for tool in self._tools]

    def start(self) -> asyncio.Task[None]:
        """Start the owner's task, which keeps the server running until `stop`."""
        self._task = asyncio.create_task(self._run(), name=f"tool server {self.name}")
        return self._task

    def stop(self) -> None:
        """Ask the owner's task to end the server and return; a start that is under way is given up."""
        self._stop.set()
        if self._starting and self._task is not None:
            self._task.cancel()

    async def call(self, tool: str, arguments: Json) -> CallToolResult:
        """Call a tool without a time limit. Raises `ToolUnavailable`, and `MCPError` from the server."""
        session = self._session
        if session is None:
            raise self._unavailable(tool, self._reason)
        if not any(known.name == tool for known in self._tools):
            raise ToolUnavailable(
                f"The tool server {self.name} has no tool named {tool}.",
                server=self.name,
                tool=tool,
                reason="no such tool",
            )
        try:
            return await session.client.call_tool(tool, arguments)
        except MCPError as error:
            if session.ended.is_set() or self._is_broken(error):
                self._went_down(session.ended)
                raise self._unavailable(tool, "it stopped in the middle of the call") from error
            raise

    def _went_down(self, ended: asyncio.Event) -> None:
        """Note at once, before the owner's task does the rest, that a session has ended."""
        ended.set()
        if self._session is not None and self._session.ended is ended:
            self._session = None
            self._reason = "it stopped by itself"
            self.ready.clear()

    def _is_broken(self, error: MCPError) -> bool:
        """Over HTTP a lost connection shows only as an error of its own making (JSON-RPC's -32000)."""
        return isinstance(self.spec, HttpServer) and error.code == _CONNECTION_LOST

    def _unavailable(self, tool: str, reason: str) -> ToolUnavailable:
        return ToolUnavailable(
            f"The tool {tool} cannot be used just now: the tool server {self.name} is not running ({reason}).",
            server=self.name,
            tool=tool,
            reason=reason,
        )

    async def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            started = self._clock.monotonic()
            why = await self._serve_once()
            if self._stop.is_set():
                return
            steady = self._clock.monotonic() - started >= self._restarts.steady_seconds
            failures = 1 if steady else failures + 1
            wait = self._restarts.wait(failures, self._rng)
            self._reason = f"{why}; it will be started again"
            _log.warning("tool_server_down", server=self.name, reason=why, restart_in_seconds=round(wait, 2))
            self.tried.set()
            await self._pause(wait)

    async def _serve_once(self) -> str:
        """Run the server once until it ends; say why it did."""
        try:
            await self._serve()
        except ServerEnded as error:
            return str(error)
        except Exception as error:  # noqa: BLE001  # whatever a server or the SDK does, only this server is down
            return _why(error)
        finally:
            self._starting = False
            self._session = None
            self.ready.clear()
        return "it was stopped"

    async def _serve(self) -> None:
        ended = asyncio.Event()
        self._starting = True
        async with self._client(partial(self._went_down, ended)) as client:
            self._tools = [tool_info(self.name, tool) for tool in await self._listed(client)]
            self._starting = False
            self._session = _Session(client, ended)
            _log.info("tool_server_ready", server=self.name, tools=[tool.name for tool in self._tools])
            self.tried.set()
            self.ready.set()
            await _first_of(ended, self._stop)
            self._session = None
            self.ready.clear()
        if not self._stop.is_set():
            raise ServerEnded("it stopped by itself")

    @contextlib.asynccontextmanager
    async def _client(self, on_end: OnEnd) -> AsyncGenerator[Client]:
        """Start and greet the server within the time limit; end it afterwards."""
        async with contextlib.AsyncExitStack() as stack:
            stderr: StderrLines | None = None
            if isinstance(self.spec, StdioServer):
                lines = StderrLines(self.name, secrets=self.spec.env.values(), clock=self._clock)
                stderr = await stack.enter_async_context(lines)
                transport = stdio_transport(self.spec, stderr, on_end)
            else:
                transport = http_transport(self.spec, on_end)
            client = Client(transport, client_info=Implementation(name=_CLIENT_NAME, version="1"), cache=None)
            try:
                async with asyncio.timeout(self._start_seconds):
                    await stack.enter_async_context(client)
                yield client
            except TimeoutError as error:
                raise ServerEnded(f"it did not answer within {self._start_seconds:g} seconds") from error
            except Exception as error:
                raise ServerEnded(await _last_words(stderr) or _why(error)) from error

    async def _listed(self, client: Client) -> list[Tool]:
        tools: list[Tool] = []
        cursor: str | None = None
        async with asyncio.timeout(self._start_seconds):
            for _ in range(_MOST_PAGES):
                page = await client.list_tools(cursor=cursor)
                tools += page.tools
                cursor = page.next_cursor
                if cursor is None or len(tools) > _MOST_TOOLS:
                    break
        return tools[:_MOST_TOOLS]

    async def _pause(self, seconds: float) -> None:
        waiting = asyncio.ensure_future(self._clock.sleep(seconds))
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            stopping.cancel()


_CONNECTION_LOST = -32_000


async def _first_of(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _last_words(stderr: StderrLines | None) -> str:
    if stderr is None:
        return ""
    await stderr.drained(_STDERR_SECONDS)
    return f"it said {stderr.last.rstrip('.')!r}" if stderr.last else ""


def _why(error: BaseException) -> str:
    """The innermost reason of an error or of a group of them, as the end of a sentence."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return f"{type(error).__name__}: {error}".strip().rstrip(":.")
