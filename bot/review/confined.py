"""Runs a program on files of strangers: no network, no environment, no input, and limits on everything it may use.

The limits and the missing network are `bot.review.confine`'s; that it ends with us, together with all it started, is
`bot.launch_child`'s.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot import launch_child
from bot.errors import OutsideError, TimedOut

_CONFINE = Path(__file__).with_name("confine.py")
_LAUNCHER = Path(launch_child.__file__)
_PIECE = 65_536
_END_SECONDS = 5.0
_MISSING = 127
NO_MODULE = "No module named"


class ToolFailed(OutsideError):
    """A tool did not do its work; the sentence says why."""


class ToolMissing(ToolFailed):
    """A tool is not installed."""


class ToolTooSlow(ToolFailed, TimedOut):
    """A tool took longer than it may."""


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """What a tool may use; times in seconds, sizes in bytes. ``seconds`` is of the clock, and twice as much of the processor."""

    seconds: float = 120.0
    memory_bytes: int = 2 * 1024**3
    output_bytes: int = 32 * 1024**2
    file_bytes: int = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended."""

    code: int
    output: bytes
    errors: str = field(repr=False)


async def run_confined(
    name: str,
    command: Sequence[str],
    folder: Path,
    limits: ToolLimits,
    *,
    given: bytes = b"",
    environ: Mapping[str, str] | None = None,
) -> Ran:
    """Run ``command`` in ``folder``, which is its home, too; ``given`` is its input.

    Raises `ToolMissing`, `ToolTooSlow` and `ToolFailed` (more output than allowed, or killed); what an exit code means is
    the caller's to know.
    """
    told = json.dumps(
        {"cpu": int(limits.seconds * 2) + 1, "memory": limits.memory_bytes, "file": limits.file_bytes}
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(
            "-I",
            "-S",
            str(_LAUNCHER),
            str(os.getpid()),
            sys.executable,
            "-I",
            "-S",
            str(_CONFINE),
            told,
            *command,
        ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            "PATH": os.defpath,
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LANG": "C.UTF-8",
            **(environ or {}),
        },
        cwd=folder,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limits.seconds):
            async with asyncio.TaskGroup() as tasks:
                out = tasks.create_task(_read(name, process.stdout, limits.output_bytes))
                err = tasks.create_task(_read(name, process.stderr, limits.output_bytes))
                tasks.create_task(_write(process.stdin, given))
            code = await process.wait()
    except TimeoutError as error:
        raise ToolTooSlow(f"{name} took longer than {limits.seconds:g} seconds.") from error
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    finally:
        await asyncio.shield(_end(process))
    errors = err.result().decode("utf-8", "replace")
    if code == _MISSING or NO_MODULE in errors:
        raise ToolMissing(f"{name} is not installed.")
    if code < 0 or code > 128:  # noqa: PLR2004 - a signal's number is added to it
        raise ToolFailed(f"{name} was ended: it used more than it may.")
    return Ran(code, out.result(), errors)


async def _read(name: str, stream: asyncio.StreamReader | None, most: int) -> bytes:
    assert stream is not None  # noqa: S101 - a pipe was asked for
    found = bytearray()
    while piece := await stream.read(_PIECE):
        found += piece
        if len(found) > most:
            raise ToolFailed(f"{name} said more than {most // 1024**2} MB.")
    return bytes(found)


async def _write(stream: asyncio.StreamWriter | None, given: bytes) -> None:
    assert stream is not None  # noqa: S101 - as above
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended without reading
        stream.write(given)
        await stream.drain()
    stream.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it, and what it started, whatever it is doing."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)  # the launcher ends all that is below it
        try:
            async with asyncio.timeout(_END_SECONDS):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    transport = getattr(process, "_transport", None)  # what asyncio gives no other way to close
    if transport is not None:
        transport.close()
