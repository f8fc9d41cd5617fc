"""What servers write to stderr, into our log: line by line, bounded in length and in number."""

import asyncio
import contextlib
import os
from collections import deque
from types import TracebackType
from typing import Self, TextIO

import structlog

from bot.clock import Clock
from bot.observe.known_secrets import Secrets

_log = structlog.get_logger(__name__)

_MOST_LINE = 2_000
_MOST_LINES_A_MINUTE = 120
_MINUTE = 60.0
_KEPT = 20


class StderrLines:
    """A pipe to give to a server as its stderr; an async context manager around the server's life.

    What is in ``secrets`` (besides the secrets, all of the server's environment) is taken out of every line.
    """

    def __init__(self, server: str, *, secrets: Secrets, clock: Clock) -> None:
        self._server = server
        self._secrets = secrets
        self._clock = clock
        self._kept: deque[str] = deque(maxlen=_KEPT)
        self._minute = clock.monotonic()
        self._logged = 0
        self._dropped = 0

    @property
    def last(self) -> str:
        """The last line that says something; empty where there was none."""
        return self._kept[-1] if self._kept else ""

    async def __aenter__(self) -> Self:
        reading, writing = os.pipe()
        self.sink: TextIO = os.fdopen(writing, "w")
        source = os.fdopen(reading, "rb", buffering=0)
        reader = asyncio.StreamReader()
        try:
            self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), source
            )
        except BaseException:
            # Cancelled before anybody could leave what was not entered.
            self.sink.close()
            source.close()
            raise
        self._task = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close_sink()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._transport.close()
        self._say_dropped()

    def close_sink(self) -> None:
        """Close our end for writing once the server has its own, so that reading ends with the server."""
        if not self.sink.closed:
            self.sink.close()

    async def drained(self, seconds: float) -> None:
        """Wait until everything written has been read, at most ``seconds``."""
        self.close_sink()
        await asyncio.wait([self._task], timeout=seconds)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        line = b""
        skipping = False
        while piece := await reader.read(4_096):
            *whole, rest = piece.split(b"\n")
            for part in whole:
                if not skipping:
                    self._take(line + part)
                line, skipping = b"", False
            line = b"" if skipping else line + rest
            if len(line) > _MOST_LINE:
                self._take(line)
                line, skipping = b"", True
        self._take(line)

    def _take(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        text = "".join(c if c.isprintable() else " " for c in text).strip()
        text = self._secrets.text(text)[:_MOST_LINE]
        if not text:
            return
        self._kept.append(text)
        if self._may_log():
            _log.info("tool_server_stderr", server=self._server, line=text)

    def _may_log(self) -> bool:
        now = self._clock.monotonic()
        if now - self._minute >= _MINUTE:
            self._say_dropped()
            self._minute, self._logged = now, 0
        if self._logged >= _MOST_LINES_A_MINUTE:
            self._dropped += 1
            return False
        self._logged += 1
        return True

    def _say_dropped(self) -> None:
        if self._dropped:
            _log.warning("tool_server_stderr_dropped", server=self._server, lines=self._dropped)
            self._dropped = 0
