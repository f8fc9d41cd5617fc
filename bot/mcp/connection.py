"""One tool server: started, watched, started again when it ends.

One task owns the server and is the only one to enter and leave the SDK's context managers, whose cancel
scopes must be left by the task that entered them. Calls run in the tasks of their callers, so that a caller
who is cancelled cancels the call, which the SDK then tells the server.
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from mcp.client import Client, ClientSession
from mcp.shared.dispatcher import ProgressFnT
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from bot.clock import Clock
from bot.mcp import contents, library_tools, server_calls
from bot.mcp.asking import Elicitor
from bot.mcp.calls_in_flight import CallsInFlight
from bot.mcp.failures import Failures
from bot.mcp.judging import Held, Judge, trust_all
from bot.mcp.list_changes import hear_of_changes
from bot.mcp.offered_tools import OfferedTools
from bot.mcp.opening import Hearing, Note, ServerEnded, opened, why_of
from bot.mcp.output_schema import mismatch
from bot.mcp.restarts import Restarts
from bot.mcp.results import ToolInfo, ToolResult
from bot.mcp.scrub import Scrub
from bot.mcp.server_calls import AskedForEver
from bot.mcp.shown_text import one_line
from bot.mcp.specs import ServerSpec
from bot.mcp.toolbox import Progress
from bot.observe.known_secrets import Secrets
from bot.work.principal import Principal

_log = structlog.get_logger(__name__)

_RELIST_SECONDS = 1.0
"""Between two listings of a server that says its list has changed, however often it says so."""


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How a connection is kept; times in seconds."""

    start_seconds: float
    restarts: Restarts
    clock: Clock
    rng: random.Random
    elicitor: Elicitor
    judge: Judge = trust_all
    secrets: frozenset[str] = frozenset()
    """What no server may tell, whoever gave it."""


@dataclass(slots=True)
class _Session:
    client: Client
    ended: asyncio.Event


class ServerLink:
    """The connection to one server, from `start` to `stop`."""

    def __init__(self, spec: ServerSpec, settings: LinkSettings) -> None:
        self.spec = spec
        self._settings = settings
        self._clock = settings.clock
        self._session: _Session | None = None
        self._reason = "it is being started"
        self._note = Note()
        self._stop = asyncio.Event()
        self._rejudge = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._starting = False
        self._scrub = Scrub(Secrets(spec.secrets | settings.secrets))
        self._offered = OfferedTools(spec, self._scrub, settings.judge, settings.start_seconds)
        self._failures = Failures(spec, self._scrub)
        self._calls = CallsInFlight(spec.name, settings.elicitor)
        self.protocol = ""
        """The revision agreed on with the server when it last ran."""
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
        return self._offered.infos(reason)

    def held(self, tool: str) -> Held | None:
        """Why a tool may not be called."""
        return self._offered.held(tool)

    def look_again(self) -> None:
        """Have the tools judged anew soon, since somebody has decided about them."""
        self._rejudge.set()

    def start(self) -> asyncio.Task[None]:
        """Start the owner's task, which keeps the server running until `stop`."""
        self._task = asyncio.create_task(self._run(), name=f"tool server {self.name}")
        return self._task

    def stop(self) -> None:
        """Ask the owner's task to end the server and return; a start that is under way is given up."""
        self._stop.set()
        if self._starting and self._task is not None:
            self._task.cancel()

    def check(self, tool: str) -> None:
        """Raise `ToolUnavailable` or `ToolRefused` where ``tool`` cannot be called just now."""
        if self._session is None:
            raise self._failures.not_running(tool, self._reason)
        self._offered.check(tool)

    async def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        principal: Principal | None = None,
        progress: Progress | None = None,
        elicitor: Elicitor | None = None,
    ) -> ToolResult:
        """Call a tool without a time limit. Raises `ToolCallError`."""
        self.check(tool)
        session = self._session
        if session is None:
            raise self._failures.not_running(tool, self._reason)
        with self._calls.call(tool, principal, elicitor) as call:
            try:
                result = await self._do(session.client.session, tool, arguments, progress)
            except MCPError as error:
                if self._failures.is_lost(error):
                    session.ended.set()
                if session.ended.is_set():
                    self._went_down(session.ended)
                    raise (call.refused or self._failures.broken(tool, self._note.text)) from error
                raise (call.refused or self._failures.answered(tool, error, self._note.text)) from error
            except AskedForEver as error:
                raise self._failures.unusable(
                    tool, "it keeps asking for more instead of answering"
                ) from error
            except (RuntimeError, ValidationError, ValueError) as error:  # what the SDK raises for nonsense
                _log.warning(
                    "tool_answer_unusable", server=self.name, tool=tool, error=one_line(str(error), 500)
                )
                raise self._failures.unusable(tool) from error
        if call.refused is not None:
            raise call.refused
        return self._scrub.result(result)

    async def _do(
        self, session: ClientSession, tool: str, arguments: Mapping[str, Any], progress: Progress | None
    ) -> ToolResult:
        if self._offered.is_of_library(tool):
            try:
                return await library_tools.use(self.name, session, tool, arguments, self._clock)
            except library_tools.WrongArgument as error:
                return ToolResult(f"{error}.", is_error=True)
        told = None if progress is None else _telling(progress, self._scrub)
        result = await server_calls.call_tool(session, tool, arguments, told, self._clock)
        schema = self._offered.output_schema(tool)
        if schema is not None and not result.is_error:
            why = (
                "it promises structured content and gives none"
                if result.structured_content is None
                # Beside the loop: what it takes at most is seconds, which everybody else would wait.
                else await asyncio.to_thread(mismatch, schema, result.structured_content)
            )
            if why:
                raise self._failures.unusable(tool, why)
        return contents.tool_result(tool, result)

    def _went_down(self, ended: asyncio.Event) -> None:
        """Note at once, before the owner's task does the rest, that a session has ended."""
        ended.set()
        if self._session is not None and self._session.ended is ended:
            self._session = None
            self._reason = self._note.text or "it stopped by itself"
            self.ready.clear()

    async def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            started = self._clock.monotonic()
            why = self._scrub.text(await self._serve_once())
            if self._stop.is_set():
                return
            steady = self._clock.monotonic() - started >= self._settings.restarts.steady_seconds
            failures = 1 if steady else failures + 1
            wait = self._settings.restarts.wait(failures, self._settings.rng)
            self._reason = f"{why}; it will be started again"
            _log.warning("tool_server_down", server=self.name, reason=why, restart_in_seconds=round(wait, 2))
            self.tried.set()
            await self._pause(wait)

    async def _serve_once(self) -> str:
        """Run the server once until it ends; say why it did."""
        self._note.text = ""
        try:
            await self._serve()
        except ServerEnded as error:
            return str(error)
        except Exception as error:  # noqa: BLE001  # whatever a server or the SDK does, only this server is down
            return self._note.text or why_of(error)
        finally:
            self._starting = False
            self._session = None
            self.ready.clear()
        return "it was stopped"

    async def _serve(self) -> None:
        ended, changed = asyncio.Event(), asyncio.Event()
        self._starting = True
        hearing = Hearing(partial(self._went_down, ended), self._noted, changed.set, self._calls.elicit)
        async with opened(
            self.spec,
            hearing,
            self._note,
            seconds=self._settings.start_seconds,
            secrets=self._settings.secrets,
            clock=self._clock,
        ) as client:
            await self._offered.list(client)
            self._starting = False
            self._session = _Session(client, ended)
            self.protocol = client.protocol_version
            _log.info("tool_server_ready", server=self.name, tools=len(self._offered), protocol=self.protocol)
            self.tried.set()
            self.ready.set()
            changes = asyncio.create_task(hear_of_changes(client, changed, self._clock))
            try:
                await self._keep_listed(client, ended, changed)
            finally:
                changes.cancel()
                await asyncio.gather(changes, return_exceptions=True)
                self._session = None
                self.ready.clear()
        if not self._stop.is_set():
            raise ServerEnded(self._note.text or "it stopped by itself")

    async def _keep_listed(self, client: Client, ended: asyncio.Event, changed: asyncio.Event) -> None:
        """Until the session ends: list the tools again when they change, judge them again when asked to."""
        while True:
            await _first_of(ended, self._stop, changed, self._rejudge)
            if ended.is_set() or self._stop.is_set():
                return
            if changed.is_set():
                await self._pause(_RELIST_SECONDS, ended)
                if ended.is_set() or self._stop.is_set():
                    return
                changed.clear()
                await self._offered.list(client)
                _log.info("tool_server_listed_again", server=self.name, tools=len(self._offered))
            else:
                self._rejudge.clear()
                await self._offered.judge_again()

    def _noted(self, reason: str) -> None:
        self._note.text = reason
        _log.warning("tool_server_misbehaved", server=self.name, reason=reason)

    async def _pause(self, seconds: float, *also: asyncio.Event) -> None:
        waiting = asyncio.ensure_future(self._clock.sleep(seconds))
        ends = [asyncio.create_task(event.wait()) for event in (self._stop, *also)]
        try:
            await asyncio.wait({waiting, *ends}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            for end in ends:
                end.cancel()


def _telling(tell: Progress, scrub: Scrub) -> ProgressFnT:
    async def told(progress: float, total: float | None, message: str | None) -> None:
        if message and message.strip():
            tell(scrub.text(one_line(message)))
        else:
            tell(f"{progress:g} of {total:g}" if total else f"{progress:g}")

    return told


async def _first_of(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
