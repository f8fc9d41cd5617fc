"""A bus of agents on loopback that speaks three public protocols: SOS over MCP and SSE, its HTTP bridge, and mupot.

Written after what their public sources and documentation say: plain-text inboxes without ids, refusals with a status of
success, requests that are taken once for each id, leases. Agents are functions; trouble is made on purpose.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot import asgi_server
from bot.loopback import bound

TOKEN = "bus-token-1f0a9c7be2d84c55b0a1"
CONNECTOR = "discord-connector"
KINDS: tuple["Kind", ...] = ("sos", "sos-http", "mupot")

type Kind = Literal["sos", "sos-http", "mupot"]
type Answer = tuple[str, str, str]
"""Who answers, what, and to which request its envelope says."""
type Says = Callable[[str, str, str], Sequence[Answer]]
"""What comes of a message: called with (to, text, request id)."""


def silent(_to: str, _text: str, _request: str) -> Sequence[Answer]:
    return ()


@dataclass(frozen=True, slots=True)
class Sent:
    to: str
    text: str
    request: str


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    source: str
    text: str
    at: datetime
    answers: str = ""

    @property
    def line(self) -> str:
        return f"[{self.at.isoformat()}] {self.source}: {self.text}"


@dataclass(slots=True)
class Bus:
    """What is on the bus, and how it misbehaves."""

    says: Says = silent
    token: str = TOKEN
    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))
    sent: list[Sent] = field(default_factory=list[Sent])
    inbox: list[Entry] = field(default_factory=list[Entry])
    acknowledged: set[str] = field(default_factory=set[str])
    leased: dict[str, int] = field(default_factory=dict[str, int])
    calls: Counter[str] = field(default_factory=Counter[str])
    errors: float = 0.0
    """How many of the calls fail, before they have done anything."""
    lost_answers: float = 0.0
    """How many fail after they have done what they were asked to."""
    duplicates: float = 0.0
    reordered: bool = False
    away: bool = False
    refuse_with: int = 0
    """The status of whatever is answered; 0 for none."""
    retry_after: str = ""
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - a test decides it
    present: set[str] = field(default_factory=set[str])
    """Who has said that they are there."""
    peers: Sequence[str] = ("kasra", "loom")
    send_text: str = "text"
    """What `send` calls the text; the public documentation says ``message``, and names agents ``agent:<name>``."""
    sent_answer: str = ""
    """What `send` answers instead of doing anything."""
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def put(self, source: str, text: str, answers: str = "", *, seconds: float = 1.0) -> Entry:
        self.now += timedelta(seconds=seconds)
        entry = Entry(str(uuid4()), source, text, self.now, answers)
        self.inbox.append(entry)
        if self.random.random() < self.duplicates:
            self.inbox.append(entry)
        if self.reordered and len(self.inbox) > 1:
            self.inbox.insert(-self.random.randrange(1, min(5, len(self.inbox))), self.inbox.pop())
        return entry

    def take(self, to: str, text: str, request: str) -> bool:
        """A message to an agent; False where a request was taken before."""
        if request and any(one.request == request for one in self.sent):
            return False
        self.sent.append(Sent(to.removeprefix("agent:"), text, request))
        for source, answer, answers in self.says(to.removeprefix("agent:"), text, request):
            self.put(source, answer, answers)
        return True

    def fails(self) -> bool:
        return self.random.random() < self.errors

    def newest(self, limit: int) -> list[Entry]:
        ordered = self.inbox if self.reordered else sorted(self.inbox, key=lambda one: one.at)
        return list(reversed(ordered))[:limit]


# the tools


async def _call(bus: Bus, kind: Kind, name: str, given: dict[str, Any]) -> str:
    bus.calls[name] += 1
    bus.asked.append({"tool": name, **given})
    return _mupot(bus, name, given) if kind == "mupot" else _sos(bus, name, given)


def _sos(bus: Bus, name: str, given: dict[str, Any]) -> str:
    if bus.fails():
        return "error: SOS-5003 stream unavailable"
    if name == "send":
        if bus.sent_answer:
            return bus.sent_answer
        bus.take(given["to"], given[bus.send_text], "")
        answer = f"Sent to {given['to']} (id: {uuid4().hex[:8]})"
        return "error: SOS-5004 wait timed out" if bus.random.random() < bus.lost_answers else answer
    if name == "inbox":
        assert given["agent"] == CONNECTOR, given
        lines = [one.line for one in bus.newest(given["limit"])]
        return "\n".join(lines) or f"No messages for {given['agent']}."
    return "\n".join(f"- {one} (online)" for one in bus.peers)


def _mupot(bus: Bus, name: str, given: dict[str, Any]) -> str:
    if bus.fails():
        return json.dumps({"ok": False, "tool": name, "error": "storage_unavailable"})
    if name == "send":
        new = bus.take(given["to"], given["body"], given["request_id"])
        if bus.random.random() < bus.lost_answers:
            return json.dumps({"ok": False, "tool": name, "error": "timed_out"})
        return json.dumps({"ok": True, "tool": name, "result": {"id": str(uuid4()), "duplicate": not new}})
    if name == "inbox_lease":
        free = [one for one in bus.inbox if one.id not in bus.acknowledged][: given["limit"]]
        bus.leased.update({one.id: bus.leased.get(one.id, 0) + 1 for one in free})
        messages = [
            {
                "id": one.id, "seq": number, "from_agent": one.source, "kind": "message", "body": one.text,
                "in_reply_to": one.answers or None, "created_at": one.at.isoformat(),
            }
            for number, one in enumerate(free)
        ]  # fmt: skip
        return json.dumps({"ok": True, "tool": name, "result": {"messages": messages}})
    if name == "check_in":
        bus.present.add(CONNECTOR)
    if name == "inbox_ack":
        bus.acknowledged.update(given["ids"])
        return json.dumps({"ok": True, "tool": name, "result": {"acked": given["ids"]}})
    return json.dumps({"ok": True, "tool": name, "result": {"peers": [{"name": one} for one in bus.peers]}})


def _tools(bus: Bus, kind: Kind) -> list[dict[str, Any]]:
    def tool(name: str, **arguments: str) -> dict[str, Any]:
        properties = {key: {"type": what} for key, what in arguments.items()}
        return {
            "name": name,
            "description": name,
            "inputSchema": {"type": "object", "properties": properties},
        }

    text: dict[str, str] = {bus.send_text: "string"}
    if kind == "mupot":
        return [
            tool(
                "send", to="string", body="string", kind="string", request_id="string", in_reply_to="string"
            ),
            tool("inbox", limit="integer", peek="boolean"),
            tool("inbox_lease", limit="integer", lease_seconds="integer"),
            tool("inbox_ack", ids="array"),
            tool("peers"),
            tool("check_in"),
        ]
    return [tool("send", to="string", **text), tool("inbox", agent="string", limit="integer"), tool("peers")]


async def _rpc(bus: Bus, kind: Kind, asked: dict[str, Any]) -> dict[str, Any] | None:
    if "id" not in asked:
        return None
    method, answer = asked["method"], {"jsonrpc": "2.0", "id": asked["id"]}
    if method == "initialize":
        info = {"name": kind, "version": "1"}
        return {
            **answer,
            "result": {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": info},
        }
    if method == "tools/list":
        return {**answer, "result": {"tools": _tools(bus, kind)}}
    if method == "tools/call":
        text = await _call(bus, kind, asked["params"]["name"], asked["params"].get("arguments") or {})
        return {**answer, "result": {"content": [{"type": "text", "text": text}]}}
    return {**answer, "error": {"code": -32601, "message": f"unknown method {method}"}}


# the three ways in


@dataclass(slots=True)
class _Doors:
    bus: Bus
    sessions: dict[str, asyncio.Queue[str]] = field(default_factory=dict[str, "asyncio.Queue[str]"])
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def refused(self, request: Request) -> Response | None:
        bus = self.bus
        if request.headers.get("authorization") != f"Bearer {bus.token}":
            return JSONResponse({"error": "unauthorized"}, 401)
        if bus.away:
            return Response("bad gateway", 502)
        if bus.refuse_with:
            headers = {"retry-after": bus.retry_after} if bus.retry_after else {}
            return JSONResponse({"error": "no"}, bus.refuse_with, headers)
        return None

    async def sse(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        session, said = uuid4().hex, asyncio.Queue[str]()
        self.sessions[session] = said

        async def events() -> AsyncGenerator[str]:
            yield f"event: endpoint\ndata: /messages?session_id={session}\n\n"
            ends = asyncio.ensure_future(self.over.wait())
            try:
                while not self.over.is_set():
                    get = asyncio.ensure_future(said.get())
                    await asyncio.wait({get, ends}, return_when=asyncio.FIRST_COMPLETED)
                    if not get.done():
                        get.cancel()
                        return
                    yield f"event: message\ndata: {get.result()}\n\n"
            finally:
                ends.cancel()

        return StreamingResponse(events(), media_type="text/event-stream")

    async def messages(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        answer = await _rpc(self.bus, "sos", await request.json())
        if answer is not None:
            self.sessions[request.query_params["session_id"]].put_nowait(json.dumps(answer))
        return Response("Accepted", 202)

    async def mcp(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        answer = await _rpc(self.bus, "mupot", await request.json())
        return Response(status_code=202) if answer is None else JSONResponse(answer)

    async def http_send(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        given = await request.json()
        self.bus.calls["send"] += 1
        self.bus.asked.append({"tool": "send", **given})
        if given["from"] != CONNECTOR:
            return JSONResponse({"error": "caller identity mismatch"}, 403)
        if self.bus.fails():
            return JSONResponse({"error": "stream unavailable"}, 503)
        self.bus.take(given["to"], given["text"], "")
        if self.bus.random.random() < self.bus.lost_answers:
            return Response("gateway timeout", 504)
        return JSONResponse({"ok": True, "status": "queued", "message_id": str(uuid4())})

    async def http_inbox(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        self.bus.calls["inbox"] += 1
        if self.bus.fails():
            return JSONResponse({"error": "stream unavailable"}, 503)
        limit = int(request.query_params["limit"])
        messages = [
            {
                "id": one.id,
                "source": one.source,
                "type": "chat",
                "text": one.text,
                "timestamp": one.at.isoformat(),
            }
            for one in self.bus.newest(limit)
        ]
        return JSONResponse({"messages": messages})

    async def http_announce(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        self.bus.present.add((await request.json())["agent"])
        return JSONResponse({"ok": True})

    async def http_peers(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        return JSONResponse({"peers": [{"agent": one, "summary": "online"} for one in self.bus.peers]})


@asynccontextmanager
async def serving(bus: Bus) -> AsyncGenerator[dict[Kind, str]]:
    """The bus on loopback; its address for each protocol."""
    doors = _Doors(bus)
    app = Starlette(
        routes=[
            Route("/sse", doors.sse),
            Route("/messages", doors.messages, methods=["POST"]),
            Route("/mcp", doors.mcp, methods=["POST"]),
            Route("/send", doors.http_send, methods=["POST"]),
            Route("/inbox", doors.http_inbox),
            Route("/peers", doors.http_peers),
            Route("/announce", doors.http_announce, methods=["POST"]),
        ]
    )
    listener = bound(0)
    port = listener.getsockname()[1]
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, lifespan="off")
    base = f"http://127.0.0.1:{port}"
    async with asgi_server.serving(config, listener):
        try:
            yield {"sos": f"{base}/sse", "sos-http": base, "mupot": f"{base}/mcp"}
        finally:
            doors.over.set()


type Check = Callable[[], Awaitable[bool]]
