"""The tools of one server: as it listed them last, with what may not be called of them and why."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import structlog
from mcp.client import Client

from bot.mcp import library_tools, listing
from bot.mcp.errors import ToolRefused, ToolUnavailable
from bot.mcp.judging import Held, Judge
from bot.mcp.results import Json, ToolInfo
from bot.mcp.scrub import Scrub
from bot.mcp.shown_text import one_line
from bot.mcp.specs import ServerSpec
from bot.mcp.tool_safety import harmless, problem

_log = structlog.get_logger(__name__)

_MOST_SAID = 20


@dataclass(slots=True)
class OfferedTools:
    """What a server offers, kept when it is away; a tool that is new is held until it was judged."""

    spec: ServerSpec
    scrub: Scrub
    judge: Judge
    seconds: float
    """How long the server may take to list them."""
    _tools: Mapping[str, ToolInfo] = field(default_factory=dict[str, ToolInfo])
    _library: frozenset[str] = frozenset()
    _unsafe: Mapping[str, Held] = field(default_factory=dict[str, Held])
    _held: Mapping[str, Held] = field(default_factory=dict[str, Held])

    def __len__(self) -> int:
        return len(self._tools)

    def infos(self, reason: str) -> list[ToolInfo]:
        """All of them; ``reason`` is the sentence that says why the server is away, empty where it is not."""
        return [
            replace(
                tool,
                available=not reason,
                reason=reason,
                blocked=held.reason if (held := self._held.get(tool.name)) else "",
                acceptable=held is not None and held.kind == "changed",
            )
            for tool in self._tools.values()
        ]

    def held(self, tool: str) -> Held | None:
        """Why a tool may not be called."""
        return self._held.get(tool)

    def check(self, tool: str) -> None:
        """Raise `ToolUnavailable` where there is no such tool, `ToolRefused` where it is held."""
        if tool not in self._tools:
            raise ToolUnavailable(
                f"The tool server {self.spec.name} has no tool named {one_line(tool, 128)}.",
                server=self.spec.name,
                tool=tool,
                reason="no such tool",
            )
        held = self._held.get(tool)
        if held is not None:
            raise ToolRefused(held.reason, server=self.spec.name, tool=tool, kind=held.kind)

    def is_of_library(self, tool: str) -> bool:
        """Whether it is one of ours, that reads the server's resources and prompts."""
        return tool in self._library

    def output_schema(self, tool: str) -> Json | None:
        """What the structured content of a tool's result must match."""
        return self._tools[tool].output_schema

    async def list(self, client: Client) -> None:
        """Ask the server what it has, and have that judged."""
        name = self.spec.name
        async with asyncio.timeout(self.seconds):
            listed = await listing.tools(name, client.session)
        own = [self.scrub.info(tool) for tool in listed]
        has = await library_tools.offers(name, client.session, client.server_capabilities)
        ours = library_tools.library_tools(name, has, own)
        unsafe = {tool.name: why for tool in own if (why := problem(tool))}
        if unsafe:
            reasons = [one_line(why) for why in unsafe.values()][:_MOST_SAID]
            _log.warning("tools_unsafe", server=name, reasons=reasons)
        tools = {tool.name: harmless(tool) if tool.name in unsafe else tool for tool in [*own, *ours]}
        # In one step, and held until judged: nothing new can be called before that.
        self._library = frozenset(tool.name for tool in ours)
        self._unsafe = {tool: Held("unsafe", why) for tool, why in unsafe.items()}
        waiting = Held("changed", f"The tools of {name} are being looked at; try again in a moment.")
        fresh = {one for one, tool in tools.items() if self._tools.get(one) != tool}
        self._held = {**self._held, **dict.fromkeys(fresh, waiting)}
        self._tools = tools
        await self.judge_again()

    async def judge_again(self) -> None:
        """Have them judged, as they were listed last."""
        judged = [
            tool
            for name, tool in self._tools.items()
            if name not in self._library and name not in self._unsafe
        ]
        self._held = {**await self.judge(self.spec, judged), **self._unsafe}
