"""Which calls a server is working on, so that what it asks in between is asked for the right one."""

import contextvars
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from mcp.client import ClientRequestContext
from mcp.types import INVALID_REQUEST, ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ErrorData

from bot.mcp.asking import Elicitor, ServerQuestion
from bot.mcp.errors import ToolRefused
from bot.mcp.shown_text import one_line, plain
from bot.work.principal import Principal

_current: contextvars.ContextVar["Call | None"] = contextvars.ContextVar("tool_call", default=None)
"""The call for which a task works; over HTTP the SDK carries it to what the server asks in its course."""


@dataclass(slots=True, eq=False)
class Call:
    """A call that is under way; ``refused`` is why the server was not given what it asked for."""

    tool: str
    principal: Principal | None
    elicitor: Elicitor
    refused: ToolRefused | None = None


class CallsInFlight:
    """The calls of one server, and its questions in their course."""

    def __init__(self, server: str, elicitor: Elicitor) -> None:
        self._server = server
        self._elicitor = elicitor
        self._calls: set[Call] = set()

    @contextmanager
    def call(
        self, tool: str, principal: Principal | None, elicitor: Elicitor | None = None
    ) -> Generator[Call]:
        """A call, until the block ends; its questions go to ``elicitor`` where there is one."""
        one = Call(tool, principal, elicitor or self._elicitor)
        self._calls.add(one)
        token = _current.set(one)
        try:
            yield one
        finally:
            _current.reset(token)
            self._calls.discard(one)

    async def elicit(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult | ErrorData:
        """Answer a server's question; the SDK's callback."""
        del context
        call = self._asking()
        if call is None:
            return ErrorData(
                code=INVALID_REQUEST, message="It is not clear which call this question belongs to"
            )
        try:
            reply = await call.elicitor.ask(self._question(call, params), call.principal)
        except ToolRefused as error:
            call.refused = error
            return ErrorData(code=INVALID_REQUEST, message="Nobody can be asked")
        return ElicitResult(
            action=reply.action, content=None if reply.content is None else dict(reply.content)
        )

    def _asking(self) -> Call | None:
        current = _current.get()
        if current in self._calls:
            return current
        return next(iter(self._calls)) if len(self._calls) == 1 else None

    def _question(self, call: Call, params: ElicitRequestParams) -> ServerQuestion:
        message = one_line(params.message, 300)
        if isinstance(params, ElicitRequestFormParams):
            return ServerQuestion(self._server, call.tool, message, form=dict(params.requested_schema))
        return ServerQuestion(self._server, call.tool, message, url=plain(params.url, 2_000))
