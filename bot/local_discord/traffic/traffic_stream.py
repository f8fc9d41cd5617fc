"""The traffic as it flows, over a websocket, for the page's panel."""

import asyncio
import contextlib
import json
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import cast

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.local_discord.model import Json
from bot.local_discord.traffic.traffic import Entry, Traffic

log = structlog.get_logger(__name__)

WRONG_KEY, TOO_SLOW = 4004, 4008
FIRST_MESSAGE_SECONDS = 10.0
LAST_MESSAGE_SECONDS = 10.0
WAITING = 5_000
"""How many entries wait for a slow reader before it is cut off; more than both rings hold, so that it may come back."""
AT_ONCE = 100
"""How many entries are sent before others have their turn."""


@dataclass(slots=True)
class _Reader:
    """What waits for one reader, and whether that has become too much."""

    waiting: deque[Entry]
    people: bool
    news: asyncio.Event = field(default_factory=asyncio.Event)
    overrun: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, entry: Entry) -> None:
        """Keep an entry for the reader."""
        if entry.by_person and not self.people:
            return
        if len(self.waiting) >= WAITING:
            self.overrun.set()
            return
        self.waiting.append(entry)
        self.news.set()


class TrafficStream:
    """Serves ``/local/traffic``: the first message is ``{"key": …, "after": n}``, then entries come, one a message.

    With ``"people": false`` what people at the page do themselves is left out: less work where much flows.
    """

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
            await _close(websocket, WRONG_KEY)
            return
        key, after = first.get("key"), first.get("after", 0)
        if not isinstance(key, str) or not secrets.compare_digest(key.encode(), self._key.encode()):
            await _close(websocket, WRONG_KEY)
            return
        if type(after) is not int or after > self._traffic.last:
            after = 0  # a number from before a restart says nothing
        await self._flow(websocket, after, people=first.get("people") is not False)

    async def _flow(self, websocket: WebSocket, after: int, *, people: bool) -> None:
        held = [entry for entry in self._traffic.everything(after) if people or not entry.by_person]
        reader = _Reader(deque(held), people)
        reader.news.set()
        stop = self._traffic.follow(reader.hear)
        ends = [
            asyncio.create_task(part)
            for part in (_until_gone(websocket), _send(websocket, reader), reader.overrun.wait())
        ]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop()
            for end in ends:
                end.cancel()
            for found in await asyncio.gather(*ends, return_exceptions=True):
                if isinstance(found, Exception):
                    log.error("local_discord_traffic_broke", exc_info=found)
        if reader.overrun.is_set():
            await _close(websocket, TOO_SLOW)


async def _send(websocket: WebSocket, reader: _Reader) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await reader.news.wait()
            for _ in range(min(AT_ONCE, len(reader.waiting))):
                await websocket.send_text(reader.waiting.popleft().as_line())
            if not reader.waiting:
                reader.news.clear()
            await asyncio.sleep(0)


async def _until_gone(websocket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass


async def _close(websocket: WebSocket, code: int) -> None:
    """Say why, if the reader still reads; a line that is stuck is dropped by the server when this returns."""
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(LAST_MESSAGE_SECONDS):
            await websocket.close(code)


def _asked(text: str) -> Json:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return cast("Json", found) if isinstance(found, dict) else {}
