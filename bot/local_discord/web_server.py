"""The web server in which the local Discord runs, inside whichever program starts it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from typing import override

import uvicorn

from bot.errors import ConfigError, OutsideError
from bot.local_discord.gateway.transport import WebSocketWithTransport
from bot.local_discord.rest.http_transport import HttpWithTransport
from bot.loopback import HOST, bound

LARGEST_FRAME = 64 * 1024
START_TIMEOUT = 10.0
CLOSING_PAUSE = 0.002
BACKLOG = 512


class _Server(uvicorn.Server):
    """uvicorn that ends when it is told to, where its own looks ten times a second: tests start hundreds of these.

    It has no signal handlers: signals belong to the program that this runs in.
    """

    def __init__(self, config: uvicorn.Config) -> None:
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


def bound_socket(port: int, *, exact: bool, tries: int) -> socket.socket:
    """A listening socket on loopback, at the port or the next free one.

    Raises:
        ConfigError: no port was free.
    """
    wanted = [port] if exact or port == 0 else range(port, min(port + tries, 65_536))
    for number in wanted:
        try:
            listener = bound(number)
        except (OSError, OverflowError):
            continue
        listener.listen(BACKLOG)
        return listener
    ports = str(port) if len(wanted) == 1 else f"{wanted[0]} to {wanted[-1]}"
    raise ConfigError(f"Port {ports} on {HOST} is taken; choose another with --port.")


@contextlib.asynccontextmanager
async def serving(app: object, listener: socket.socket, grace: float) -> AsyncGenerator[None]:
    """Serve an application while the block runs; then what is under way has ``grace`` seconds to end.

    Raises:
        OutsideError: the server did not start.
    """
    server = _Server(
        uvicorn.Config(
            app,  # pyright: ignore[reportArgumentType] - an ASGI application; uvicorn's type names more protocols
            log_config=None,
            access_log=False,
            lifespan="off",
            http=HttpWithTransport,
            ws=WebSocketWithTransport,
            ws_max_size=LARGEST_FRAME,
            ws_per_message_deflate=False,
            # Discord sends no pings of the websocket's own; they would end a link that is half open on purpose
            ws_ping_interval=None,
            timeout_graceful_shutdown=max(1, round(grace)),
            server_header=False,
            date_header=False,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(START_TIMEOUT):
            while not server.started:
                if task.done():
                    raise OutsideError("The local Discord's web server did not start.") from task.exception()
                await asyncio.sleep(0.005)
        yield
    finally:
        server.leave.set()
        await asyncio.gather(task, return_exceptions=True)
