"""What every request passes: who asks, faults, rate limits, the handler, and the log."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.local_discord.faults.faults import Fault, Faults, Met
from bot.local_discord.faults.script_run import Scripts
from bot.local_discord.form import as_snowflake
from bot.local_discord.limits.rate_limits import VIA, Limiter
from bot.local_discord.refusals import Refusal, unauthorized, wrong_method
from bot.local_discord.rest.call import Call, Handler
from bot.local_discord.rest.faulty import Got, send_faulty, spoiled, until_gone
from bot.local_discord.rest.limited import BanJson, BanText, Gate
from bot.local_discord.stage import Actor, Stage
from bot.local_discord.traffic.traffic import COG_HEADER, Exchange, Traffic

log = structlog.get_logger(__name__)

LONGEST_NAME = 100
LOCAL = "/local/"
"""Routes that only exist here: no fault and no limit may keep anybody from taking faults away."""
BANNED = 0
"""The number of a "fault" that nobody set: the edge in front of Discord has shut the client out."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes share."""

    stage: Stage
    key: str
    traffic: Traffic
    faults: Faults
    scripts: Scripts
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
        self._local = route.startswith(LOCAL)
        self._gate: Gate | None = None
        if desk.limiter is not None and not self._local:
            self._gate = Gate(desk.stage, desk.limiter, route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        started = self._desk.stage.clock.monotonic()
        call = Call(self._desk.stage, request, None)
        refusal = self._recognise(call)
        fault = None if self._local else await self._fault(call)
        response = await self._through(call, refusal, fault)
        number = None if fault is None else fault.number
        if response is None:
            self._note(call, number, started, Got())
        elif fault is not None and (fault.cut or fault.pace is not None):
            got = await send_faulty(response, fault, request, send, self._desk.stage.clock.sleep)
            self._note(call, number, started, got)
        else:
            if isinstance(response, (BanText, BanJson)):
                number = BANNED
            self._note(call, number, started, Got(response.status_code, bytearray(response.body)))
            await response(scope, receive, send)

    def _recognise(self, call: Call) -> Refusal | None:
        """Find out who asks; gives the refusal for who is nobody."""
        try:
            call.who = self._desk.who(call.request)
        except Refusal as refusal:
            return refusal
        return None

    async def _fault(self, call: Call) -> Fault | None:
        """The fault that happens to a request: one that is set, or one that a script brings by chance."""
        desk, who, request = self._desk, call.who, call.request
        if desk.faults.reads_body() or (desk.scripts.run is not None and desk.scripts.run.reads_body):
            await _try_body(call)
        met = Met(
            method=request.method,
            route=self._route,
            path=request.url.path,
            application_id=None if who is None else who.application_id,
            user_id=None if who is None else who.user_id,
            body=call.raw or b"",
        )
        fault = desk.faults.take(met)
        return desk.scripts.on_request(met, taken=fault is not None) or fault

    def _note(self, call: Call, fault: int | None, started: float, got: Got) -> None:
        """Keep what the client was really sent in the log."""
        desk, who, request = self._desk, call.who, call.request
        desk.traffic.add(
            Exchange(
                number=desk.traffic.next_number(),
                at=desk.stage.now(),
                method=request.method,
                route=self._route,
                path=request.url.path,
                query=request.url.query,
                status=got.status,
                body=call.value,
                files=tuple(upload.filename for upload in call.uploads),
                application_id=None if who is None else who.application_id,
                user_id=None if who is None else who.user_id,
                answer=bytes(got.body),
                milliseconds=(desk.stage.clock.monotonic() - started) * 1000,
                fault=fault,
                client=request.headers.get("user-agent", "")[:LONGEST_NAME],
                cog=request.headers.get(COG_HEADER, "")[:LONGEST_NAME],
            )
        )

    async def _through(self, call: Call, refusal: Refusal | None, fault: Fault | None) -> Response | None:
        """The answer, with the fault done to it; None when there is none."""
        if fault is None:
            return await self._handled(call, refusal)
        if fault.delay:
            await self._desk.stage.clock.sleep(fault.delay)
        # Looked up before this request is in the log itself.
        last = self._last_answer(call) if fault.nonsense == "stale" else None
        real: Response | None = None
        if not fault.without_effect or (fault.nonsense == "stale" and last is None):
            real = await self._handled(call, refusal)
        else:
            await _try_body(call)
        if fault.hang:
            await until_gone(call.request)
            return None
        return spoiled(fault, real, last)

    def _last_answer(self, call: Call) -> Exchange | None:
        """What the same client was answered the last time it asked the same."""
        request, who = call.request, call.who
        user_id = None if who is None else who.user_id
        found = None
        for entry in self._desk.traffic.find(method=request.method):
            same = (entry.path, entry.query, entry.user_id) == (request.url.path, request.url.query, user_id)
            if same and entry.fault is None and entry.status:
                found = entry
        return found

    async def _handled(self, call: Call, refusal: Refusal | None) -> Response:
        gate = self._gate
        if gate is not None and (banned := gate.ban(call)) is not None:
            await _try_body(call)
            return banned
        headers = {} if self._local else dict(VIA)
        try:
            if refusal is not None:
                raise refusal  # noqa: TRY301 - answered like every other refusal
            if gate is not None:
                headers |= await gate.admit(call)
            handler = self._handlers.get(call.request.method)
            if handler is None:
                raise wrong_method()  # noqa: TRY301 - answered like every other refusal
            response = await handler(call)
        except Refusal as refused_with:
            await _try_body(call)
            response = refused(refused_with)
        except Exception:
            log.exception("local_discord_request_broke", route=self._route, method=call.request.method)
            response = refused(Refusal(500, 0, "500: Internal Server Error"))
        response.headers.update(headers)
        if gate is not None:
            gate.note(call, response)
        return response


def refused(refusal: Refusal) -> Response:
    """A refusal as an answer."""
    return JSONResponse(refusal.body(), refusal.status, headers=refusal.headers)


async def _try_body(call: Call) -> None:
    """Read the body of a request that is refused, so that the log has it and the connection stays usable."""
    try:
        if call.raw is None:
            await call.json()
    except Refusal:
        # the request is being refused for another reason already
        return
