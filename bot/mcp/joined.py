"""Several toolboxes as one, for whoever calls tools."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.mcp.people import NOBODY, People
from bot.mcp.results import ToolInfo, ToolResult
from bot.mcp.toolbox import Progress, Toolbox
from bot.work.principal import Principal


class JoinedTools:
    """Implements `bot.mcp.toolbox.Toolbox`: each call goes to the toolbox that has the server.

    ``named`` are toolboxes by the servers they have; all other servers are those of ``others``.
    """

    def __init__(self, named: Mapping[str, Toolbox], others: Toolbox) -> None:
        self._named = named
        self._others = others

    def tools(self, principal: Principal | None = None) -> Sequence[ToolInfo]:
        """Every tool of all of them."""
        boxes = {id(box): box for box in (*self._named.values(), self._others)}
        return [tool for box in boxes.values() for tool in box.tools(principal)]

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
        """Call a tool of whichever has it; raises what that one raises."""
        box = self._named.get(server, self._others)
        return await box.call(server, tool, arguments, principal=principal, progress=progress, people=people)
