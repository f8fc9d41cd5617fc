"""What work needs of the tool servers; `bot.mcp` implements it with a pool of MCP servers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.mcp.results import ToolInfo, ToolResult


class Toolbox(Protocol):
    """The tools the owner has configured, by server and name."""

    def tools(self) -> Sequence[ToolInfo]:
        """Every tool known, those that are unavailable just now included."""
        ...

    async def call(self, server: str, tool: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Call a tool. Raises `bot.mcp.errors.ToolCallError`; what it answers is untrusted data."""
        ...
