"""A line that can be cut: passes TCP on to the local Discord until told to drop everything."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass(slots=True)
class CutProxy:
    """``address`` is what a browser opens; while ``down`` every connection is refused at once."""

    port: int
    target: int
    down: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    @property
    def address(self) -> str:
        """The proxy's own address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Drop all connections and refuse new ones."""
        self.down = True
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        """Let connections through again."""
        self.down = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection both ways."""
        if self.down:
            writer.transport.abort()
            return
        near, far = await asyncio.open_connection("127.0.0.1", self.target)
        self._open |= {writer, far}
        try:
            await asyncio.gather(_pass(reader, far), _pass(near, writer))
        finally:
            self._open -= {writer, far}
            writer.transport.abort()
            far.transport.abort()


async def _pass(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(CHUNK):
            to.write(data)
            await to.drain()
        if to.can_write_eof():
            to.write_eof()


@contextlib.asynccontextmanager
async def cut_proxy(target: int) -> AsyncGenerator[CutProxy]:
    """A proxy to a port on loopback, on a port of its own."""
    proxy = CutProxy(0, target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        proxy.cut()
        server.close()
        await server.wait_closed()
