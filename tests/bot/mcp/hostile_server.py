"""Tool servers that mean harm, by raw JSON-RPC: ``python hostile_server.py HABIT`` over stdio, `serving` over HTTP.

Needs nothing but the standard library, so that a dozen of them start in no time.
"""

import asyncio
import contextlib
import itertools
import json
import sys
import threading
from collections.abc import AsyncGenerator, Iterable, Iterator
from typing import Any

type Json = dict[str, Any]

PLAIN: Json = {"type": "object", "properties": {}}
BIG = 100_000_000
PIECE = b"a" * 65_536
DOUBLING: Json = {
    "$defs": {
        **{
            f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]}
            for n in range(60)
        },
        "d60": {},
    },
    "$ref": "#/$defs/d0",
}
SLOW_PATTERN: Json = {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}}


def tool(name: str = "go", description: str = "Goes.", **more: Any) -> Json:
    return {"name": name, "description": description, "inputSchema": PLAIN, **more}


def deep(levels: int) -> Json:
    schema: Json = {}
    for _ in range(levels):
        schema = {"properties": {"x": schema}}
    return {"type": "object", **schema}


LISTS: dict[str, list[Json]] = {
    "many": [tool(f"t{n}") for n in range(3_000)],
    "same-name": [tool(), tool(description="Something else.")],
    "schemas": [
        tool(),
        tool("loop", inputSchema={"type": "object", "$ref": "#"}),
        tool("elsewhere", inputSchema={"type": "object", "$ref": "http://127.0.0.1:9/schema.json"}),
        tool("deep", inputSchema=deep(60)),
        tool("huge", inputSchema={"type": "object", "description": "x" * 200_000}),
        tool("talkative", "x" * 30_000),
        tool("hidden-key", inputSchema={"type": "object", "properties": {"a\u200bb": {}}}),
        tool("hidden-value", inputSchema={"type": "object", "properties": {"a": {"enum": ["x\U000e0041"]}}}),
        tool("\u202eog"),
        tool("n" * 500),
    ],
    "doubling": [tool(outputSchema={"type": "object", **DOUBLING})],
    "slow-pattern": [tool(outputSchema=SLOW_PATTERN)],
}


def listed(habit: str, params: Json) -> Json:
    if habit == "pages":
        page = int(params.get("cursor") or 0)
        return {"tools": [tool(f"t{page}")], "nextCursor": str(page + 1)}
    if habit == "one-page-for-ever":
        return {"tools": [tool()], "nextCursor": "again"}
    return {"tools": LISTS.get(habit, [tool()])}


def reply(habit: str, asked: Json) -> Iterator[bytes]:
    """What it says to a request, in pieces; a line break ends a message."""
    method, params = asked["method"], asked.get("params", {})
    if method == "initialize":
        info = {"name": habit, "version": "1"}
        offers = {"tools": {"listChanged": True}}
        yield message(asked, {"protocolVersion": "2025-06-18", "capabilities": offers, "serverInfo": info})
    elif method == "tools/list":
        yield message(asked, listed(habit, params))
    elif method == "tools/call":
        yield from called(habit, asked)
    else:
        yield line({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32601, "message": "What?"}})


def called(habit: str, asked: Json) -> Iterator[bytes]:
    fine = text("fine")
    answer = message(asked, fine)
    number = asked["id"]
    start = b'{"jsonrpc":"2.0","id":%d,"resu' % number
    list_changed = line({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
    habits: dict[str, Iterable[bytes]] = {
        "big": itertools.chain(
            [start, b'lt":{"x":"'], itertools.repeat(PIECE, BIG // len(PIECE)), [b'"}}\n']
        ),
        "not-a-result": [message(asked, {"content": "what", "isError": 7})],
        "not-an-object": [line({"jsonrpc": "2.0", "id": number, "result": "what"})],
        "hang": [],
        "drip": itertools.repeat(b" ", 100_000_000),
        "twice": [answer + message(asked, text("something else"))],
        "wrong-id": [line({"jsonrpc": "2.0", "id": 9_999, "result": fine})],
        "half": [start, b""],
        "noise": itertools.repeat(b"noise\n" * 1_000, 100_000),
        "flood": itertools.repeat(list_changed * 500, 100_000),
        "doubling": [message(asked, {**fine, "structuredContent": {"a": 1}})],
        "slow-pattern": [message(asked, {**fine, "structuredContent": {"x": "a" * 60 + "!"}})],
        "samples": [
            line({"jsonrpc": "2.0", "id": "s1", "method": "sampling/createMessage", "params": SAMPLING}),
            answer,
        ],
    }
    yield from habits.get(habit, [answer])


SAMPLING: Json = {"messages": [{"role": "user", "content": {"type": "text", "text": "Hi"}}], "maxTokens": 9}


def text(words: str) -> Json:
    return {"content": [{"type": "text", "text": words}]}


def message(asked: Json, result: Json) -> bytes:
    return line({"jsonrpc": "2.0", "id": asked["id"], "result": result})


def line(said: Json) -> bytes:
    return json.dumps(said).encode() + b"\n"


def main() -> None:
    habit = sys.argv[1]
    if habit == "stderr":
        threading.Thread(target=_complain, daemon=True).start()
    for given in sys.stdin.buffer:
        asked = json.loads(given)
        if "id" in asked and "method" in asked:
            for piece in reply(habit, asked):
                if not piece:
                    sys.exit(3)
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()


def _complain() -> None:
    while True:
        sys.stderr.write("everything is terrible\n" * 1_000)
        sys.stderr.flush()


AS_JSON = frozenset({"big", "not-a-result", "not-an-object", "half", "drip"})
"""Habits that answer a POST with a JSON body; the others with a stream of events."""


@contextlib.asynccontextmanager
async def serving() -> AsyncGenerator[str]:
    """Every habit at ``/mcp/HABIT`` (streamable HTTP) and ``/sse/HABIT`` (the older kind); gives the address."""
    sessions: dict[str, asyncio.StreamWriter] = {}
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await _serve(reader, writer, sessions)
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sessions: dict[str, asyncio.StreamWriter]
) -> None:
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    verb, path, _ = first.split()
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    kind, _, habit = path.lstrip("/").partition("/")
    if verb == "GET" and kind == "sse":
        sessions[habit] = (
            writer  # before anybody is told where to post: what they ask would be answered nowhere
        )
        await _send(
            writer, _head("text/event-stream") + b"event: endpoint\ndata: /say/%s\n\n" % habit.encode()
        )
        await asyncio.Event().wait()
    if verb != "POST":
        await _send(writer, _nothing("405 No"))
        return
    asked = json.loads(await reader.readexactly(int(headers["content-length"])))
    is_request = "id" in asked and "method" in asked
    if kind == "say" or not is_request:
        await _send(writer, _nothing("202 Accepted"))
    if not is_request:
        return
    if kind == "say":
        await _pour(sessions[habit], habit, asked, as_events=True)
        return
    as_events = habit not in AS_JSON or asked["method"] != "tools/call"
    await _send(writer, _head("text/event-stream" if as_events else "application/json"))
    await _pour(writer, habit, asked, as_events=as_events)
    if habit == "hang" and asked["method"] == "tools/call":
        await asyncio.Event().wait()


async def _pour(writer: asyncio.StreamWriter, habit: str, asked: Json, *, as_events: bool) -> None:
    fresh = True
    for piece in reply(habit, asked):
        if not piece:
            writer.close()
            return
        out = piece
        if as_events:
            out = (b"data: " if fresh else b"") + piece.rstrip(b"\n").replace(b"\n", b"\n\ndata: ")
            fresh = piece.endswith(b"\n")
            out += b"\n\n" if fresh else b""
        await _send(writer, out)
        # One loop serves all habits, and the tests besides.
        await asyncio.sleep(0.01 if habit == "drip" else 0)


async def _send(writer: asyncio.StreamWriter, piece: bytes) -> None:
    if writer.is_closing():
        raise ConnectionResetError
    writer.write(piece)
    await writer.drain()


def _head(kind: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode()


def _nothing(status: str) -> bytes:
    """An answer without a body; nobody else is to be asked on this connection, which is about to end."""
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


if __name__ == "__main__":
    main()
