"""A small HTTP server over raw sockets whose answers may be as wrong as a test wants them."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

type Handler = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    server_name: str | None = None


@dataclass
class Loopback:
    """Where it listens, what answers there, and who came."""

    port: int = 0
    routes: dict[str, Handler] = field(default_factory=dict[str, Handler])
    requests: list[Request] = field(default_factory=list[Request])
    connections: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"


def answer(
    body: bytes | str = b"",
    *,
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
    content_type: str = "text/html; charset=utf-8",
) -> Handler:
    """An ordinary answer with a length."""
    content = body.encode() if isinstance(body, str) else body

    async def handle(_: Request, writer: asyncio.StreamWriter) -> None:
        lines = {"Content-Type": content_type, "Content-Length": str(len(content)), **(headers or {})}
        writer.write(head(status, lines) + content)
        await writer.drain()

    return handle


def redirect(target: str, status: str = "302 Found") -> Handler:
    return answer(status=status, headers={"Location": target})


def head(status: str = "200 OK", headers: Mapping[str, str] | None = None) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1")


async def endless(_: Request, writer: asyncio.StreamWriter) -> None:
    """Sends without end, as fast as it is read."""
    writer.write(head("200 OK", {"Content-Type": "text/html", "Connection": "close"}))
    while True:
        writer.write(b"<x>" + b"a" * 65_536)
        await writer.drain()


async def drip(_: Request, writer: asyncio.StreamWriter) -> None:
    """Sends a byte now and then, so that no single silence is long."""
    writer.write(head("200 OK", {"Content-Type": "application/xml", "Connection": "close"}))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def silent(_: Request, writer: asyncio.StreamWriter) -> None:
    """Takes the request and never answers."""
    await asyncio.Event().wait()
    writer.close()


@contextlib.asynccontextmanager
async def loopback(
    routes: Mapping[str, Handler] | None = None,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> AsyncGenerator[Loopback]:
    """Serve ``routes`` (a path "*" answers all others) until left."""
    server = Loopback(routes=dict(routes or {}))
    names: dict[object, str | None] = {}
    if tls is not None:
        tls.sni_callback = lambda sock, name, _: names.__setitem__(sock, name)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.connections += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                request = await _read_request(reader, names.get(writer.get_extra_info("ssl_object")))
                server.requests.append(request)
                handler = server.routes.get(request.path.partition("?")[0]) or server.routes.get("*")
                await (handler or answer(status="404 Not Found"))(request, writer)
        finally:
            writer.close()
            server.gone.set()
            tasks.discard(task)

    listening = await asyncio.start_server(serve, address, port, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        running = list(tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _read_request(reader: asyncio.StreamReader, server_name: str | None) -> Request:
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw.decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return Request(first.split()[1], {name.lower(): value.strip() for name, value in pairs}, server_name)
