"""Processes that a test forks by the hundred and kills: what they are told, how they die, and how their ends are heard of.

A program of such processes calls `serve`: it is the process from which the others are forked. Each line of its standard
input starts one, and each end of one is a line of its standard output.
"""

import asyncio
import faulthandler
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bot.discord.fate import Fate

SHOW = signal.SIGUSR1
"""Makes a process write down where it stands."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a forked process does: ``kind`` is a word of its program.

    ``subject`` is the id of what it works on, ``at`` the point at which it dies (0: never), ``lease`` how long what it
    holds stays its own when it is dead, and ``more`` whatever else its program wants to know.
    """

    kind: str
    url: str
    folder: str
    subject: str = ""
    at: int = 0
    lease: float = 3.0
    more: str = ""


class Deadly(Fate):
    """Ends the process itself at its point, as kill -9 does."""

    def meet(self, point: str) -> None:
        self.points.append(point)
        if len(self.points) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def serve(live: Callable[[Job], Awaitable[None]]) -> None:
    """Fork a process for each line, which lives as ``live`` says, and tell of each end; with the input all end."""
    alive: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: _reap(alive))
    _say({})
    for line in iter(sys.stdin.readline, ""):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = _fork(Job(**json.loads(line)), live)
        alive.add(pid)
        _say({"started": pid})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    for pid in list(alive):
        os.kill(pid, signal.SIGKILL)


async def until_told_to_end(work: Awaitable[None]) -> None:
    """Do ``work`` until the process gets SIGTERM, which cancels it; also one that came before there was any work."""
    working = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    await asyncio.wait({working})
    if not working.cancelled():
        working.result()


def _fork(job: Job, live: Callable[[Job], Awaitable[None]]) -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    pid = os.fork()
    if pid == 0:
        os.dup2(2, 1)  # what it logs is not what its parent says
        faulthandler.register(SHOW, all_threads=True)
        try:
            asyncio.run(_lived(job, live))
        except BaseException as error:  # noqa: BLE001 - a forked process must never go on as its parent
            sys.stderr.write(f"{job.kind}: {error!r}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    return pid


async def _lived(job: Job, live: Callable[[Job], Awaitable[None]]) -> None:
    await live(job)


def _say(what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def _reap(alive: set[int]) -> None:
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGCHLD}
    )  # one at a time: they would talk at once
    try:
        while alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            alive.discard(pid)
            _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(slots=True)
class Nursery:
    """The process from which others are forked, as a test sees it."""

    process: asyncio.subprocess.Process
    ends: dict[int, asyncio.Future[int]]
    started: asyncio.Queue[int]

    async def fork(self, job: Job) -> int:
        """Start a process; its pid."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{json.dumps(asdict(job))}\n".encode())
        async with asyncio.timeout(30):
            return await self.started.get()

    def end_of(self, pid: int) -> asyncio.Future[int]:
        """The exit code of a process, when it has ended; negative for a signal."""
        return self.ends.setdefault(pid, asyncio.get_running_loop().create_future())

    async def listen(self) -> None:
        """Hear what becomes of the processes."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            if "started" in said:
                self.started.put_nowait(said["started"])
            elif "ended" in said:
                self.end_of(said["ended"]).set_result(said["code"])


@asynccontextmanager
async def nursery(program: str, log: Path) -> AsyncGenerator[Nursery]:
    """A process of a program (a module's name) that forks others until the block ends; then they all end."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "ignore", "-m", program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    made = Nursery(process, {}, asyncio.Queue())
    listening = asyncio.create_task(made.listen())
    try:
        yield made
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        listening.cancel()
        await asyncio.wait({listening})
