"""What people decide about what an agent wants to do, and doing it once when they have."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bot.asks.approval import Approval


class Decisions(Protocol):
    """Asks people; `bot.work.run.Run` is one."""

    async def approve(self, key: str, title: str, payload: Any) -> Approval:
        """Whether people let ``payload`` be done, and what exactly."""
        ...

    async def once[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Do it at most once; None where people say that it has happened and nobody knows what came of it."""
        ...
