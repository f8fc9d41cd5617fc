"""Leaving a stream early, without leaving its connection behind."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def closing[T](stream: AsyncIterator[T]) -> AsyncGenerator[AsyncIterator[T]]:
    """``stream``, closed on leaving, so that what it holds is released at once and not some day."""
    try:
        yield stream
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
