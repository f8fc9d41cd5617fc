"""A gateway connection spoken by hand, without a library."""

import asyncio
import json
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

GUILDS, MEMBERS, MESSAGES, CONTENT = 1 << 0, 1 << 1, 1 << 9, 1 << 15
WAIT = 5.0


class Line:
    """A gateway connection without a library."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._inflate = zlib.decompressobj()
        self.unpack = self._from_stream

    def _from_stream(self, raw: bytes) -> str:
        assert raw.endswith(b"\x00\x00\xff\xff")
        return self._inflate.decompress(raw).decode()

    async def next(self) -> dict[str, Any]:
        raw = await asyncio.wait_for(self.socket.recv(), WAIT)
        if isinstance(raw, bytes):
            raw = self.unpack(raw)
        frame: dict[str, Any] = json.loads(raw)
        assert set(frame) == {"op", "d", "s", "t"}
        return frame

    async def events(self) -> list[dict[str, Any]]:
        """The events that have been sent so far: those before the answer to a heartbeat."""
        await self.send(1)
        found: list[dict[str, Any]] = []
        while (frame := await self.next())["op"] != 11:
            found.append(frame)
        return found

    async def until(self, name: str) -> dict[str, Any]:
        while (frame := await self.next())["t"] != name:
            pass
        return frame

    async def send(self, op: int, data: object = None) -> None:
        await self.socket.send(json.dumps({"op": op, "d": data}))

    async def identify(self, token: str, intents: int = GUILDS | MESSAGES, **more: object) -> dict[str, Any]:
        await self.send(2, {"token": token, "intents": intents, "properties": {}, **more})
        return await self.until("READY")

    async def closed_with(self) -> int | None:
        with pytest.raises(ConnectionClosed) as caught:
            await self.until("nothing more")
        assert caught.value.rcvd is not None
        return caught.value.rcvd.code


@asynccontextmanager
async def on_line(base_url: str, query: str = "?v=10&encoding=json") -> AsyncGenerator[Line]:
    """A connection that has received HELLO."""
    url = base_url.replace("http", "ws") + "/gateway" + query
    async with connect(url, proxy=None, max_size=None) as socket:
        line = Line(socket)
        hello = await line.next()
        assert hello["op"] == 10
        assert hello["d"]["heartbeat_interval"] > 0
        yield line
