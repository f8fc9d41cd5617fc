"""MCP over standard input and output for programs that start their servers: every call goes on to the running bot.

The bot may be started anew in between. A call that broke off is sent again under the same key, so that it asks nobody
and says nothing twice; one that cannot be repeated so is not.
"""

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import structlog
from mcp import MCPError, types
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types.version import LATEST_MODERN_VERSION, MODERN_PROTOCOL_VERSIONS

from bot.clock import Clock
from bot.errors import OutsideError
from bot.mcp.server_process import our_version
from bot.mcp.serving.spoken import INSTRUCTIONS, KEY

log = structlog.get_logger(__name__)

AWAY = "The bot is not running at {url}; start it with `cogswarm run` where it lives, then try again."
REFUSED = "The bot at {url} did not let this in: {why}"
PAUSE = 0.5
PATIENCE = 30.0
"""Seconds that a bot which is being started anew is waited for, where the call can be repeated."""
CALL_SECONDS = 3_700.0

type Context = ServerRequestContext[Any, Any]
type Result = types.CallToolResult | types.InputRequiredResult


@dataclass(frozen=True, slots=True)
class Bridge:
    """Hands calls on to the bot at an address."""

    url: str
    secret: str
    clock: Clock
    patience: float = PATIENCE
    repeatable: set[str] = field(default_factory=set[str])
    """Tools of which the bot has said that a second call changes nothing."""

    async def serve(self) -> None:
        """Serve until standard input ends."""
        server = self.server()
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    def server(self) -> Server[Any]:
        """The SDK's server whose tools are the bot's."""
        return Server(
            "cogswarm",
            title="cogswarm",
            version=our_version(),
            instructions=INSTRUCTIONS,
            on_list_tools=self.list_tools,
            on_call_tool=self.call_tool,
        )

    async def list_tools(self, ctx: Context, _params: Any) -> types.ListToolsResult:
        """The bot's tools. Where it is not running the client is told in a sentence."""
        try:
            async with self._connected(ctx) as bot:
                listed = await bot.list_tools()
        except OutsideError as error:
            raise MCPError(types.INTERNAL_ERROR, str(error)) from error
        hints = {tool.name: tool.annotations or types.ToolAnnotations() for tool in listed.tools}
        self.repeatable.update(
            name for name, hint in hints.items() if hint.read_only_hint or hint.idempotent_hint
        )
        return listed

    async def call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> Result:
        """Call a tool of the bot's; where it goes away meanwhile, again."""
        key, end = uuid.uuid4().hex, self.clock.monotonic() + self.patience
        while True:
            try:
                return await self._called(ctx, params, key)
            except OutsideError as error:
                if params.name not in self.repeatable or self.clock.monotonic() >= end:
                    return types.CallToolResult(
                        content=[types.TextContent(type="text", text=str(error))], is_error=True
                    )
            await self.clock.sleep(PAUSE)

    async def _called(self, ctx: Context, params: types.CallToolRequestParams, key: str) -> Result:
        async def tell(progress: float, total: float | None, message: str | None) -> None:
            await ctx.session.report_progress(progress, total, message)

        async with self._connected(ctx) as bot:
            return await bot.session.call_tool(
                params.name,
                params.arguments,
                progress_callback=tell,
                request_state=params.request_state,
                meta={KEY: key},
                allow_input_required=True,
            )

    @asynccontextmanager
    async def _connected(self, ctx: Context) -> AsyncGenerator[Client]:
        """A client of the bot that speaks as the program does: only newer ones call again by themselves.

        Raises `OutsideError` where the bot is away, or does not let it in.
        """
        modern = ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
        refusals: list[str] = []

        async def look(response: httpx2.Response) -> None:
            if response.is_client_error:
                await response.aread()
                refusals.append(_sentence(response))

        headers = {"Authorization": f"Bearer {self.secret}"}
        timeout = httpx2.Timeout(CALL_SECONDS, connect=10)
        hooks = {"response": [look]}
        try:
            async with (
                httpx2.AsyncClient(headers=headers, timeout=timeout, event_hooks=hooks) as http,
                Client(
                    streamable_http_client(self.url, http_client=http),
                    mode=LATEST_MODERN_VERSION if modern else "legacy",
                ) as bot,
            ):
                yield bot
        except* (httpx2.HTTPError, MCPError, OSError) as group:
            if refusals:
                raise OutsideError(REFUSED.format(url=self.url, why=refusals[0])) from group
            log.info("bot_away", url=self.url, reason=repr(group.exceptions[0]))
            raise OutsideError(AWAY.format(url=self.url)) from group


def _sentence(response: httpx2.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"it answered {response.status_code}"
