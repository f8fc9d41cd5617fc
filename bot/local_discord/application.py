"""The one web application: Discord's API, the gateway, the page, and the local controls."""

from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from bot.local_discord.gateway.connection import Gateway
from bot.local_discord.refusals import Refusal
from bot.local_discord.rest.desk import Desk, refused
from bot.local_discord.rest.local import Controls
from bot.local_discord.rest.routes import discord_router, local_router, no_route
from bot.local_discord.rest.static import static_routes
from bot.local_discord.traffic.traffic_stream import TrafficStream

HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


def application(desk: Desk, gateway: Gateway, controls: Controls) -> ASGIApp:
    """The ASGI application; requests for another host's name are refused."""

    async def serve_gateway(websocket: WebSocket) -> None:
        await gateway.serve(websocket)

    stream = TrafficStream(desk.traffic, desk.key)

    async def serve_traffic(websocket: WebSocket) -> None:
        await stream.serve(websocket)

    discord = discord_router(desk, controls.hub)
    routes: list[Mount | Route | WebSocketRoute] = [
        WebSocketRoute("/gateway", serve_gateway),
        WebSocketRoute("/gateway/", serve_gateway),
        Mount("/api/v10", discord),
        Mount("/api/v9", discord),
        Mount("/api", discord),
        WebSocketRoute("/local/traffic", serve_traffic),
        Mount("/local", local_router(desk, controls)),
        *static_routes(desk.stage),
    ]
    return _LocalOnly(Router(routes, redirect_slashes=False, default=no_route))


class _LocalOnly:
    """Refuses requests that name another host: a web page elsewhere that had its name point to this machine."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", []))
        host = headers.get(b"host", b"").decode("latin-1").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and ":" in host else host
        if name in HOSTS:
            await self._inner(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refused(Refusal(403, 0, "403: Wrong Host"))(scope, receive, send)
