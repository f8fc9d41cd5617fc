"""A server on loopback that answers each request with exactly the bytes a test gives it, and can break off."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, cast

_TURNS = 10


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(self.body))


@dataclass(frozen=True)
class Reply:
    """``ending``: finish properly, cut the connection, or send nothing more and keep it open."""

    body: str = ""
    status: int = 200
    kind: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    ending: Literal["finish", "cut", "hang"] = "finish"
    silent: bool = False


def sse(*events: dict[str, Any] | str) -> str:
    """OpenAI's way of streaming."""
    return "".join(f"data: {e if isinstance(e, str) else json.dumps(e)}\n\n" for e in events)


def named_sse(*events: dict[str, Any]) -> str:
    """Anthropic's way of streaming."""
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)


def lines(*parts: dict[str, Any] | str) -> str:
    """Ollama's way of streaming."""
    return "".join(f"{part if isinstance(part, str) else json.dumps(part)}\n" for part in parts)


@dataclass
class HttpScript:
    """``url`` to call, and ``received`` so far; replies come in order, the last one again and again."""

    url: str
    received: list[Received]


@asynccontextmanager
async def http_script(*replies: Reply | Callable[[Received], Reply]) -> AsyncGenerator[HttpScript]:
    received: list[Received] = []
    over = asyncio.Event()
    open_now = set[asyncio.StreamWriter]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        try:
            while (request := await _read(reader)) is not None:
                received.append(request)
                chosen = replies[min(len(received), len(replies)) - 1]
                reply = chosen if isinstance(chosen, Reply) else chosen(request)
                await _write(writer, reply)
                if reply.ending == "hang":
                    await over.wait()
                if reply.ending != "finish":
                    return
        except ConnectionError:
            return
        finally:
            open_now.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    try:
        yield HttpScript(f"http://127.0.0.1:{port}", received)
    finally:
        over.set()
        server.close()
        # A caller that gave up may have connected without having been served: let that one begin, too.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        for writer in list(open_now):
            writer.close()
        await server.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return Received(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    if reply.silent:
        return
    told = {"content-type": reply.kind, "transfer-encoding": "chunked", **reply.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    writer.write(f"HTTP/1.1 {reply.status} Said\r\n{head}\r\n".encode())
    if data := reply.body.encode():
        writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    if reply.ending == "finish":
        writer.write(b"0\r\n\r\n")
    await writer.drain()
