"""The traffic as it flows, over a websocket, for the page's panel."""

import asyncio
import contextlib
import json
import secrets
from collections import deque
from typing import cast

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.local_discord.model import Json
from bot.local_discord.traffic import Entry, Traffic

WRONG_KEY, TOO_SLOW = 4004, 4008
FIRST_MESSAGE_SECONDS = 10.0
WAITING = 5_000
"""How many entries wait for a slow reader before it is cut off; it comes back with ``after``."""


class TrafficStream:
    """Serves ``/local/traffic``: the first message is ``{"key": …, "after": n}``, then entries come, one a message."""

    def __init__(self, traffic: Traffic, key: str) -> None:
        self._traffic = traffic
        self._key = key

    async def serve(self, websocket: WebSocket) -> None:
        """Carry one reader until it goes."""
        await websocket.accept()
        try:
            async with asyncio.timeout(FIRST_MESSAGE_SECONDS):
                first = _asked(await websocket.receive_text())
        except (TimeoutError, WebSocketDisconnect, KeyError):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await websocket.close(WRONG_KEY)
            return
        key, after = first.get("key"), first.get("after", 0)
        if not isinstance(key, str) or not secrets.compare_digest(key.encode(), self._key.encode()):
            await websocket.close(WRONG_KEY)
            return
        await self._flow(websocket, after if isinstance(after, int) else 0)

    async def _flow(self, websocket: WebSocket, after: int) -> None:
        waiting: deque[Entry] = deque(self._traffic.everything(after))
        news = asyncio.Event()

        def heard(entry: Entry) -> None:
            waiting.append(entry)
            news.set()

        stop = self._traffic.follow(heard)
        gone = asyncio.create_task(_until_gone(websocket))
        sending = asyncio.create_task(_send(websocket, waiting, news))
        try:
            await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop()
            gone.cancel()
            sending.cancel()
            await asyncio.gather(gone, sending, return_exceptions=True)


async def _send(websocket: WebSocket, waiting: deque[Entry], news: asyncio.Event) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            while waiting:
                if len(waiting) > WAITING:
                    await websocket.close(TOO_SLOW)
                    return
                await websocket.send_text(json.dumps(waiting.popleft().as_json(), separators=(",", ":")))
            news.clear()
            await news.wait()


async def _until_gone(websocket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass


def _asked(text: str) -> Json:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return cast("Json", found) if isinstance(found, dict) else {}
