"""A process that has imported what a bot imports, and forks: ``python -m tests.warm_parent FD``.

``FD`` is a listening Unix socket. Whoever connects says which module to run (`Program`, with the three streams of the
new process), hears its pid and, when it has ended, its exit code. It ends with its own stdin. See `tests.warm_processes`.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import struct
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cogs
from bot.cli import build_app
from bot.config.load import load_default_config
from bot.importing import importing

NUMBER = struct.Struct("!i")
"""How long the program's JSON is; then a pid; then an exit code, negative for a signal."""
STREAMS = 3
IMPORTED = (
    "anyio._backends._asyncio",
    "procrastinate.worker",
    "bot.app",
    "bot.local_discord.limits.limits_form",
    "bot.local_discord.server",
    "bot.mcp.connection",
    "bot.observe.logging",
    "bot.observe.uncaught",
    *(found.name for found in pkgutil.iter_modules(cogs.__path__, "cogs.")),
)
"""What bots import at once or when they need it; not the modules that are run, which each child runs anew."""


@dataclass(frozen=True, slots=True)
class Program:
    """What ``python -m module arguments…`` is in a folder with an environment."""

    module: str
    arguments: list[str]
    folder: str
    environ: dict[str, str]


def main() -> None:
    """Fork until stdin ends; in a child, be the program."""
    _import_what_bots_import()
    if threading.active_count() != 1 or _threads() != 1:
        raise RuntimeError(
            "A process with threads must not fork: leave what starts them to the children to import."
        )
    program = _serve(socket.socket(fileno=int(sys.argv[1])))
    if program is not None:
        sys.argv = [program.module, *program.arguments]
        runpy.run_module(program.module, run_name="__main__", alter_sys=True)


def _import_what_bots_import() -> None:
    with importing():
        for name in IMPORTED:
            importlib.import_module(name)
        build_app()
        load_default_config({}, Path.cwd(), missing_ok=True)


def _threads() -> int:
    """As the system counts them, those that are not Python's included."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 1


def _serve(listener: socket.socket) -> Program | None:
    """None at the end of stdin; in a child, what it is to be."""
    heard, told = socket.socketpair()
    told.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
    signal.set_wakeup_fd(told.fileno())
    alive: dict[int, socket.socket] = {}
    look = selectors.DefaultSelector()
    for source in (listener, heard, sys.stdin):
        look.register(source, selectors.EVENT_READ)
    while True:
        ready = [key.fileobj for key, _ in look.select()]
        if heard in ready:
            heard.recv(4096)
            _reap(alive)
        if listener in ready:
            asked, _ = listener.accept()
            program, streams = _asked_for(asked)
            pid = os.fork()
            if pid == 0:
                look.close()
                for ours in (listener, heard, told, asked, *alive.values()):
                    ours.close()
                _settle_in(program, streams)
                return program
            for stream in streams:
                os.close(stream)
            alive[pid] = asked
            _say(asked, pid)
        if sys.stdin in ready:
            return None


def _asked_for(conn: socket.socket) -> tuple[Program, Sequence[int]]:
    length, streams, _, _ = socket.recv_fds(conn, NUMBER.size, STREAMS)
    with conn.makefile("rb") as file:
        return Program(**json.loads(file.read(NUMBER.unpack(length)[0]))), streams


def _settle_in(program: Program, streams: Sequence[int]) -> None:
    """Have what a new process has of its own."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.path[sys.path.index(str(Path.cwd()))] = program.folder  # where `python -m` looks first
    os.chdir(program.folder)
    os.environ.clear()
    os.environ.update(program.environ)


def _reap(alive: dict[int, socket.socket]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with alive.pop(pid) as asked:
            _say(asked, os.waitstatus_to_exitcode(status))


def _say(asked: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # whoever asked may have ended meanwhile
        asked.send(NUMBER.pack(number))


if __name__ == "__main__":
    main()
