"""The control of ``ceiling.py``: the same web server with nothing behind it.

Prints where it is as one line of JSON, and ends when its standard input does.
"""

import asyncio
import json
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket


async def echo(request: Request) -> Response:
    """Read JSON and answer with JSON of ``size`` characters."""
    await request.json()
    return JSONResponse("x" * int(request.query_params["size"]))


async def frames(websocket: WebSocket) -> None:
    """Send ``count`` texts of ``size`` characters as soon as anything is received."""
    await websocket.accept()
    await websocket.receive_text()
    text = "x" * int(websocket.query_params["size"])
    for _ in range(int(websocket.query_params["count"])):
        await websocket.send_text(text)
    await websocket.receive()


async def main() -> None:
    """Serve until standard input ends."""
    app = Starlette(routes=[Route("/echo", echo, methods=["POST"]), WebSocketRoute("/frames", frames)])
    config = uvicorn.Config(
        app,
        log_level="warning",
        lifespan="off",
        http="h11",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    listener.listen()
    print(json.dumps({"base_url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(main())
