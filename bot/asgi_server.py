"""A web server that runs inside whichever program starts it, and ends when it is told to."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from typing import override

import uvicorn

from bot.errors import OutsideError

START_TIMEOUT = 10.0
CLOSING_PAUSE = 0.002
KEEP_ALIVE = 75
"""Seconds; longer than clients keep an idle connection, or one may ask on it just while it is being closed here."""


class _Server(uvicorn.Server):
    """uvicorn that ends when it is told to, where its own looks ten times a second: tests start hundreds of these.

    It has no signal handlers: signals belong to the program that this runs in.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        config.timeout_keep_alive = KEEP_ALIVE
        super().__init__(config)
        self.leave = asyncio.Event()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    @override
    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.leave.wait()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.connections or state.tasks:  # noqa: ASYNC110 - they are sets without an event
                    await asyncio.sleep(CLOSING_PAUSE)
                for server in self.servers:
                    await server.wait_closed()
        except TimeoutError:
            for task in state.tasks:
                task.cancel()


@contextlib.asynccontextmanager
async def serving(config: uvicorn.Config, listener: socket.socket) -> AsyncGenerator[None]:
    """Serve while the block runs; then what is under way has the configured grace to end.

    Raises:
        OutsideError: the server did not start.
    """
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(START_TIMEOUT):
            while not server.started:
                if task.done():
                    raise OutsideError("The web server did not start.") from task.exception()
                await asyncio.sleep(0.005)
        yield
    finally:
        server.leave.set()
        await asyncio.gather(task, return_exceptions=True)
