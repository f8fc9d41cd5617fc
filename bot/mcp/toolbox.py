"""What work needs of the tool servers; `bot.mcp` implements it with a pool of MCP servers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bot.mcp.people import NOBODY, People
from bot.mcp.results import ToolInfo, ToolResult
from bot.work.principal import Principal

type Progress = Callable[[str], None]
"""Is told in a few words how far a call is; the words are untrusted. It must not raise nor wait."""


class Toolbox(Protocol):
    """The tools the owner has configured, by server and name."""

    def tools(self, principal: Principal | None = None) -> Sequence[ToolInfo]:
        """Every tool known, those that are unavailable just now included.

        ``blocked`` says why one may not be called; with a ``principal``, also in its guild.
        """
        ...

    async def call(
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        principal: Principal,
        progress: Progress | None = None,
        people: People = NOBODY,
    ) -> ToolResult:
        """Call a tool on behalf of ``principal``; what it answers is untrusted data.

        What may change something is called only where ``people`` have approved exactly this call; through them a server
        asks for what it needs to know. Cancelling the caller cancels the call, and the server is told. Raises `bot.mcp.errors.ToolRefused` where the
        call is not allowed (nothing was sent), and the other kinds of `bot.mcp.errors.ToolCallError`.
        """
        ...
