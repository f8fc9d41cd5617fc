"""The network under one gateway connection, which can be made to fail as networks do."""

import asyncio
import contextlib
import socket
import struct

from bot.local_discord.gateway.transport import Transport

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: the connection ends with RST and what was not yet sent is lost."""


class Link:
    """What lies between a connection's queue and the client.

    A half-open link neither carries nor acknowledges anything while TCP stays up; what was under way arrives when it is
    healed. A slow one carries so many bytes a second towards the client.
    """

    def __init__(self, transport: Transport) -> None:
        self.bytes_per_second: float | None = None
        self._transport = transport
        self._whole = asyncio.Event()
        self._whole.set()
        self._changed = asyncio.Event()

    @property
    def half_open(self) -> bool:
        """Whether nothing passes in either direction."""
        return not self._whole.is_set()

    def break_off(self) -> None:
        """Let nothing pass any more. Pings and close frames of the client stay unread, too."""
        self._whole.clear()
        self._transport.pause_reading()

    def stay_broken(self) -> None:
        """Stop reading again, where the web server has gone on by itself after handing over a message."""
        if self.half_open:
            self._transport.pause_reading()

    def slow_down(self, bytes_per_second: float) -> None:
        """Carry only so many bytes a second towards the client."""
        self.bytes_per_second = bytes_per_second
        self._changed.set()

    def heal(self) -> None:
        """Carry everything again, as fast as it goes."""
        self.bytes_per_second = None
        self._changed.set()
        if self.half_open:
            self._whole.set()
            self._transport.resume_reading()

    def cut(self) -> None:
        """End the connection with RST, without a close frame."""
        connection = self._transport.get_extra_info("socket")
        if connection is not None:
            # the other side may have been quicker
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    async def passable(self) -> None:
        """Wait until something can pass."""
        await self._whole.wait()

    async def carry(self, size: int) -> None:
        """Take the time that ``size`` bytes need; a change of speed starts the rest anew."""
        while self.bytes_per_second is not None:
            self._changed.clear()
            try:
                async with asyncio.timeout(size / self.bytes_per_second):
                    await self._changed.wait()
            except TimeoutError:
                return
