"""What a fault makes of an answer, and how a faulty answer is sent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Send

from bot.local_discord.faults.faults import NEEDS_EFFECT, Fault
from bot.local_discord.gateway.link import Link
from bot.local_discord.limits.rate_limits import VIA
from bot.local_discord.rest.http_transport import transport_of
from bot.local_discord.traffic.traffic import Exchange

BODILESS = frozenset({204, 205, 304})
PIECES_A_SECOND = 10
PROXY_PAGE = """<html>
<head><title>{status} Bad Gateway</title></head>
<body>
<center><h1>{status} Bad Gateway</h1></center>
<hr><center>cloudflare</center>
</body>
</html>
"""


@dataclass(slots=True)
class Got:
    """What the client has really been sent so far; ``status`` 0: nothing."""

    status: int = 0
    body: bytearray = field(default_factory=bytearray)


def spoiled(fault: Fault, real: Response | None, last: Exchange | None) -> Response:
    """The answer that a fault puts in the place of ``real``, which is None for a request that had no effect.

    ``last`` is what the same request was answered before; where there is none, nothing can be stale.
    """
    response = _nonsense(fault, real, last)
    if response is None:
        response = _instead(fault, fault.status or 500) if fault.status is not None or real is None else real
    if response.status_code in BODILESS and response.body:
        kept = {name: value for name, value in response.headers.items() if name != "content-length"}
        response = Response(None, response.status_code, kept)
    for name, value in fault.headers:
        response.headers[name] = value
    return response


def _nonsense(fault: Fault, real: Response | None, last: Exchange | None) -> Response | None:
    if fault.nonsense == "html":
        status = fault.status or 502
        return HTMLResponse(PROXY_PAGE.format(status=status), status)
    if fault.nonsense == "empty":
        status = fault.status or (200 if real is None else real.status_code)
        return Response(status_code=status, headers=VIA, media_type="application/json")
    if fault.nonsense == "stale" and last is not None:
        return Response(last.answer, last.status, headers=VIA, media_type="application/json")
    if real is None or fault.nonsense not in NEEDS_EFFECT:
        return None
    whole = bytes(real.body)
    cut_short = fault.nonsense == "truncated"
    # With a cut the whole is announced and the connection ends in the middle of it.
    body = whole[: len(whole) // 2] if cut_short and not fault.cut else whole
    kind = "application/json" if cut_short else "text/plain; charset=utf-8"
    headers = {
        name: value for name, value in real.headers.items() if name not in ("content-length", "content-type")
    }
    return Response(body, fault.status or real.status_code, headers, kind)


def _instead(fault: Fault, status: int) -> Response:
    body = {"message": f"{status}: injected fault", "code": 0} if fault.body is None else fault.body
    # Whoever sets headers sets all of them, so that a ban can be played, which has no Via.
    return JSONResponse(body, status, headers=None if fault.headers else VIA)


async def send_faulty(
    response: Response, fault: Fault, request: Request, send: Send, sleep: Callable[[float], Awaitable[None]]
) -> Got:
    """Send an answer slowly or not to its end, as the fault says; gives what was sent."""
    got = Got()
    gone = asyncio.create_task(until_gone(request))
    sending = asyncio.create_task(_send(response, fault, send, sleep, got))
    try:
        await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
        if sending.done() and fault.cut:
            _cut(request, in_the_middle=bool(got.body))
            # uvicorn complains about an answer without an end unless it knows that the client has gone
            await gone
        return got
    finally:
        gone.cancel()
        sending.cancel()
        await asyncio.gather(gone, sending, return_exceptions=True)


async def _send(
    response: Response, fault: Fault, send: Send, sleep: Callable[[float], Awaitable[None]], got: Got
) -> None:
    body = bytes(response.body)
    if fault.cut:
        body = body[: len(body) // 2] if fault.nonsense == "truncated" else b""
        if not body:
            return
    head = {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    await send(head)
    got.status = response.status_code
    step = len(body) or 1
    if fault.pace is not None:
        step = max(1, fault.pace // PIECES_A_SECOND)
    for place in range(0, len(body), step):
        piece = body[place : place + step]
        if fault.pace is not None:
            await sleep(len(piece) / fault.pace)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        got.body += piece
    if not fault.cut:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _cut(request: Request, *, in_the_middle: bool) -> None:
    transport = transport_of(request)
    if transport is None:
        return
    if in_the_middle:
        # a reset would also take away what has been sent
        transport.close()
    else:
        Link(transport).cut()


async def until_gone(request: Request) -> None:
    """Wait, without ever answering, until the client has gone."""
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return
