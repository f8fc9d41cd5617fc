"""An MCP connection to a bus: the server's tools as it describes them, called with the names that it uses."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.bus.answers import Refusals, object_of
from bot.bus.letters import AGENT, Account, agent_name
from bot.clock import Clock
from bot.errors import OutsideError
from bot.mcp.client import McpPool, PoolSettings
from bot.mcp.restarts import Restarts
from bot.mcp.specs import HttpKind, HttpServer

SERVER = "bus"
_RECIPIENT = ("to", "agent", "recipient", "target", "to_agent")
_TEXT = ("text", "body", "message", "content")


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How patient a connection is, in seconds."""

    start: float = 15.0
    call: float = 20.0
    longest_restart: float = 10.0


class McpLine:
    """The connection, with one session that is opened again when it breaks; see `opened_line`."""

    def __init__(self, pool: McpPool, refusals: Refusals, seconds: float) -> None:
        self._pool = pool
        self._refusals = refusals
        self._seconds = seconds

    @property
    def tools(self) -> set[str]:
        """What the bus offers; nothing before it has answered once."""
        return {tool.name for tool in self._pool.tools()}

    def properties(self, tool: str) -> Mapping[str, Any]:
        """The arguments that a tool takes, as its schema describes them."""
        found = next((one for one in self._pool.tools() if one.name == tool), None)
        schema = {} if found is None else found.input_schema
        return object_of(schema.get("properties"))

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """A tool's answer as text. Raises `OutsideError`, also where HTTP refused and the SDK would wait on."""
        refused = asyncio.Event()
        self._refusals.status = 0
        self._refusals.heard.append(refused.set)
        calling = asyncio.ensure_future(self._pool.call(SERVER, tool, arguments, timeout=self._seconds))
        hearing = asyncio.ensure_future(refused.wait())
        try:
            await asyncio.wait({calling, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if not calling.done() or calling.exception() is not None:
                self._refusals.raise_it()
            return (await calling).text
        finally:
            self._refusals.heard.remove(refused.set)
            for task in (calling, hearing):
                task.cancel()
            await asyncio.gather(calling, hearing, return_exceptions=True)

    def check(self) -> None:
        """Raise `OutsideError` where the bus cannot be called just now, with the reason."""
        status = self._pool.servers()[0]
        if not status.available:
            self._refusals.raise_it()
            raise OutsideError(f"The bus cannot be reached: {status.reason}.")

    def recipient(self, tool: str, agent: str) -> dict[str, str]:
        """The argument that says to whom, under the tool's own name for it, with or without ``agent:``."""
        properties = self.properties(tool)
        name = next((one for one in _RECIPIENT if one in properties), _RECIPIENT[0])
        # The spelling with `message` takes `agent:<name>` (the public documentation), the one with `text` the bare name.
        prefixed = AGENT in str(properties.get(name, "")) or self.text_name(tool) == "message"
        return {name: f"{AGENT if prefixed else ''}{agent_name(agent)}"}

    def text_name(self, tool: str) -> str:
        """What the tool calls the text of a message."""
        properties = self.properties(tool)
        return next((one for one in _TEXT if one in properties), _TEXT[0])


@asynccontextmanager
async def opened_line(
    account: Account, kind: HttpKind, clock: Clock, settings: LineSettings | None = None
) -> AsyncGenerator[McpLine]:
    """Connect to a bus over MCP; the connection ends with the block. What fails at first is tried again meanwhile."""
    settings, refusals = settings or LineSettings(), Refusals(clock.now)
    spec = HttpServer(
        SERVER, account.url, {"Authorization": f"Bearer {account.token}"}, kind, on_refusal=refusals.hear
    )
    pool = McpPool(
        [spec],
        PoolSettings(start_seconds=settings.start, restarts=Restarts(0.2, settings.longest_restart)),
        clock=clock,
    )
    async with pool:
        yield McpLine(pool, refusals, settings.call)
