"""The web server in which the local Discord runs, inside whichever program starts it."""

import contextlib
import socket
from collections.abc import AsyncGenerator

import uvicorn

from bot import asgi_server
from bot.errors import ConfigError
from bot.local_discord.gateway.transport import WebSocketWithTransport
from bot.local_discord.rest.http_transport import HttpWithTransport
from bot.loopback import HOST, bound

LARGEST_FRAME = 64 * 1024
BACKLOG = 512


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
    config = uvicorn.Config(
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
    async with asgi_server.serving(config, listener):
        yield
