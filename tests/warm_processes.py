"""Starts programs that tests start and kill again and again, without each importing for a second what all import.

They are forked from one process that has imported it (`tests.warm_parent`). Each is a process of its own, with a pid, a
session, streams and an environment of its own, and runs its module as ``python -m`` does; kill -9 spares nothing of it.
That the command line starts from nothing is for the tests that say ``fresh``, and for those of the demo and the wheel.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from bot.demo.children import Process, started
from tests.tools import ROOT
from tests.warm_parent import NUMBER, Program

VARIABLE = "COGSWARM_TESTS_WARM_PARENT"
"""Where the socket of this test process' warm parent is."""
_STDERR = 2


@contextmanager
def warm_parent() -> Generator[Path]:
    """The process that others are forked from, until the block ends; its socket."""
    with tempfile.TemporaryDirectory(prefix="cogswarm-", ignore_cleanup_errors=True) as folder:
        place = Path(folder) / "warm"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(place))
            listener.listen()
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm_parent", str(listener.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                cwd=ROOT,
            )
        with process:
            try:
                yield place
            finally:
                process.kill()  # it has nothing to lose; were we killed, the end of its stdin would end it


async def begin(arguments: Sequence[str], errors: IO[bytes], environ: Mapping[str, str]) -> Process:
    """Start ``python -m module …``: forked where this test process has a warm parent, else anew."""
    place = os.environ.get(VARIABLE)
    if place is None:
        return await started(arguments, errors, environ)
    option, module, *rest = arguments
    assert option == "-m"
    return await _forked(Path(place), Program(module, rest, str(Path.cwd()), dict(environ)), errors)


async def begin_module(module: str, *arguments: str) -> Process:
    """Start a module of the tests; it complains where they do."""
    with os.fdopen(os.dup(_STDERR), "wb") as errors:
        return await begin(["-m", module, *arguments], errors, {**os.environ, "PYTHONPATH": str(ROOT)})


async def _forked(place: Path, program: Program, errors: IO[bytes]) -> Process:
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as unless_started:
        asked = unless_started.enter_context(socket.socket(socket.AF_UNIX))
        asked.setblocking(False)
        await loop.sock_connect(asked, str(place))
        its_input, our_end = os.pipe()
        unless_started.callback(os.close, our_end)
        output, its_output = os.pipe()
        unless_started.callback(os.close, output)
        told = json.dumps(asdict(program)).encode()
        try:
            socket.send_fds(asked, [NUMBER.pack(len(told))], [its_input, its_output, errors.fileno()])
        finally:
            os.close(its_input)
            os.close(its_output)
        await loop.sock_sendall(asked, told)
        pid = await _number(asked)
        unless_started.pop_all()
    return WarmProcess(pid, asked, our_end, output)


async def _number(asked: socket.socket) -> int:
    said = await asyncio.get_running_loop().sock_recv(asked, NUMBER.size)
    if not said:
        raise RuntimeError(
            "The process that others are forked from has ended: its reason is on standard error."
        )
    return NUMBER.unpack(said)[0]


class WarmProcess:
    """A forked process, as `asyncio.subprocess.Process` shows one."""

    def __init__(self, pid: int, asked: socket.socket, its_input: int, output: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout = asyncio.StreamReader()
        self._input = its_input
        self._output = output
        os.set_blocking(output, False)
        asyncio.get_running_loop().add_reader(output, self._hear)
        self._ending = asyncio.create_task(self._end(asked), name=f"end of {pid}")

    def send_signal(self, signal: int) -> None:
        """Send it, unless the process has ended."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal)

    def kill(self) -> None:
        """As ``kill -9`` does."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        return await asyncio.shield(self._ending)

    async def _end(self, asked: socket.socket) -> int:
        try:
            with asked:
                self.returncode = await _number(asked)
        finally:
            self._hear()
            asyncio.get_running_loop().remove_reader(self._output)
            if not self.stdout.at_eof():
                self.stdout.feed_eof()
            os.close(self._output)
            os.close(self._input)
        return self.returncode

    def _hear(self) -> None:
        """Take in all that it has said."""
        with contextlib.suppress(BlockingIOError):
            while said := os.read(self._output, 65_536):
                self.stdout.feed_data(said)
            asyncio.get_running_loop().remove_reader(self._output)
