"""What people decide about what an agent wants to do, and doing it once when they have."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bot.asks.approval import Approval
from bot.mcp.asking import Reply, ServerQuestion
from bot.mcp.results import ToolInfo

type Rewrite = Callable[[Any, str], Awaitable[Any]]
"""Makes another version of what is to be approved out of the one before and of what people want to be different."""


class Decisions(Protocol):
    """Asks people; `bot.work.run_decisions.RunDecisions` is the durable one."""

    async def approve(
        self, key: str, title: str, payload: Any, *, rewrite: Rewrite | None = None
    ) -> Approval:
        """Whether people let ``payload`` be done, and what exactly; they may have the agent ``rewrite`` it."""
        ...

    async def once[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Do it at most once; None where people say that it has happened and nobody knows what came of it."""
        ...

    async def elicit(self, key: str, question: ServerQuestion) -> Reply:
        """What people answer a tool server in the middle of a call; cancelled where nobody did in time.

        Raises `bot.mcp.errors.ToolRefused` for what cannot be shown.
        """
        ...

    async def withdraw(self, key: str) -> None:
        """Say that nobody waits any more for what was asked under ``key``."""
        ...

    async def accept_tool(self, key: str, tool: ToolInfo) -> str:
        """Have people accept a tool that is not what was accepted; why it is not, or nothing where it is by now."""
        ...
