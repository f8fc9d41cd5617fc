"""The embedded Postgres: one of the processes that use a data directory runs it, the others attach to its socket.

Each process keeps a guard. Whoever gets the owner's lock starts the server and restarts it when it dies; the others
look after the lock, so that when the owner ends, or is killed, one of them takes over within moments.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import structlog
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from bot.clock import Clock
from bot.errors import CogswarmError, OutsideError
from bot.storage.binaries import Binaries, find_binaries
from bot.storage.binaries_copy import runnable_binaries
from bot.storage.cluster import ADMIN_ROLE, DATABASE, PORT, SETTINGS, Layout, prepare_cluster
from bot.storage.owner_lock import owner_lock
from bot.storage.postmaster import Postmaster, StopTimes, start_postmaster
from bot.storage.previous_server import PreviousServer
from bot.storage.roles import prepare_embedded_database
from bot.storage.server_address import ServerAddress, State, read_address, socket_folder, write_address
from bot.storage.server_log import last_words, log_size
from bot.storage.server_user import ServerUser, server_user

_PING = f"port={PORT} user={ADMIN_ROLE} dbname=postgres connect_timeout=5"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """How the embedded server is run; times in seconds.

    Attributes:
        settings: what differs from Postgres's own defaults.
        sync: whether making the cluster waits for the disk; only tests say no.
        tie: whether the kernel stops the server when its owner dies (Linux); elsewhere the next owner adopts it.
        poll: how often the lock and a starting server are looked at.
        attach: how long an attached process waits for a server that should be there.
        report: how often a long wait is logged.
        grace: how long a dead owner's server is given to notice before it is told to stop.
        orphans: how long sessions are given to notice that their server was killed before they are too.
        retry: the longest pause between two attempts to start.
        attempts: how often the first start is tried before its failure is reported.
        stop: how long each way of stopping is given.
        environ: where ``COGSWARM_PGBIN`` and ``PATH`` come from.
    """

    settings: Mapping[str, str] = field(default_factory=lambda: dict(SETTINGS))
    sync: bool = True
    tie: bool = sys.platform == "linux"
    poll: float = 0.2
    attach: float = 60.0
    report: float = 10.0
    grace: float = 3.0
    orphans: float = 5.0
    retry: float = 15.0
    attempts: int = 4
    stop: StopTimes = field(default_factory=StopTimes)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


class EmbeddedServer:
    """Our view of the cluster's server, be it ours or another process's."""

    def __init__(self, layout: Layout, options: EmbeddedOptions, clock: Clock) -> None:
        self.layout = layout
        self.stopping = asyncio.Event()
        self.postmaster: Postmaster | None = None
        self._options = options
        self._clock = clock
        self._ready = asyncio.Event()
        self._once_ready = False
        self._log_start = 0

    @property
    def owned(self) -> bool:
        """Whether this process runs the server."""
        return self.postmaster is not None

    def where(self) -> dict[str, str]:
        """How to connect at this moment: libpq's ``host``, ``port`` and ``dbname``; the owner may change it."""
        address = read_address(self.layout)
        host = str(address.socket_dir) if address else str(self.layout.folder)
        return {"host": host, "port": str(PORT), "dbname": DATABASE}

    async def first_ready(self, guard: asyncio.Task[None]) -> None:
        """Waits until the server takes connections; raises what made the guard give up before that."""
        ready = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait({ready, guard}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if guard.done():
            await guard

    async def guard(self) -> None:
        """Owns the server whenever nobody else does, until told to stop."""
        attached_since = self._clock.monotonic()
        pause = self._options.poll
        while not self.stopping.is_set():
            with owner_lock(self.layout.lock) as mine:
                if mine:
                    try:
                        await self._own()
                    except (CogswarmError, OSError, psycopg.Error) as error:
                        if not self._once_ready:
                            raise _told(error, self.layout) from error
                        log.warning("database_start_failed", reason=_one_line(error), again_in=pause)
                        pause = min(pause * 2, self._options.retry)
                    else:
                        pause = self._options.poll
            if not mine and not self._once_ready:
                await self._attach(attached_since)
            await self._wait(pause)

    async def _attach(self, since: float) -> None:
        address = read_address(self.layout)
        if address and address.state == "ready" and await _ping(address.socket_dir) == Ping.OK:
            log.info("database_attached", owner_pid=address.owner_pid, folder=str(self.layout.folder))
            self._mark_ready()
        elif address and address.state == "starting":
            return  # the owner reports its progress, and gives up if there is none
        elif self._clock.monotonic() - since > self._options.attach:
            owner = f"process {address.owner_pid}" if address else "another process"
            raise OutsideError(
                f"The database in {self.layout.folder} is run by {owner}, but it cannot be reached from here: stop that "
                "process, or choose another data_dir."
            )

    async def _own(self) -> None:
        user = server_user(self.layout.data)
        binaries = await _in_thread(lambda: find_binaries(self._options.environ))
        binaries = await _in_thread(lambda: runnable_binaries(binaries, user, self.layout.folder))
        try:
            while not self.stopping.is_set():
                self.postmaster = await self._running(binaries, user)
                if self.postmaster is None:
                    return
                await self._until_stopping_or(self.postmaster)
                if self.postmaster.ended.done():
                    log.error(
                        "database_server_ended",
                        exit_code=self.postmaster.ended.result(),
                        said=self._last_words(),
                    )
        finally:
            await self._stop()

    async def _running(self, binaries: Binaries, user: ServerUser) -> Postmaster | None:
        """A server that takes connections and has our roles and database; None when told to stop meanwhile."""
        previous = PreviousServer(
            self.layout,
            self._clock,
            stop=self._options.stop,
            poll=self._options.poll,
            grace=self._options.grace,
            orphans=self._options.orphans,
            report=self._options.report,
        )
        if not self._options.tie and (adopted := await previous.adopted(_ping)):
            self.postmaster = adopted
            await self._finish_start()
            return adopted
        await previous.gone()
        attempt, pause = 0, self._options.poll
        while not self.stopping.is_set():
            attempt += 1
            self.postmaster = await self._start(binaries, user)
            if await self._becomes_ready(self.postmaster):
                await self._finish_start()
                return self.postmaster
            if self.stopping.is_set():
                return self.postmaster
            said = self._last_words()
            log.warning("database_start_failed", attempt=attempt, said=said, again_in=pause)
            if not self._once_ready and attempt >= self._options.attempts:
                raise OutsideError(
                    f"Postgres does not start: {said or 'it says nothing'} (see {self.layout.log})."
                )
            await self._wait(pause)
            pause = min(pause * 2, self._options.retry)
            await previous.gone()
        return None

    async def _start(self, binaries: Binaries, user: ServerUser) -> Postmaster:
        sync = self._options.sync
        await _in_thread(lambda: prepare_cluster(self.layout, binaries, user, sync=sync))
        socket_dir = socket_folder(self.layout, user)
        self._announce("starting", socket_dir)
        self._log_start = log_size(self.layout.log)
        return await _in_thread(
            lambda: start_postmaster(
                binaries,
                self.layout,
                user,
                socket_dir=socket_dir,
                settings=self._options.settings,
                tie=self._options.tie,
            )
        )

    async def _becomes_ready(self, postmaster: Postmaster) -> bool:
        """Waits without limit while it runs: recovery after a crash may take long. Says what it is doing."""
        socket_dir = self._address().socket_dir
        reported = self._clock.monotonic()
        ended = asyncio.wrap_future(postmaster.ended)
        while not postmaster.ended.done() and not self.stopping.is_set():
            if await _ping(socket_dir) == Ping.OK:
                return True
            if self._clock.monotonic() - reported > self._options.report:
                reported = self._clock.monotonic()
                log.info("database_still_starting", pid=postmaster.pid, said=self._last_words())
            await asyncio.wait([ended], timeout=min(0.02, self._options.poll))
        return False

    async def _until_stopping_or(self, postmaster: Postmaster) -> None:
        waits = [asyncio.ensure_future(postmaster.wait()), asyncio.ensure_future(self.stopping.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _stop(self) -> None:
        if self.postmaster is None:
            return
        await self.postmaster.stop(self._options.stop)
        log.info("database_server_stopped", pid=self.postmaster.pid)
        self.postmaster = None
        if address := read_address(self.layout):
            self.layout.address.unlink(missing_ok=True)
            shutil.rmtree(address.socket_dir, ignore_errors=True)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.stopping.wait()
        except TimeoutError:
            return

    def _address(self) -> ServerAddress:
        if address := read_address(self.layout):
            return address
        raise OutsideError(
            f"{self.layout.address} has vanished: leave the data directory alone while it is in use."
        )

    def _announce(self, state: State, socket_dir: Path) -> None:
        write_address(self.layout, ServerAddress(socket_dir, os.getpid(), state))

    async def _finish_start(self) -> None:
        await prepare_embedded_database(self.where())
        self._announce("ready", self._address().socket_dir)
        self._mark_ready()

    def _mark_ready(self) -> None:
        self._once_ready = True
        self._ready.set()

    def _last_words(self) -> str:
        return last_words(self.layout.log, self._log_start)


@asynccontextmanager
async def embedded_server(
    folder: Path, options: EmbeddedOptions | None = None, clock: Clock | None = None
) -> AsyncGenerator[EmbeddedServer]:
    """Runs or attaches to the server of the cluster in ``folder`` (absolute); it takes connections when the block begins.

    Leaving the block stops the server if we run it; processes that are attached start it again.

    Raises:
        ConfigError: the folder, its owner or the installed Postgres will not do.
        OutsideError: the server does not start or cannot be reached.
    """
    server = EmbeddedServer(Layout(folder), options or EmbeddedOptions(), clock or Clock())
    guard = asyncio.create_task(server.guard(), name="embedded postgres")
    try:
        await server.first_ready(guard)
        yield server
    finally:
        server.stopping.set()
        await _settled(guard)
    guard.result()


def _told(error: Exception, layout: Layout) -> CogswarmError:
    if isinstance(error, CogswarmError):
        return error
    return OutsideError(
        f"The database in {layout.folder} cannot be started ({_one_line(error)}): mend that and start again."
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


async def _ping(socket_dir: Path) -> int:
    """Asks, as ``pg_isready`` does, whether a server listens there and takes connections."""
    return await asyncio.to_thread(PGconn.ping, make_conninfo(_PING, host=str(socket_dir)).encode())


async def _in_thread[T](work: Callable[[], T]) -> T:
    """Runs blocking work in a thread; when cancelled, first lets it finish: it happens under the owner's lock."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _settled(task: asyncio.Task[None]) -> None:
    """Waits for the end of a task that was told to end, even while we are being cancelled."""
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
