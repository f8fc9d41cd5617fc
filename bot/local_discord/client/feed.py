"""What one person hears over the gateway, kept until somebody asks for it."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bot.errors import OutsideError, TimedOut
from bot.local_discord.client.sight import BUFFER, Seen
from bot.local_discord.model import Json


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One event from the gateway."""

    name: str
    data: Json


class Feed:
    """The events of one connection; the newest ten thousand that nobody took are kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self.seen = Seen()
        self._socket = socket
        self._events: deque[Dispatch] = deque(maxlen=BUFFER)
        self._arrived = asyncio.Condition()
        self._ended: str | None = None

    async def until[T](
        self, look: Callable[[], T | None], what: str, timeout: float, *, poll: float | None = None
    ) -> T:
        """What ``look`` finds, now or after some event; with ``poll`` it also looks after so many seconds without one.

        Raises:
            TimedOut: it found nothing in ``timeout`` seconds.
            OutsideError: the connection ended before it did.
        """
        deadline = asyncio.timeout(timeout)
        try:
            async with deadline, self._arrived:
                while True:
                    found = look()
                    if found is not None:
                        return found
                    if self._ended is not None:
                        raise OutsideError(f"The connection to the local Discord ended: {self._ended}.")
                    await self._event(poll)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise TimedOut(f"{what} did not come in {timeout:g} seconds.") from error

    async def _event(self, longest: float | None) -> None:
        """Wait for the next event, holding the condition; no longer than that many seconds."""
        pause = asyncio.timeout(longest)
        try:
            async with pause:
                await self._arrived.wait()
        except TimeoutError:
            if not pause.expired():
                raise

    def take(self, fits: Callable[[Dispatch], bool]) -> Dispatch | None:
        """Take the oldest event that fits out of the buffer."""
        for index, event in enumerate(self._events):
            if fits(event):
                del self._events[index]
                return event
        return None

    def drop(self) -> None:
        """Forget the events that nobody has asked for."""
        self._events.clear()

    async def listen(self, heartbeat: float) -> None:
        """Read events until the connection ends."""
        beating = asyncio.create_task(self._beat(heartbeat))
        try:
            async for raw in self._socket:
                payload = cast("Json", json.loads(raw))
                if payload["op"] == 0:
                    await self._heard(Dispatch(payload["t"], payload["d"]))
            await self._end("it was closed")
        except ConnectionClosed as closed:
            await self._end(str(closed))
        finally:
            beating.cancel()

    async def _beat(self, interval: float) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                await self._socket.send('{"op":1,"d":null}')

    async def _heard(self, event: Dispatch) -> None:
        async with self._arrived:
            self.seen.note(event.name, event.data)
            self._events.append(event)
            self._arrived.notify_all()

    async def _end(self, reason: str) -> None:
        async with self._arrived:
            self._ended = reason
            self._arrived.notify_all()


@contextlib.asynccontextmanager
async def listening(base_url: str, key: str, user_id: str, timeout: float) -> AsyncGenerator[Feed]:
    """Hear what a person hears while the block runs; all guilds are known when it starts.

    Raises:
        OutsideError: the gateway cannot be reached or refuses the key.
        TimedOut: it did not answer in ``timeout`` seconds.
    """
    url = base_url.replace("http://", "ws://", 1) + "/gateway?v=10&encoding=json"
    socket, interval = await _identified(url, key, user_id, timeout)
    feed = Feed(socket)
    task = asyncio.create_task(feed.listen(interval))
    try:
        ready = await feed.until(lambda: feed.take(lambda event: event.name == "READY"), "READY", timeout)
        wanted = {guild["id"] for guild in ready.data["guilds"]}
        await feed.until(lambda: wanted <= set(feed.seen.guilds) or None, "A guild", timeout)
        yield feed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await socket.close()


async def _identified(url: str, key: str, user_id: str, timeout: float) -> tuple[ClientConnection, float]:
    """A connection that has identified itself, and the seconds between its heartbeats."""
    try:
        socket = await connect(url, max_size=None, proxy=None, open_timeout=timeout)
        hello = cast("Json", json.loads(await asyncio.wait_for(socket.recv(), timeout)))
        identify: Json = {"token": f"local:{key}:{user_id}", "properties": {}, "intents": 0}
        await socket.send(json.dumps({"op": 2, "d": identify}))
    except TimeoutError as error:
        raise TimedOut("The local Discord's gateway did not answer in time.") from error
    except (OSError, InvalidHandshake, ConnectionClosed) as error:
        raise OutsideError(f"The local Discord's gateway cannot be reached: {error}.") from error
    return socket, hello["d"]["heartbeat_interval"] / 1000
