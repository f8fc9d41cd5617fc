"""A conversation with an agent: await it for the whole reply, or go through it for the text as it is written."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any

from bot.agents.reply import Reply

type Begin = Callable[[Callable[[str], None]], Coroutine[Any, Any, Reply]]
"""Holds the conversation, and is given whom to tell each piece of text."""


class Conversation:
    """What an agent says to something; it begins when it is first awaited or gone through.

    Both in turn are one conversation: ``await run.stream(talk)``, then ``reply = await talk``.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._reply: Reply | None = None

    def __await__(self) -> Generator[Any, None, Reply]:
        return self._whole().__await__()

    def __aiter__(self) -> AsyncGenerator[str]:
        return self._pieces()

    async def _whole(self) -> Reply:
        if self._reply is None:
            self._reply = await self._begin(lambda _text: None)
        return self._reply

    async def _pieces(self) -> AsyncGenerator[str]:
        if self._reply is not None:
            yield self._reply.text
            return
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        async def hold() -> Reply:
            try:
                return await self._begin(pieces.put_nowait)
            finally:
                pieces.put_nowait(None)

        held = asyncio.create_task(hold())
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            self._reply = await held
        finally:
            held.cancel()
            await asyncio.wait({held})
