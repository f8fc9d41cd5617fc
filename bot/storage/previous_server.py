"""What a former owner left in the data directory: a server, parts of one, or a pid file that is no longer true."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import structlog
from psycopg.pq import Ping

from bot.clock import Clock
from bot.storage.cluster import Layout
from bot.storage.postmaster import (
    Postmaster,
    StopTimes,
    is_alive,
    leftover_processes,
    pid_file_misleads,
    running_server,
)
from bot.storage.server_address import read_address

log = structlog.get_logger(__name__)


class PreviousServer:
    """Adopts what a former owner left, or sees that it is gone; the caller holds the owner's lock."""

    def __init__(
        self,
        layout: Layout,
        clock: Clock,
        *,
        stop: StopTimes,
        poll: float,
        grace: float,
        orphans: float,
        report: float,
    ) -> None:
        self._layout = layout
        self._clock = clock
        self._times = stop
        self._poll = poll
        self._grace = grace
        self._orphans = orphans
        self._report = report

    async def adopted(self, ping: Callable[[Path], Awaitable[int]]) -> Postmaster | None:
        """The server if it runs and takes connections at the address that was written down."""
        process = running_server(self._layout)
        address = read_address(self._layout)
        if process is None or address is None or await ping(address.socket_dir) != Ping.OK:
            return None
        log.info("database_server_adopted", pid=process.pid)
        return Postmaster.adopt(process, poll=self._poll)

    async def gone(self) -> None:
        """Waits until no process of the cluster is left, then removes a pid file that would mislead Postgres.

        A dead owner's server is stopping already, which may take as long as writing everything to disk takes; only
        one that shows no sign of it within the grace is told to.
        """
        await self._server_gone()
        if not self._layout.pid_file.exists():
            return
        await self._orphans_gone()
        if pid_file_misleads(self._layout):
            log.info("database_stale_pid_file", file=str(self._layout.pid_file))
            self._layout.pid_file.unlink(missing_ok=True)

    async def _server_gone(self) -> None:
        started = reported = self._clock.monotonic()
        while process := running_server(self._layout):
            now = self._clock.monotonic()
            if now - started > self._grace:
                log.warning("database_server_left_over", pid=process.pid)
                await Postmaster.adopt(process, poll=self._poll).stop(self._times)
            if now - reported > self._report:
                reported = now
                log.info("database_server_still_stopping", pid=process.pid)
            await self._clock.sleep(self._poll)

    async def _orphans_gone(self) -> None:
        """Sessions notice that their main server was killed and end; one that is too busy to notice is killed."""
        deadline = self._clock.monotonic() + self._orphans
        while orphans := leftover_processes(self._layout):
            if self._clock.monotonic() > deadline:
                for process in orphans:
                    _kill(process)
            await self._clock.sleep(self._poll)


def _kill(process: psutil.Process) -> None:
    log.warning("database_orphan_killed", pid=process.pid)
    try:
        process.kill()
    except psutil.NoSuchProcess:
        log.info("database_orphan_gone", alive=is_alive(process))
