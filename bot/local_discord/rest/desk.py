"""What every request passes: who asks, faults, rate limits, the handler, and the log."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.local_discord.faults import Fault, Faults
from bot.local_discord.form import as_snowflake
from bot.local_discord.rate_limits import VIA, Limiter
from bot.local_discord.refusals import Refusal, unauthorized, wrong_method
from bot.local_discord.rest.call import Call, Handler
from bot.local_discord.stage import Actor, Stage
from bot.local_discord.traffic import COG_HEADER, Exchange, Traffic

log = structlog.get_logger(__name__)

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes share."""

    stage: Stage
    key: str
    traffic: Traffic
    faults: Faults
    limiter: Limiter | None = None

    def who(self, request: Request) -> Actor | None:
        """Who asks: a bot by its token, a person by the page's key; None when nobody is named.

        Raises:
            Refusal: 401 for a wrong token, key or member.
        """
        authorization = request.headers.get("authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            application = self.stage.world.application_with(token) if scheme == "Bot" else None
            if application is None:
                raise unauthorized()
            return Actor(application.id, application.id)
        if request.headers.get("x-local-key") is None:
            return None
        self.demand_key(request)
        named = request.headers.get("x-local-member")
        if named is None:
            return None
        user = self.stage.world.users.get(as_snowflake(named) or 0)
        if user is None or user.bot:
            raise unauthorized()
        return Actor(user.id)

    def demand_key(self, request: Request) -> None:
        """Raise 401 unless the request carries the page's key."""
        given = request.headers.get("x-local-key", "")
        if not secrets.compare_digest(given.encode(), self.key.encode()):
            raise unauthorized()


class Resource:
    """One path with its handlers by method, as an ASGI application."""

    def __init__(self, desk: Desk, route: str, handlers: Mapping[str, Handler]) -> None:
        self._desk = desk
        self._route = route
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        if response is not None:
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        desk = self._desk
        started = desk.stage.clock.monotonic()
        number = desk.traffic.next_number()
        path = request.url.path
        fault = desk.faults.take(request.method, self._route, path)
        call = Call(desk.stage, request, None)
        response = await self._through(call, fault)
        who = call.who
        desk.traffic.add(
            Exchange(
                number=number,
                at=desk.stage.now(),
                method=request.method,
                route=self._route,
                path=path,
                query=request.url.query,
                status=0 if response is None else response.status_code,
                body=call.value,
                files=tuple(upload.filename for upload in call.uploads),
                application_id=None if who is None else who.application_id,
                user_id=None if who is None else who.user_id,
                answer=b"" if response is None else bytes(response.body),
                milliseconds=(desk.stage.clock.monotonic() - started) * 1000,
                fault=None if fault is None else fault.number,
                client=request.headers.get("user-agent", "")[:LONGEST_NAME],
                cog=request.headers.get(COG_HEADER, "")[:LONGEST_NAME],
            )
        )
        return response

    async def _through(self, call: Call, fault: Fault | None) -> Response | None:
        """The answer, with the fault done to it; None when there is none."""
        if fault is None:
            return await self._handled(call)
        if fault.delay:
            await self._desk.stage.clock.sleep(fault.delay)
        if fault.hang and not fault.after:
            await _until_gone(call.request)
            return None
        replaced = None
        if fault.status is not None:
            replaced = _instead(fault)
            if not fault.after:
                await _try_body(call)
                return replaced
        response = await self._handled(call)
        if fault.hang:
            await _until_gone(call.request)
            return None
        return replaced or response

    async def _handled(self, call: Call) -> Response:
        headers: dict[str, str] = {}
        try:
            call.who = self._desk.who(call.request)
            headers = self._count(call)
            handler = self._handlers.get(call.request.method)
            if handler is None:
                raise wrong_method()  # noqa: TRY301 - answered like every other refusal
            response = await handler(call)
        except Refusal as refusal:
            await _try_body(call)
            response = refused(refusal)
        except Exception:
            log.exception("local_discord_request_broke", route=self._route, method=call.request.method)
            response = refused(Refusal(500, 0, "500: Internal Server Error"))
        response.headers.update(headers)
        return response

    def _count(self, call: Call) -> dict[str, str]:
        if self._desk.limiter is None:
            return {}
        caller = "nobody" if call.who is None else str(call.who.user_id)
        params: dict[str, Any] = call.request.path_params
        return self._desk.limiter.count(caller, call.request.method, self._route, params)


def refused(refusal: Refusal) -> Response:
    """A refusal as an answer."""
    return JSONResponse(refusal.body(), refusal.status, headers=refusal.headers)


def _instead(fault: Fault) -> Response:
    status = fault.status or 500
    body = {"message": f"{status}: injected fault", "code": 0} if fault.body is None else fault.body
    headers = dict(fault.headers) if fault.headers else VIA
    return JSONResponse(body, status, headers=headers)


async def _try_body(call: Call) -> None:
    """Read the body of a request that is refused, so that the log has it and the connection stays usable."""
    try:
        if call.raw is None:
            await call.json()
    except Refusal:
        # the request is being refused for another reason already
        return


async def _until_gone(request: Request) -> None:
    """Wait, without ever answering, until the client gives up."""
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return
