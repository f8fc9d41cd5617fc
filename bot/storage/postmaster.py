"""One running Postgres server: starting it as our child, judging one that is already there, stopping it.

A server we start is a direct child in a session of its own (Ctrl-C does not reach it). On Linux it gets SIGINT from the
kernel when we die in whatever way; that signal follows the *thread* that started it, so a thread that does nothing but
wait for the server starts it, and lives exactly as long.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil
import structlog

from bot.errors import OutsideError
from bot.storage import launch
from bot.storage.binaries import Binaries
from bot.storage.cluster import Layout, data_argument, server_environment
from bot.storage.server_user import ServerUser

_LARGEST_PID = 2**31 - 1
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StopTimes:
    """How long each way of stopping a server is given, in seconds, before the next, ruder one."""

    fast: float = 120.0
    immediate: float = 20.0


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A Postgres server that we look after; ``ended`` gets its exit code (None for one that is not our child)."""

    pid: int
    ended: Future[int | None] = field(repr=False)

    @classmethod
    def adopt(cls, process: psutil.Process, *, poll: float) -> Self:
        """Looks after a server that another process started, where servers outlive the process that started them."""
        ended = _uncancellable()

        def watch() -> None:
            while is_alive(process):
                time.sleep(poll)
            ended.set_result(None)

        threading.Thread(target=watch, name="adopted postgres", daemon=True).start()
        return cls(process.pid, ended)

    async def wait(self) -> int | None:
        """Waits until the server has ended, and gives its exit code; being cancelled does not touch the server."""
        return await asyncio.shield(asyncio.wrap_future(self.ended))

    async def stop(self, times: StopTimes) -> None:
        """Ends it in order: sessions are cut, everything is written, files are closed."""
        for name, how, seconds in (
            ("fast", signal.SIGINT, times.fast),
            ("immediate", signal.SIGQUIT, times.immediate),
            ("kill", signal.SIGKILL, None),
        ):
            if self.ended.done():
                return
            if name != "fast":
                log.warning("database_stop_slow", pid=self.pid, next=name)
            _signal(self.pid, how)
            try:
                async with asyncio.timeout(seconds):
                    await self.wait()
            except TimeoutError:
                continue


def start_postmaster(
    binaries: Binaries,
    layout: Layout,
    user: ServerUser,
    *,
    socket_dir: Path,
    settings: Mapping[str, str],
    tie: bool,
) -> Postmaster:
    """Starts the server as a child; it is not ready for connections yet. Blocks for some milliseconds.

    Raises:
        OutsideError: the program could not be started.
    """
    started: Future[int] = Future()
    ended = _uncancellable()

    def live_as_long_as_the_server() -> None:
        try:
            process = _spawn(binaries, layout, user, socket_dir=socket_dir, settings=settings, tie=tie)
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(process.pid)
        ended.set_result(process.wait())

    threading.Thread(target=live_as_long_as_the_server, name="postgres", daemon=True).start()
    try:
        pid = started.result()
    except OSError as error:
        raise OutsideError(f"{binaries.postgres} could not be started: {error}.") from error
    log.info("database_server_started", pid=pid, folder=str(layout.folder))
    return Postmaster(pid, ended)


def _spawn(
    binaries: Binaries,
    layout: Layout,
    user: ServerUser,
    *,
    socket_dir: Path,
    settings: Mapping[str, str],
    tie: bool,
) -> subprocess.Popen[bytes]:
    with (
        data_argument(layout.data, user) as (directory, descriptors),
        open(layout.log, "ab", opener=_private) as output,
    ):
        launcher = [sys.executable, "-I", "-S", launch.__file__]
        identity = [str(os.getpid()), str(user.uid), str(user.gid), str(int(tie))]
        server = [str(binaries.postgres), "-D", directory, "-k", str(socket_dir)]
        for name, value in settings.items():
            server += ["-c", f"{name}={value}"]
        return subprocess.Popen(
            [*launcher, *identity, *server],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=server_environment(os.environ),
            pass_fds=descriptors,
            start_new_session=True,
        )


def running_server(layout: Layout) -> psutil.Process | None:
    """The server that the pid file of the cluster names, if it really runs; its pid alone proves nothing.

    After a crash the file stays, and its pid may by now be a zombie that nobody reaps or a foreign process.
    """
    pid = _recorded_pid(layout.pid_file)
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
    return process if is_alive(process) and _serves(process, layout.data) else None


def leftover_processes(layout: Layout) -> list[psutil.Process]:
    """Every live Postgres process of the cluster, also sessions whose main server was killed."""
    return [
        process for process in psutil.process_iter() if is_alive(process) and _serves(process, layout.data)
    ]


def pid_file_misleads(layout: Layout) -> bool:
    """Whether Postgres would refuse to start over the pid file, although no server of the cluster runs.

    It does if the file names a process that exists, whatever that is, and if it holds no pid at all.
    """
    pid = _recorded_pid(layout.pid_file)
    return (pid is None or psutil.pid_exists(pid)) and running_server(layout) is None


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs: a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _serves(process: psutil.Process, data: Path) -> bool:
    """Whether it is a Postgres process of this cluster: each works inside its data directory."""
    try:
        command = process.cmdline()
        return bool(command) and "postgres" in command[0] and Path(process.cwd()).resolve() == data.resolve()
    except psutil.Error:
        return False


def _recorded_pid(pid_file: Path) -> int | None:
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return pid if 0 < pid <= _LARGEST_PID else None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _uncancellable() -> Future[int | None]:
    """A future that a waiter who is cancelled does not cancel."""
    future: Future[int | None] = Future()
    future.set_running_or_notify_cancel()
    return future


def _signal(pid: int, how: signal.Signals) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        log.info("database_server_already_gone", pid=pid)
