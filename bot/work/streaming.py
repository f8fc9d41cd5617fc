"""Shows a text while it is being written: one message that grows at a steady pace and ends in the whole text."""

from collections.abc import AsyncIterable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from bot.clock import Clock
from bot.work.surface import Connection, Place, Say, Surface

PACE = 2.0
"""Seconds between two edits; Discord takes about one a second, and readers no more than this."""
TAIL = 1_500
"""Characters that are shown of a text that is not finished: its end, where it grows."""
GOES_ON = "…"


class Growing:
    """A message that grows; every change is a row of the outbox, of which only the newest is sent."""

    def __init__(
        self,
        surface: Surface,
        transaction: Callable[[], AbstractAsyncContextManager[Connection]],
        clock: Clock,
        *,
        key: str,
        attempt: int,
        place: Place,
        say: Say,
        pace: float = PACE,
    ) -> None:
        self._surface = surface
        self._transaction = transaction
        self._clock = clock
        self._key = key
        self._attempt = attempt
        self._place = place
        self._say = say
        self._pace = pace
        self._row: int | None = None
        self._shown_at = 0.0
        self._edits = 0

    async def grow(self, pieces: AsyncIterable[str]) -> str:
        """Show what comes; the answer is the whole text, of which the end may not have been shown yet."""
        text = ""
        async for piece in pieces:
            text += piece
            if text.strip() and (self._row is None or self._clock.monotonic() >= self._shown_at + self._pace):
                await self._show(text)
        return text

    async def finish(self, conn: Connection, text: str) -> list[int]:
        """Show the whole text, in the caller's transaction; the answer is the outbox rows."""
        if self._row is None:
            # Nothing was shown by this attempt, but an earlier one may have begun: then this is its message.
            begun = replace(self._say, text=GOES_ON, buttons=(), files=(), urgency="progress")
            (self._row, *_) = await self._surface.post(conn, self._key, self._place, begun)
        return await self._surface.replace(
            conn, f"{self._key}:whole", self._row, replace(self._say, text=text)
        )

    async def _show(self, text: str) -> None:
        so_far = text if len(text) <= TAIL else f"{GOES_ON} {text[-TAIL:]}"
        say = replace(self._say, text=f"{so_far} {GOES_ON}", buttons=(), files=(), urgency="progress")
        async with self._transaction() as conn:
            if self._row is None:
                (self._row, *_) = await self._surface.post(conn, self._key, self._place, say)
            else:
                self._edits += 1
                # Another attempt's edits have keys of their own: those of this one must be shown.
                key = f"{self._key}:{self._attempt}:{self._edits}"
                await self._surface.edit(conn, key, self._row, say)
        self._shown_at = self._clock.monotonic()
