"""Takes up runs under a lease, renews it, ends them: done, stopped by people, failed, or given back.

A killed process holds its runs for one lease at most; then the sweeper, here or in another process, takes
them up again. Exclusion is the lease on the run's row and its fence, which every commit checks.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import structlog

from bot.clock import Clock
from bot.errors import CogswarmError, DatabaseAway, OutsideError
from bot.plugins.cog import Workflow
from bot.work import runs_table, steps_table
from bot.work.run import Run
from bot.work.runs_table import RunRow
from bot.work.services import RunServices
from bot.work.steps import LeaseLost

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Seconds, and how often a run may be taken up before it is given up as harmful."""

    lease: float = 3.0
    heartbeat: float = 1.0
    sweep: float = 1.0
    retry_delay: float = 2.0
    max_attempts: int = 50
    batch: int = 50
    concurrency: int = 20


class Engine:
    """Executes runs; several engines, in any process, share the work."""

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
        self._slots = asyncio.Semaphore(self._settings.concurrency)

    async def advance(self, run_id: UUID) -> None:
        """Take up a run where it is; nothing happens if it is finished or somebody holds it."""
        if run_id in self._active:
            return
        self._active.add(run_id)
        try:
            async with self._slots:
                await self._take_up(run_id)
        finally:
            self._active.discard(run_id)

    async def sweep_forever(self) -> None:
        """Find runs that are due and that nobody works on; the doorbell may be lost, this is not."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    async with self._services.database.connection() as conn:
                        waiting = await runs_table.due(conn, self._settings.batch)
                except OutsideError as error:
                    log.warning("sweep_failed", reason=str(error))
                    waiting = []
                for run_id in waiting:
                    if run_id not in self._active:
                        tasks.create_task(self._advance_safely(run_id))
                await self._clock.sleep(self._settings.sweep)

    async def _advance_safely(self, run_id: UUID) -> None:
        try:
            await self.advance(run_id)
        except OutsideError as error:
            log.warning("run_not_advanced", run=str(run_id), reason=str(error))

    async def _take_up(self, run_id: UUID) -> None:
        async with self._services.database.transaction() as conn:
            row = await runs_table.claim(conn, run_id, self._owner, self._settings.lease)
            recorded = dict(await steps_table.done(conn, run_id)) if row else {}
        if row is None:
            return
        run = Run(row, recorded, self._services)
        with structlog.contextvars.bound_contextvars(run=str(run_id), cog=row.cog):
            log.info("run_taken_up", workflow=row.workflow, attempt=row.attempts, steps=len(recorded))
            await self._execute(row, run)

    async def _execute(self, row: RunRow, run: Run) -> None:
        workflow = self._workflows.get((row.cog, row.workflow))
        if workflow is None:
            await self._finish(
                row, run, "failed", f"The cog {row.cog} that started this is not loaded any more."
            )
        elif row.stop_by is not None:
            await self._stop(row, run, workflow, row.stop_by)
        elif row.attempts > self._settings.max_attempts:
            await self._finish(row, run, "failed", "This was interrupted too often and has been given up.")
        else:
            await self._work(row, run, workflow)

    async def _work(self, row: RunRow, run: Run, workflow: Workflow) -> None:
        body = asyncio.ensure_future(workflow.body(run, **row.args))
        heart = asyncio.create_task(self._beat(row, body))
        try:
            await asyncio.wait({body})
        except asyncio.CancelledError:
            await _cancel(body)
            raise
        finally:
            await _cancel(heart)
        stop_by = heart.result() if heart.done() and not heart.cancelled() else None
        await self._settle(row, run, workflow, body, stop_by)

    async def _settle(
        self, row: RunRow, run: Run, workflow: Workflow, body: asyncio.Future[None], stop_by: int | None
    ) -> None:
        if body.cancelled():
            if stop_by is not None:
                await self._stop(row, run, workflow, stop_by)
            return
        match body.exception():
            case None:
                await self._finish(row, run, "done", None)
            case LeaseLost():
                log.warning("run_lease_lost")
            case DatabaseAway() as error:
                log.warning("run_given_back", reason=str(error))
                await self._give_back(row)
            case CogswarmError() as error:
                log.warning("run_failed", reason=str(error))
                await self._finish(row, run, "failed", str(error))
            case error:
                error_id = uuid4().hex[:8]
                log.error("run_broken", error_id=error_id, exc_info=error)
                await self._finish(
                    row,
                    run,
                    "failed",
                    f"Something broke here (error {error_id}); the bot's log has the details.",
                )

    async def _beat(self, row: RunRow, body: asyncio.Future[None]) -> int | None:
        """Renew the lease until the body ends; cancel it when the lease is gone or people say stop."""
        while True:
            await self._clock.sleep(self._settings.heartbeat)
            try:
                async with self._services.database.connection() as conn:
                    ours, stop_by = await runs_table.renew(conn, row.id, row.fence, self._settings.lease)
            except OutsideError as error:
                # Others may take the run up by now; the fence keeps this one from committing anything.
                log.warning("heartbeat_failed", reason=str(error))
                continue
            if not ours or stop_by is not None:
                body.cancel()
                return stop_by

    async def _stop(self, row: RunRow, run: Run, workflow: Workflow, stop_by: int) -> None:
        if workflow.stopped is not None:
            try:
                await workflow.stopped(run, **row.args)
            except CogswarmError as error:
                log.warning("stop_report_failed", reason=str(error))
        try:
            async with self._services.database.connection() as conn:
                now = await runs_table.get(conn, row.id)
        except OutsideError as error:
            log.warning("run_not_finished", reason=str(error))
            return
        reason = now.stop_reason if now is not None else None
        await self._finish(row, run, "stopped", reason or f"Stopped by <@{stop_by}>.")

    async def _finish(self, row: RunRow, run: Run, state: str, sentence: str | None) -> None:
        ending = f"✗ {sentence}" if state == "failed" else f"■ {sentence}" if sentence else None
        try:
            async with self._services.database.transaction() as conn:
                if await runs_table.finish(conn, row.id, row.fence, state, sentence):
                    await run.close(conn, ending=ending)
        except OutsideError as error:
            log.warning("run_not_finished", reason=str(error))
            return
        log.info("run_finished", state=state)

    async def _give_back(self, row: RunRow) -> None:
        try:
            async with self._services.database.connection() as conn:
                await runs_table.release(conn, row.id, row.fence, delay_seconds=self._settings.retry_delay)
        except OutsideError as error:
            log.warning("run_not_released", reason=str(error))


async def _cancel(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait({task})
