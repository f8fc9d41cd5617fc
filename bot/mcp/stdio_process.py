"""Talking to a server that we start, over its stdin and stdout, with bounds on what it may send.

The SDK's own transport keeps a line of any length in memory, copied anew with every piece; here a line that grows
beyond the limit ends the connection, and so does a server that writes nothing but noise.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter

from bot import launch_child
from bot.mcp.specs import StdioServer
from bot.mcp.stderr_lines import StderrLines
from bot.mcp.streams import Noted, ServerMisbehaved, TransportStreams

_log = structlog.get_logger(__name__)

_LAUNCHER = Path(launch_child.__file__)
_PIECE = 65_536
_MOST_NOISE = 10_000
"""Lines that are no messages, in a row, before the server is given up."""
_LEAVE_SECONDS = 2.0
"""How long a server may take to end by itself once its stdin has ended."""
_KILL_SECONDS = 3.0
"""How long the launcher may take to end it; it gives the server half of that."""
_FLUSH_SECONDS = 0.5


@contextlib.asynccontextmanager
async def stdio_streams(
    spec: StdioServer, stderr: StderrLines, noted: Noted
) -> AsyncGenerator[TransportStreams]:
    """Start the server; it and all it started are gone when the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-S", str(_LAUNCHER), str(os.getpid()), spec.command, *spec.args),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr.sink,
        env=get_default_environment() | dict(spec.env),
        cwd=spec.cwd,
        start_new_session=True,
        limit=_PIECE,
    )
    stderr.close_sink()
    said, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, to_send = anyio.create_memory_object_stream[SessionMessage](0)
    reading = asyncio.create_task(_read(process, said, spec, noted), name=f"{spec.name} stdout")
    writing = asyncio.create_task(_write(process, to_send, said), name=f"{spec.name} stdin")
    try:
        yield read, write
    finally:
        await _finished(process, (read, write), (reading, writing))


async def _finished(
    process: asyncio.subprocess.Process,
    streams: tuple[
        MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]
    ],
    tasks: tuple[asyncio.Task[None], asyncio.Task[None]],
) -> None:
    """End the server whatever it takes; shielded, as a cancelled owner must not leave one behind."""
    ending = asyncio.ensure_future(_end(process, streams, tasks))
    while not ending.done():
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            if ending.cancelled():
                raise
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({ending})
            raise


async def _end(
    process: asyncio.subprocess.Process,
    streams: tuple[
        MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]
    ],
    tasks: tuple[asyncio.Task[None], asyncio.Task[None]],
) -> None:
    read, write = streams
    reading, writing = tasks
    read.close()  # what it still says is read and dropped, so that it is not stuck in saying it
    write.close()
    await asyncio.wait({writing}, timeout=_FLUSH_SECONDS)
    writing.cancel()
    if process.stdin is not None:
        process.stdin.close()
    if not await _gone(process, _LEAVE_SECONDS):
        _signal(process.terminate)
        if not await _gone(process, _KILL_SECONDS):
            _signal(lambda: os.killpg(process.pid, 9))
            await _gone(process, _KILL_SECONDS)
    reading.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    transport = getattr(process, "_transport", None)  # what asyncio gives no other way to close
    if transport is not None:
        transport.close()


async def _gone(process: asyncio.subprocess.Process, seconds: float) -> bool:
    """Whether it ends in time. Not ``wait()``, which also waits for whoever else holds its pipes."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while process.returncode is None:  # noqa: ASYNC110  # asyncio tells the end no other way
                await asyncio.sleep(0.01)
    return process.returncode is not None


def _signal(send: object) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if callable(send):
            send()


async def _read(
    process: asyncio.subprocess.Process,
    said: MemoryObjectSendStream[SessionMessage | Exception],
    spec: StdioServer,
    noted: Noted,
) -> None:
    stdout = process.stdout
    assert stdout is not None  # noqa: S101  # a pipe was asked for
    lines = _Lines(spec)
    try:
        async with said:
            while piece := await stdout.read(_PIECE):
                for message in lines.messages(piece):
                    await said.send(message)
    except ServerMisbehaved as error:
        noted(str(error))
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass  # nobody listens any more
    finally:
        lines.tell()
    while await stdout.read(_PIECE):
        pass


class _Lines:
    """Cuts what a server writes into messages. `messages` raises `ServerMisbehaved`."""

    def __init__(self, spec: StdioServer) -> None:
        self._spec = spec
        self._rest = bytearray()
        self._noise = 0
        self._in_a_row = 0

    def messages(self, piece: bytes) -> list[SessionMessage]:
        """The messages that ``piece`` completes."""
        found: list[SessionMessage] = []
        *whole, rest = piece.split(b"\n")
        for part in whole:
            self._add(part)
            line = bytes(self._rest).strip()
            self._rest.clear()
            message = self._message(line) if line else None
            if message is not None:
                found.append(message)
        self._add(rest)
        return found

    def tell(self) -> None:
        """Note in the log how many lines were no messages."""
        if self._noise:
            _log.info("tool_server_noise", server=self._spec.name, lines=self._noise)
            self._noise = 0

    def _add(self, part: bytes) -> None:
        self._rest += part
        if len(self._rest) > self._spec.most_bytes:
            raise ServerMisbehaved(f"it sent a message of more than {self._spec.most_bytes:,} bytes")

    def _message(self, line: bytes) -> SessionMessage | None:
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            self._noise += 1
            self._in_a_row += 1
            if self._in_a_row > _MOST_NOISE:
                raise ServerMisbehaved("it writes lines that are no messages without end") from None
            return None
        self._in_a_row = 0
        return SessionMessage(message)


async def _write(
    process: asyncio.subprocess.Process,
    to_send: MemoryObjectReceiveStream[SessionMessage],
    said: MemoryObjectSendStream[SessionMessage | Exception],
) -> None:
    stdin = process.stdin
    assert stdin is not None  # noqa: S101  # a pipe was asked for
    try:
        async with to_send:
            async for message in to_send:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                stdin.write(f"{text}\n".encode())
                await stdin.drain()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
        # It may still live: whoever waits for an answer must see that the connection is over.
        await said.aclose()
