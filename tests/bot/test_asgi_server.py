"""The web server inside a program: what it promises to whoever talks to it."""

import httpx
import uvicorn
from starlette.applications import Starlette

from bot.asgi_server import serving
from bot.loopback import bound


async def test_it_keeps_an_idle_connection_longer_than_clients_do() -> None:
    """Or a client asks on a connection that is being closed at that moment, and cannot know whether it was heard."""
    config = uvicorn.Config(Starlette(), log_config=None, lifespan="off")
    with bound(0) as listener:
        listener.listen()
        async with serving(config, listener):
            assert config.timeout_keep_alive > (httpx.Limits().keepalive_expiry or 0)
