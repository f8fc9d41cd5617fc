"""Shows a text while it is being written: one message that grows at a steady pace and ends in the whole text."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

from bot.clock import Clock
from bot.observe.known_secrets import NO_SECRETS, Secrets
from bot.work.surface import Button, Connection, Place, Say, Surface

PACE = 2.0
"""Seconds between two edits; Discord takes about one a second, and readers no more than this."""
TAIL = 1_500
"""Characters that are shown of a text that is not finished: its end, where it grows."""
GOES_ON = "…"
FIRST_ATTEMPT = 1

type Begun = Callable[[Connection, int], Awaitable[None]]


class Show(Protocol):
    """What people see of a text: while it is written (that may be nothing), and when it is ``done``."""

    def __call__(self, text: str, *, done: bool) -> str:
        """What is shown of ``text``, the whole of it so far."""
        ...


def as_it_is(text: str, *, done: bool) -> str:
    """All of it, at any time."""
    return text if done else text.rstrip()


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
        show: Show = as_it_is,
        pace: float = PACE,
        buttons: tuple[Button, ...] = (),
        begun: Begun | None = None,
        secrets: Secrets = NO_SECRETS,
    ) -> None:
        """``buttons`` stand below it as long as it grows; ``begun`` is told the outbox row that carries it.

        Of ``secrets`` nothing is shown, neither whole nor while it is not known yet what a word becomes.
        """
        self._surface = surface
        self._transaction = transaction
        self._clock = clock
        self._key = key
        self._attempt = attempt
        self._place = place
        self._say = say
        self._shown_of = show
        self._pace = pace
        self._buttons = buttons
        self._begun = begun
        self._secrets = secrets
        self._doing = ""
        self._row: int | None = None
        self._shown: str = ""
        self._now: str = ""
        self._edits = 0

    @property
    def shown(self) -> str:
        """What people see of the text by now."""
        return self._shown

    def doing(self, text: str) -> None:
        """Show below the text what is being done, until more of the text comes."""
        self._doing = text

    async def grow(self, pieces: AsyncIterable[str]) -> str:
        """Show what comes; the answer is the whole text, of which the end may not have been shown yet.

        What is written quicker than people would look is not shown before it is finished.
        """
        text: list[str] = []
        writing = asyncio.create_task(_written(pieces, text), name="streamed text")
        pause = self._pace / 2
        try:
            while not writing.done():
                await _first_of(writing, self._clock.sleep(pause))
                pause = self._pace
                if not writing.done():
                    await self._show(self._shown_of(self._secrets.growing("".join(text)), done=False))
            await writing
        finally:
            writing.cancel()
            await asyncio.wait({writing})
        return "".join(text)

    async def finish(self, conn: Connection, text: str) -> list[int]:
        """Show the whole text, in the caller's transaction; the answer is the outbox rows."""
        whole = replace(self._say, text=self._shown_of(self._secrets.text(text), done=True))
        if self._row is None and self._attempt == FIRST_ATTEMPT:
            return await self._surface.post(conn, self._key, self._place, whole)
        if self._row is None:
            # Nothing was shown by this attempt, but an earlier one may have begun: then this is its message.
            begun = self._unfinished(GOES_ON)
            (self._row, *_) = await self._surface.post(conn, self._key, self._place, begun)
        return await self._surface.replace(conn, f"{self._key}:whole", self._row, whole)

    async def _show(self, text: str) -> None:
        if text != self._shown and text.strip():
            self._doing = ""
        so_far = text if len(text) <= TAIL else f"{GOES_ON} {text[-TAIL:]}"
        line = f"-# {self._doing} {GOES_ON}" if self._doing else ""
        now = "\n".join(part for part in (f"{so_far} {GOES_ON}" if text.strip() else "", line) if part)
        if not now or now == self._now:
            return
        say = self._unfinished(now)
        async with self._transaction() as conn:
            if self._row is None:
                (self._row, *_) = await self._surface.post(conn, self._key, self._place, say)
                if self._begun is not None:
                    await self._begun(conn, self._row)
            else:
                self._edits += 1
                # Another attempt's edits have keys of their own: those of this one must be shown.
                key = f"{self._key}:{self._attempt}:{self._edits}"
                await self._surface.edit(conn, key, self._row, say)
        self._shown, self._now = text, now

    def _unfinished(self, text: str) -> Say:
        return Say(
            text, self._say.speaker, buttons=self._buttons, reply_to=self._say.reply_to, urgency="progress"
        )


async def _written(pieces: AsyncIterable[str], text: list[str]) -> None:
    async for piece in pieces:
        text.append(piece)  # noqa: PERF401 - others read it while it grows


async def _first_of(task: asyncio.Task[None], other: Awaitable[None]) -> None:
    """Wait for either; what is not done of ``other`` is let go."""
    waiting = asyncio.ensure_future(other)
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
