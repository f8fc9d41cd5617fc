"""Whoever stops listening to a model is rid of it: its connection is closed, at whatever await that was."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.llm.protocol import Backend, TextDelta
from bot.llm.streams import closing
from tests.bot.llm.providers import DIALECTS, opened
from tests.bot.llm.test_bad_providers import ASK, HALF

SECONDS = 20.0


@dataclass
class Listener:
    """A server that says what it is given, then nothing more, and notices when it is hung up on."""

    says: bytes
    url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.says)
        await writer.drain()
        self.asked.set()
        with contextlib.suppress(ConnectionError):
            while await reader.read(65_536):  # the request's body; nothing is the end
                pass
        self.hung_up.set()
        writer.close()


@asynccontextmanager
async def listening(said: str) -> AsyncGenerator[Listener]:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    body = said.encode()
    listener = Listener(head + f"{len(body):x}\r\n".encode() + body + b"\r\n" if said else b"")
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, asyncio.timeout(SECONDS):
        yield listener


async def hear(backend: Backend, heard: asyncio.Event) -> None:
    async for event in backend.stream(ASK):
        if isinstance(event, TextDelta) and event.text:
            heard.set()


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("moment", ["before an answer", "in its middle"])
async def test_a_task_that_is_cancelled_hangs_up(name: str, moment: str) -> None:
    said = "" if moment == "before an answer" else HALF[name]
    async with listening(said) as listener, opened(name, listener.url) as backend:
        heard = asyncio.Event()
        task = asyncio.create_task(hear(backend, heard))
        await (heard if said else listener.asked).wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await listener.hung_up.wait()  # before the backend is closed


@pytest.mark.parametrize("name", DIALECTS)
async def test_who_stops_listening_hangs_up(name: str) -> None:
    async with listening(HALF[name]) as listener, opened(name, listener.url) as backend:
        async with closing(backend.stream(ASK)) as events:
            async for event in events:
                if isinstance(event, TextDelta) and event.text:
                    break
        await listener.hung_up.wait()
