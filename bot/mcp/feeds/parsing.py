"""Having documents read by worker processes that can be killed: none may take the server's time or memory."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, cast

import structlog

from bot.mcp.feeds.entries import ParsedFeed
from bot.mcp.feeds.parse_worker import LENGTH

_log = structlog.get_logger(__name__)

_START_SECONDS = 20.0
"""Added to a worker's first time limit, in which it also has to start."""
_GRACE_SECONDS = 1.0
"""By how much the worker's own alarm comes later than ours."""


class Unreadable(Exception):
    """A document cannot be read; ``str()`` is the end of a sentence that starts with its name."""


@dataclass(slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    fresh: bool = True


class Parsers:
    """At most ``count`` worker processes, started when first needed; an async context manager."""

    def __init__(self, *, seconds: float, count: int = 2) -> None:
        self._seconds = seconds
        self._turns = asyncio.Semaphore(count)
        self._idle: list[_Worker] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self._idle:
            await _end(worker)
        self._idle.clear()

    async def feed(self, body: bytes, *, name: str, url: str, content_type: str, now: datetime) -> ParsedFeed:
        """Read a feed, as `parse_feed` does. Raises `Unreadable`."""
        about = {"name": name, "url": url, "content_type": content_type, "now": now.isoformat()}
        answer = await self._ask({"kind": "feed", **about}, body)
        return ParsedFeed.model_validate(answer["feed"])

    async def page(self, body: bytes, *, content_type: str, limit: int) -> str:
        """Give a page's main text, empty where it has none. Raises `Unreadable`."""
        answer = await self._ask({"kind": "page", "content_type": content_type, "limit": limit}, body)
        return str(answer["text"])

    async def _ask(self, header: dict[str, Any], body: bytes) -> dict[str, Any]:
        header |= {"size": len(body), "seconds": self._seconds + _GRACE_SECONDS}
        async with self._worker() as worker:
            start = _START_SECONDS if worker.fresh else 0.0
            try:
                async with asyncio.timeout(self._seconds + start):
                    answer = await _exchange(worker.process, json.dumps(header).encode("ascii"), body)
            except TimeoutError as error:
                raise Unreadable("takes too long to be read") from error
            except (OSError, EOFError, ValueError) as error:
                _log.warning("parse_worker_died", kind=header["kind"], error=str(error))
                raise Unreadable("cannot be read: reading it failed") from error
            worker.fresh = False
        if problem := answer.get("problem"):
            raise Unreadable(str(problem))
        return answer

    @contextlib.asynccontextmanager
    async def _worker(self) -> AsyncGenerator[_Worker]:
        async with self._turns:
            worker = self._idle.pop() if self._idle else await _start()
            try:
                yield worker
            except BaseException:
                await asyncio.shield(_end(worker))  # it may be anywhere in its work
                raise
            self._idle.append(worker)


async def _exchange(process: asyncio.subprocess.Process, header: bytes, body: bytes) -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101 - it was asked for  # started with pipes; for the type checker
    assert process.stdout is not None  # noqa: S101 - it was asked for
    process.stdin.write(LENGTH.pack(len(header)) + header)
    process.stdin.write(body)
    await process.stdin.drain()
    prefix = await process.stdout.readexactly(LENGTH.size)
    return cast("dict[str, Any]", json.loads(await process.stdout.readexactly(LENGTH.unpack(prefix)[0])))


async def _start() -> _Worker:
    search_path = os.pathsep.join(part for part in sys.path if part)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "bot.mcp.feeds.parse_worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": search_path, "PATH": os.defpath},
    )
    return _Worker(process)


async def _end(worker: _Worker) -> None:
    with contextlib.suppress(ProcessLookupError):
        worker.process.kill()
    await worker.process.wait()
