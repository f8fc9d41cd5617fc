"""The web address as an application: where MCP is served, who may use it and how it is found, and whether all is well."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import structlog
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.mcp.serving.server import GRANT
from bot.web.addresses import MCP
from bot.web.bearer import Tokens
from bot.web.github import WEBHOOK, GitHubWebhook
from bot.web.guard import Guard
from bot.web.sentences import said

log = structlog.get_logger(__name__)

HEALTH = "/health"
METADATA = "/.well-known/oauth-protected-resource"
NOT_HERE = "There is nothing at this address; MCP is at /mcp, and /health says whether all is well."
NO_METHOD = "This address takes {methods} only."
NO_TOKEN = "Send a token of this bot's configuration, as `Authorization: Bearer ...`."  # noqa: S105 - a sentence
NOT_JSON = "The body has to be one JSON object, as MCP over HTTP has it."
NOT_TYPE = "The body has to be sent as application/json."
NOT_ACCEPTED = "Accept has to name application/json and text/event-stream."
ENDING = "The bot is just ending; try again when it is back."
BROKEN = "Something broke here (error {id}); the bot's log has the details."
DEEPEST = 64

type Look = Callable[[], Awaitable[Mapping[str, str]]]
"""Says of each part why it is not well; nothing where all is."""


@dataclass(frozen=True, slots=True)
class Surface:
    """An ASGI application. Whatever comes in, it is answered with JSON that says what is wrong."""

    mcp: ASGIApp
    tokens: Tokens
    guard: Guard
    look: Look
    resource: str
    """The address of MCP, as others know it."""
    new_id: Callable[[], UUID]
    webhook: GitHubWebhook

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        async def refused(answer: Response) -> None:
            if not begun:
                await answer(scope, receive, send)

        try:
            await self._answer(scope, receive, watched)
        except asyncio.CancelledError:
            # The bot ends: whoever waits is told at once, and calls again when it is back.
            await refused(said(503, ENDING))
            if begun:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Exception:
            error_id = self.new_id().hex[:8]
            log.exception("web_request_broken", error_id=error_id, path=str(scope["path"])[:200])
            await refused(said(500, BROKEN.format(id=error_id)))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = str(scope["path"]).rstrip("/"), str(scope["method"])
        if path == WEBHOOK:
            refusal = self.webhook.guard.refusal(scope)
            await (refusal or self.webhook)(scope, receive, send)
            return
        refusal = self.guard.refusal(scope)
        if refusal is None and path == MCP:
            await self._mcp(scope, receive, send)
            return
        if refusal is None:
            refusal = await self._other(path, method)
        await refusal(scope, receive, send)

    async def _other(self, path: str, method: str) -> Response:
        if path not in {HEALTH, METADATA, METADATA + MCP}:
            return said(404, NOT_HERE)
        if method not in {"GET", "HEAD"}:
            return said(405, NO_METHOD.format(methods="GET"), {"allow": "GET, HEAD"})
        if path == HEALTH:
            trouble = await self.look()
            state = {"status": "unwell", "trouble": dict(trouble)} if trouble else {"status": "well"}
            return JSONResponse(
                state, status_code=503 if trouble else 200, headers={"cache-control": "no-store"}
            )
        # RFC 9728. Tokens are given out by whoever runs the bot, so no authorization server is named.
        about = {
            "resource": self.resource,
            "resource_name": "cogswarm",
            "bearer_methods_supported": ["header"],
        }
        return JSONResponse(about, headers={"access-control-allow-origin": "*"})

    async def _mcp(self, scope: Scope, receive: Receive, send: Send) -> None:
        grant = self.tokens.grant(scope["headers"])
        if grant is None:
            await said(401, NO_TOKEN, {"www-authenticate": self._challenge()})(scope, receive, send)
            return
        if scope["method"] != "POST":
            refusal = said(405, NO_METHOD.format(methods="POST"), {"allow": "POST"})
            await refusal(scope, receive, send)
            return
        body = await self.guard.body(receive)
        refusal = body if isinstance(body, Response) else _unreadable(scope, body)
        if refusal is not None or isinstance(body, Response):
            await (refusal or said(400, NOT_JSON))(scope, receive, send)
            return
        await self.mcp({**scope, GRANT: grant}, _replayed(body, receive), send)

    def _challenge(self) -> str:
        root = self.resource.removesuffix(MCP)
        return f'Bearer error="invalid_token", resource_metadata="{root}{METADATA}{MCP}"'


def _unreadable(scope: Scope, body: bytes) -> Response | None:
    """Why a body is none of MCP's; nothing where it may be one."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return said(415, NOT_TYPE)
    accepted = headers.get("accept", "").lower()
    if not {"application/json", "text/event-stream"} <= {
        one.partition(";")[0].strip() for one in accepted.split(",")
    }:
        return said(406, NOT_ACCEPTED)
    try:
        message: Any = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return said(400, NOT_JSON)
    return None if isinstance(message, dict) and _is_shallow(message, DEEPEST) else said(400, NOT_JSON)


def _is_shallow(value: Any, left: int) -> bool:
    """Whether lists and objects stand no deeper within each other; what is deeper can make readers fail."""
    if isinstance(value, dict):
        inner = list(cast("dict[str, Any]", value).values())
    elif isinstance(value, list):
        inner = cast("list[Any]", value)
    else:
        return True
    return left > 0 and all(_is_shallow(one, left - 1) for one in inner)


def _replayed(body: bytes, receive: Receive) -> Receive:
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return left.pop() if left else await receive()

    return replay
