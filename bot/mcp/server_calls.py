"""Requests to one server that may come back with questions before they are answered (SEP-2322)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp.client import ClientRequestContext, ClientSession
from mcp.shared.dispatcher import ProgressFnT
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    ErrorData,
    GetPromptResult,
    InputRequiredResult,
    ReadResourceResult,
)
from pydantic import TypeAdapter

from bot.clock import Clock

_MOST_ROUNDS = 8
_PAUSE_SECONDS = 0.25

type Asked[T] = Callable[[dict[str, Any] | None, str | None], Awaitable[T | InputRequiredResult]]

# Not the session's own call_tool, which checks the result against the server's schema without any bound on the effort.
_CALLED: TypeAdapter[CallToolResult | InputRequiredResult] = TypeAdapter(CallToolResult | InputRequiredResult)


class AskedForEver(Exception):
    """A server keeps asking instead of answering."""


async def call_tool(
    session: ClientSession,
    name: str,
    arguments: Mapping[str, Any],
    progress: ProgressFnT | None,
    clock: Clock,
) -> CallToolResult:
    """Call a tool. Raises `MCPError`, `AskedForEver`, and pydantic's `ValidationError` for nonsense."""

    async def send(
        responses: dict[str, Any] | None, state: str | None
    ) -> CallToolResult | InputRequiredResult:
        params = CallToolRequestParams(
            name=name, arguments=dict(arguments), input_responses=responses, request_state=state
        )
        return await session.send_request(CallToolRequest(params=params), _CALLED, progress_callback=progress)

    return await _answered(session, send, clock)


async def read_resource(session: ClientSession, uri: str, clock: Clock) -> ReadResourceResult:
    """Read a resource. Raises as `call_tool`."""

    async def send(
        responses: dict[str, Any] | None, state: str | None
    ) -> ReadResourceResult | InputRequiredResult:
        return await session.read_resource(
            uri, input_responses=responses, request_state=state, allow_input_required=True
        )

    return await _answered(session, send, clock)


async def get_prompt(
    session: ClientSession, name: str, arguments: Mapping[str, str], clock: Clock
) -> GetPromptResult:
    """Get a prompt. Raises as `call_tool`."""

    async def send(
        responses: dict[str, Any] | None, state: str | None
    ) -> GetPromptResult | InputRequiredResult:
        return await session.get_prompt(
            name, dict(arguments), input_responses=responses, request_state=state, allow_input_required=True
        )

    return await _answered(session, send, clock)


async def _answered[T](session: ClientSession, send: Asked[T], clock: Clock) -> T:
    result = await send(None, None)
    for _ in range(_MOST_ROUNDS):
        if not isinstance(result, InputRequiredResult):
            return result
        if result.input_requests:
            responses = await _responses(session, result.input_requests)
        else:
            responses = None
            await clock.sleep(_PAUSE_SECONDS)
        result = await send(responses, result.request_state)
    if isinstance(result, InputRequiredResult):
        raise AskedForEver
    return result


async def _responses(session: ClientSession, requests: Mapping[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for key, request in requests.items():
        context = ClientRequestContext(session=session, request_id=key)
        answer = await session.dispatch_input_request(context, request)
        if isinstance(answer, ErrorData):
            raise MCPError.from_error_data(answer)
        answers[key] = answer
    return answers
