"""The streams of a connection, watched: when they end, and that a server does not flood us."""

import asyncio
import contextvars
from collections.abc import Callable
from types import TracebackType
from typing import Self

from mcp.client._transport import (  # the SDK has no public name for these types
    ReadStream,
    TransportStreams,
)
from mcp.shared.message import SessionMessage

from bot.clock import Clock

__all__ = ["Noted", "OnEnd", "ServerMisbehaved", "TransportStreams", "WatchedReads"]

type OnEnd = Callable[[], None]
"""Called at least once when a server has stopped talking."""

type Noted = Callable[[str], None]
"""Told, as the end of a sentence, why a connection is given up."""

_MOST_MESSAGES = 2_000
_WINDOW_SECONDS = 10.0


class ServerMisbehaved(Exception):
    """A server does what no server should; ``str()`` is what, as the end of a sentence."""


class WatchedReads:
    """The stream of what a server says; tells when there will be no more, and ends where there is far too much.

    What comes is bounded in number here, in size by the transports.
    """

    def __init__(
        self, inner: ReadStream[SessionMessage | Exception], on_end: OnEnd, noted: Noted, clock: Clock
    ) -> None:
        self._inner = inner
        self._on_end = on_end
        self._noted = noted
        self._clock = clock
        self._since = clock.monotonic()
        self._count = 0

    @property
    def last_context(self) -> contextvars.Context | None:
        """The context of whoever caused the last message, where the transport knows; the SDK looks for it."""
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        """The next message."""
        try:
            return await self._inner.receive()
        except Exception:
            self._on_end()
            raise

    async def aclose(self) -> None:
        """Close the stream."""
        await self._inner.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            item = await self._inner.__anext__()
        except Exception:  # the end (StopAsyncIteration) or a break: both are the end
            self._on_end()
            raise
        if self._is_flood():
            self._noted(f"it sent more than {_MOST_MESSAGES:,} messages within {_WINDOW_SECONDS:g} seconds")
            self._on_end()
            raise StopAsyncIteration
        await asyncio.sleep(0)  # a fast sender must not keep everything else waiting
        return item

    def _is_flood(self) -> bool:
        now = self._clock.monotonic()
        if now - self._since > _WINDOW_SECONDS:
            self._since, self._count = now, 0
        self._count += 1
        return self._count > _MOST_MESSAGES

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        return await self._inner.__aexit__(exc_type, exc_val, exc_tb)
