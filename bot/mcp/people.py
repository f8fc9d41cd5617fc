"""What people have to do with one call of a tool: that they have approved it, and how a server's questions reach them."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bot.asks.payload import hash_of
from bot.mcp.asking import Elicitor, Reply, ServerQuestion
from bot.work.principal import Principal


@dataclass(frozen=True, slots=True)
class People:
    """``approved`` is the hash of exactly the call that people have approved; without an ``elicitor`` nobody can be asked."""

    approved: str = ""
    elicitor: Elicitor | None = None

    def have_approved(self, server: str, tool: str, arguments: Mapping[str, Any]) -> bool:
        """Whether it was this call, with these arguments, that people have approved."""
        return bool(self.approved) and self.approved == hash_of(wanted(server, tool, arguments))


NOBODY = People()


def wanted(server: str, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A call as people approve it."""
    return {"server": server, "tool": tool, "arguments": dict(arguments)}


@dataclass(slots=True)
class Paused:
    """An `Elicitor` that takes the time in which people think off a call's time limit."""

    elicitor: Elicitor
    limit: asyncio.Timeout
    _asking: int = 0
    _left: float = 0.0

    async def ask(self, question: ServerQuestion, principal: Principal | None) -> Reply:
        """As `Elicitor.ask`."""
        loop = asyncio.get_running_loop()
        when = self.limit.when()
        if not self._asking and when is not None:
            self._left = when - loop.time()
            self.limit.reschedule(None)
        self._asking += 1
        try:
            return await self.elicitor.ask(question, principal)
        finally:
            self._asking -= 1
            if not self._asking:
                # A call that has ended meanwhile, which may be why nobody is asked any more, has no limit.
                with suppress(RuntimeError):
                    self.limit.reschedule(loop.time() + self._left)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question on its way to whoever answers it."""

    question: ServerQuestion
    answer: "asyncio.Future[Reply]" = field(compare=False)


class Questions:
    """An `Elicitor` that hands what servers ask to the code that made the call.

    The SDK hears questions in a task of its own, which goes on when whoever made the call is cancelled, and which knows
    nothing of the run.
    """

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Waiting] = asyncio.Queue()

    async def ask(self, question: ServerQuestion, principal: Principal | None) -> Reply:
        """Hand it over and wait for the answer. Raises what the answering raised."""
        del principal  # whoever made the call knows for whom
        waiting = Waiting(question, asyncio.get_running_loop().create_future())
        await self._waiting.put(waiting)
        return await waiting.answer

    async def next(self) -> Waiting:
        """The next question."""
        return await self._waiting.get()
