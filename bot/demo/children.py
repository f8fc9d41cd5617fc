"""The processes of the demo: each says in one JSON line when it is ready, and ends when we do."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import structlog

from bot.errors import OutsideError

READY_SECONDS = 60.0
END_SECONDS = 10.0

log = structlog.get_logger(__name__)


class Process(Protocol):
    """What is needed of a process, as `asyncio.subprocess.Process` has it."""

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        ...

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative for a signal."""
        ...

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """What it says."""
        ...

    def send_signal(self, signal: int, /) -> None:
        """Send a signal."""

    def kill(self) -> None:
        """As ``kill -9`` does."""

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        ...


type Begin = Callable[[Sequence[str], IO[bytes], Mapping[str, str]], Awaitable[Process]]
"""Begins ``python arguments…``, with a file for what it complains of and its environment."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running process; ``ready`` is what its first line said."""

    name: str
    process: Process
    ready: dict[str, Any]
    log_file: Path

    async def ended(self) -> str:
        """Wait for its end, which nobody expects; a sentence that says where to look."""
        code = await self.process.wait()
        return f"{self.name} ended by itself (exit code {code}); the reason is in {self.log_file}."


async def started(arguments: Sequence[str], errors: IO[bytes], environ: Mapping[str, str]) -> Process:
    """A new process; its stdin and stdout are pipes."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=errors,
        env=dict(environ),
        # Ctrl-C in the terminal goes to the whole group; children are ended in order by us.
        start_new_session=True,
    )


@asynccontextmanager
async def running(
    name: str,
    arguments: Sequence[str],
    *,
    log_file: Path,
    environ: Mapping[str, str],
    ready_seconds: float = READY_SECONDS,
    begin: Begin = started,
) -> AsyncGenerator[Child]:
    """Run ``python arguments…`` until the block ends; its stderr goes to ``log_file``.

    Its stdin is a pipe of ours that it watches: when we are killed, it ends too. Raises `OutsideError` where
    it does not become ready.
    """
    with log_file.open("ab") as errors:
        process = await begin(arguments, errors, environ)
    try:
        ready = await _ready_line(name, process, log_file, ready_seconds)
        log.info("demo_part_ready", part=name, pid=process.pid)
        drain = asyncio.create_task(_drain(process))
        try:
            yield Child(name, process, ready, log_file)
        finally:
            drain.cancel()
    finally:
        await _end(name, process)


async def _ready_line(name: str, process: Process, log_file: Path, seconds: float) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        async with asyncio.timeout(seconds):
            line = await process.stdout.readline()
    except TimeoutError as error:
        raise OutsideError(
            f"{name} was not ready after {seconds:g} seconds; the reason is in {log_file}."
        ) from error
    try:
        return dict(json.loads(line))
    except ValueError as error:
        raise OutsideError(f"{name} could not start: {_last_line(log_file)}") from error


def _last_line(log_file: Path) -> str:
    lines = log_file.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"it said nothing; see {log_file}."


async def _drain(process: Process) -> None:
    """Keep reading, so that a child that prints does not block."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    while await process.stdout.read(65_536):
        pass


async def _end(name: str, process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        log.warning("demo_part_killed", part=name)
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
