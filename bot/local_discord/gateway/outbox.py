"""What is still to be sent over one websocket."""

import asyncio
from collections import deque
from dataclasses import dataclass

from bot.local_discord.gateway.codes import UNKNOWN_ERROR
from bot.local_discord.gateway.link import Link


@dataclass(frozen=True, slots=True)
class Parcel:
    """One frame, which leaves ``after`` seconds; all behind it wait."""

    text: str
    after: float = 0.0


class Wire:
    """The frames for one connection in their order; a reader so slow that ``capacity`` is reached is cut off."""

    def __init__(self, capacity: int, link: Link) -> None:
        self.link = link
        self.close_code: int | None = None
        self.reason = ""
        self.dropped = asyncio.Event()
        self._parcels: deque[Parcel] = deque()
        self._held: list[Parcel] = []
        self._capacity = capacity
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._parcels)

    def send(self, text: str, *, after: float = 0.0) -> None:
        """Queue a frame, and behind it those that were held back."""
        if self.close_code is not None:
            return
        if len(self._parcels) >= self._capacity:
            self.drop(UNKNOWN_ERROR)
            return
        self._parcels.append(Parcel(text, after))
        self._parcels.extend(self._held)
        self._held.clear()
        self._wake.set()

    def hold(self, text: str) -> None:
        """Keep a frame back until another one has been queued."""
        self._held.append(Parcel(text))

    def close(self, code: int, reason: str = "") -> None:
        """End the connection with this code, after what is queued; over a half-open link nobody would hear it."""
        if self.close_code is None:
            self.close_code, self.reason = code, reason
            if self.link.half_open:
                self.drop(code)
        self._wake.set()

    def drop(self, code: int) -> None:
        """End the connection now; what is queued is not sent."""
        if self.close_code is None:
            self.close_code = code
        self._parcels.clear()
        self._held.clear()
        self.dropped.set()
        self._wake.set()

    async def next(self) -> Parcel | None:
        """The next frame, as soon as there is one; None means that the connection must end."""
        while not self._parcels:
            if self.close_code is not None:
                return None
            self._wake.clear()
            await self._wake.wait()
        return self._parcels.popleft()
