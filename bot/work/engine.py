"""Decides which runs this process takes up: those that are due, guild after guild, as many as there is room for.

Any number of engines, in any processes, share the runs of a database. Exclusion is the lease on the run's row and its
fence, which every commit checks. A doorbell only makes an engine look at once; whatever was not rung for is found by
looking. A killed process holds its runs for one lease at most.
"""

import asyncio
from collections.abc import Mapping
from uuid import UUID, uuid4

import structlog

from bot.clock import Clock
from bot.errors import OutsideError
from bot.plugins.cog import Workflow
from bot.work import runs_queue, steps_table
from bot.work.execution import Execution
from bot.work.services import RunServices
from bot.work.settings import EngineSettings

log = structlog.get_logger(__name__)


class Engine:
    """One process' share of the runs."""

    def __init__(
        self,
        services: RunServices,
        workflows: Mapping[tuple[str, str], Workflow],
        settings: EngineSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``clock`` (left out: that of ``services``) paces heartbeats and sweeps, which go by Postgres' time."""
        self._services = services
        self._clock = clock or services.clock
        self._workflows = workflows
        self._settings = settings or EngineSettings()
        self._owner = uuid4()
        self._active: set[UUID] = set()
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Look for due runs at once."""
        self._bell.set()

    async def advance(self, run_id: UUID) -> bool:
        """Take up a run where it is, until it is let go of; False if it is not due, is held, or has no room."""
        if run_id in self._active:
            return False
        self._active.add(run_id)
        try:
            return await self._take_up(run_id)
        finally:
            self._active.discard(run_id)
            self._bell.set()

    async def work_forever(self) -> None:
        """Take up what is due until cancelled; then hand over what is under way."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tidy_forever())
            while True:
                self._bell.clear()
                try:
                    for run_id in await self._due():
                        tasks.create_task(self._advance_safely(run_id))
                except OutsideError as error:
                    log.warning("sweep_failed", reason=str(error))
                await self._clock.sleep_unless(self._bell, self._settings.sweep)

    async def tidy(self) -> int:
        """Delete some of the runs that ended long ago; gives their number."""
        if not self._settings.keep_days:
            return 0
        async with self._services.database.connection() as conn:
            return await runs_queue.forget_old(conn, self._settings.keep_days, self._settings.tidy_batch)

    async def _due(self) -> list[UUID]:
        room = self._settings.concurrency - len(self._active)
        async with self._services.database.connection() as conn:
            await runs_queue.make_ready(conn, self._settings.batch, self._services.ahead())
            if room <= 0:
                return []
            due = await runs_queue.turns(conn, min(room, self._settings.batch), self._settings.per_guild)
        fresh = [run_id for run_id in due if run_id not in self._active]
        self._active.update(fresh)
        return fresh

    async def _advance_safely(self, run_id: UUID) -> None:
        """As `advance`, for a run that was noted as active when it was found."""
        try:
            await self._take_up(run_id)
        except OutsideError as error:
            log.warning("run_not_advanced", run=str(run_id), reason=str(error))
        finally:
            self._active.discard(run_id)
            self._bell.set()

    async def _take_up(self, run_id: UUID) -> bool:
        settings = self._settings
        async with self._services.database.transaction() as conn:
            row = await runs_queue.claim(conn, run_id, self._owner, settings.leases, settings.per_guild)
            if row is None:
                return False
            recorded = await steps_table.of_run(conn, run_id)
            too_late = row.deadline_at is not None and await runs_queue.is_late(
                conn, run_id, self._services.ahead()
            )
        workflow = self._workflows.get((row.cog, row.workflow))
        execution = Execution(row, recorded, workflow, self._services, settings, self._clock)
        with structlog.contextvars.bound_contextvars(run=str(run_id), cog=row.cog):
            log.info("run_taken_up", workflow=row.workflow, attempt=row.attempts, steps=len(recorded))
            await execution.carry_out(too_late=too_late)
        return True

    async def _tidy_forever(self) -> None:
        while True:
            await self._clock.sleep(self._settings.tidy)
            try:
                gone = await self.tidy()
            except OutsideError as error:
                log.warning("runs_not_tidied", reason=str(error))
            else:
                if gone:
                    log.info("runs_forgotten", count=gone)
