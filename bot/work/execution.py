"""One run in the hands of this process, from when it was taken up until it is let go of.

It is let go of when it has ended, waits, is to be tried later, is lost to another process, or is handed over because
this one ends. Every way out is one transaction under the lease.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import structlog
from pydantic import JsonValue, TypeAdapter

from bot.clock import Clock
from bot.errors import CogswarmError, DatabaseAway, OutsideError
from bot.plugins.cog import Workflow
from bot.work import runs_table, waits_table
from bot.work.run import Run
from bot.work.runs_table import Beat, RunRow
from bot.work.services import RunServices
from bot.work.settings import EngineSettings
from bot.work.speaking import Voice
from bot.work.steps import LeaseLost, Steps
from bot.work.steps_table import StepRow
from bot.work.waiting import Waits

OWNER = 0
"""Stands for the bot's owner, who stops a run from the command line, where a member's id stands otherwise."""

log = structlog.get_logger(__name__)


class Execution:
    """Carries out what a run's row says is to be done."""

    def __init__(
        self,
        row: RunRow,
        recorded: Iterable[StepRow],
        workflow: Workflow | None,
        services: RunServices,
        settings: EngineSettings,
        clock: Clock,
    ) -> None:
        services = replace(services, database=services.database.within(row.guild_id))
        self._row = row
        self._workflow = workflow
        self._services = services
        self._settings = settings
        self._clock = clock
        self._lease = settings.lease_of(row.attempts)
        self._steps = Steps(
            services.database,
            row.id,
            row.fence,
            recorded,
            secrets=services.secrets,
            interrupted=row.attempts > 1,
        )
        self._voice = Voice(row, self._steps, services)
        self._waits = Waits(row, self._steps, self._voice, services)
        self._run = Run(row, services, self._steps, self._voice, self._waits)

    async def carry_out(self, *, too_late: bool) -> None:
        """Do it; cancelled, hand the run over to whoever is free."""
        row, workflow = self._row, self._workflow
        if workflow is None:
            await self._finish("failed", f"The cog {row.cog} that started this is not loaded any more.")
        elif row.stop_by is not None or too_late:
            await self._stop(workflow, Beat(ours=True, stop_by=row.stop_by, too_late=too_late))
        elif row.attempts > self._settings.max_attempts:
            await self._finish("failed", "This was interrupted too often and has been given up.")
        else:
            await self._work(workflow)

    async def _work(self, workflow: Workflow) -> None:
        body = asyncio.ensure_future(self._body(workflow))
        alone = asyncio.create_task(self._waits.only())
        async with self._heart(body) as heart:
            try:
                await asyncio.wait({body, alone}, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                await self._hand_over(body)
                raise
            finally:
                await _cancel(alone)
            keys: Sequence[str] = [] if body.done() else self._waits.keys
            if keys:
                # What the code still does on its way out (a ``finally``) is no part of the work.
                self._steps.let_go()
                await _cancel(body)
        beat = _learnt(heart)
        if keys and beat is None:
            await self._park(keys)
        else:
            await self._settle(workflow, body, beat)

    async def _body(self, workflow: Workflow) -> Any:
        await self._services.learn(self._row.guild_id)
        if self._row.round:
            async with self._steps.commit() as conn:
                await self._voice.again(conn)
        return await workflow.body(self._run, **self._row.args)

    async def _settle(self, workflow: Workflow, body: asyncio.Future[Any], beat: Beat | None) -> None:
        if body.cancelled():
            if beat is not None and beat.ours:
                await self._stop(workflow, beat)
            elif beat is not None:
                log.warning("run_lease_lost")
            return
        match body.exception():
            case None:
                await self._finish("done", None, body.result())
            case LeaseLost():
                log.warning("run_lease_lost")
            case DatabaseAway() as error:
                log.warning("run_given_back", reason=str(error))
                await self._give_back(self._settings.retry_delay)
            case OutsideError() as error if error.may_pass:
                await self._try_later(error)
            case CogswarmError() as error:
                log.warning("run_failed", reason=str(error))
                await self._finish("failed", str(error))
            case error:
                await self._finish("failed", _broken(error))

    @asynccontextmanager
    async def _heart(self, body: asyncio.Future[Any]) -> AsyncGenerator[asyncio.Task[Beat]]:
        """Keep the lease while the block lasts; ``body`` is cancelled when that fails or the run has to end."""
        heart = asyncio.create_task(self._beat(body))
        try:
            yield heart
        finally:
            await _cancel(heart)

    async def _beat(self, body: asyncio.Future[Any]) -> Beat:
        while True:
            await self._clock.sleep(self._settings.heartbeat)
            try:
                async with self._services.database.connection() as conn:
                    beat = await runs_table.renew(
                        conn, self._row.id, self._row.fence, self._lease, self._services.ahead()
                    )
            except OutsideError as error:
                # Others may take the run up by now; the fence keeps this one from committing anything.
                log.warning("heartbeat_failed", reason=str(error))
                continue
            if not beat.ours or beat.stop_by is not None or beat.too_late:
                body.cancel()
                return beat

    async def _hand_over(self, body: asyncio.Future[Any]) -> None:
        """This process ends: let what cannot be repeated come to its end, and give the run to another."""
        if not self._steps.harmless.is_set():
            harmless = asyncio.ensure_future(self._steps.harmless.wait())
            await asyncio.wait({body, harmless}, timeout=self._settings.grace)
            harmless.cancel()
        self._steps.let_go()
        await _cancel(body)
        await self._give_back(0.0)

    async def _stop(self, workflow: Workflow, beat: Beat) -> None:
        """Let the workflow say what was done so far, and end."""
        if workflow.stopped is not None:
            self._steps.begin_part("stopped")
            report = asyncio.ensure_future(self._reported(workflow.stopped(self._run, **self._row.args)))
            # Who stops it has been learnt; what the heart still watches is whether the run is ours.
            heart = asyncio.create_task(self._keep(report))
            try:
                await asyncio.wait({report})
            except asyncio.CancelledError:
                await _cancel(report)
                raise
            finally:
                await _cancel(heart)
        if beat.stop_by is None:
            await self._finish("failed", _took_too_long(self._row.seconds))
        else:
            await self._end_stopped(beat.stop_by)

    async def _end_stopped(self, stop_by: int) -> None:
        try:
            async with self._services.database.connection() as conn:
                now = await runs_table.get(conn, self._row.id)
        except OutsideError as error:
            log.warning("run_not_finished", reason=str(error))
            return
        by = "the owner of this bot" if stop_by == OWNER else f"<@{stop_by}>"
        reason = now.stop_reason if now is not None else None
        await self._finish("stopped", f"{reason or f'Stopped by {by}.'}{_unknown(self._steps.doubtful)}")

    async def _keep(self, report: asyncio.Future[Any]) -> None:
        while True:
            await self._clock.sleep(self._settings.heartbeat)
            try:
                async with self._services.database.connection() as conn:
                    beat = await runs_table.renew(conn, self._row.id, self._row.fence, self._lease)
            except OutsideError as error:
                log.warning("heartbeat_failed", reason=str(error))
                continue
            if not beat.ours:
                report.cancel()

    async def _reported(self, report: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._settings.stopping):
                await report
        except (CogswarmError, TimeoutError) as error:
            log.warning("stop_report_failed", reason=str(error) or "it took too long")
        except Exception as error:  # the run has to end, whatever its last word was to be
            log.exception("stop_report_broken", error=type(error).__name__)

    async def _park(self, keys: Sequence[str]) -> None:
        async def let_go() -> None:
            async with self._services.database.transaction() as conn:
                if not await runs_table.holds(conn, self._row.id, self._row.fence):
                    return
                due = await waits_table.park(conn, self._row.id, self._row.fence, keys)
                if due is not False:
                    await self._voice.pause(conn, due)
            log.info("run_waits", keys=keys)

        await self._safely("run_not_parked", let_go)

    async def _try_later(self, error: OutsideError) -> None:
        """Put the run off, longer each time, until it has failed too often in a row."""
        failures = 1 if self._steps.gets_on else self._row.failures + 1
        if failures > self._settings.retries:
            log.warning("run_failed", reason=str(error), failures=failures)
            await self._finish("failed", str(error))
            return
        pause = min(self._settings.retry_delay * 2 ** (failures - 1), self._settings.longest_delay)
        pause = max(pause, float(getattr(error, "retry_after", None) or 0))

        async def put_off() -> None:
            async with self._services.database.transaction() as conn:
                due = await runs_table.try_later(
                    conn,
                    self._row.id,
                    self._row.fence,
                    delay_seconds=pause,
                    failures=failures,
                    error=str(error),
                )
                if due is not None:
                    await self._voice.put_off(conn, str(error), due)
            log.warning("run_put_off", reason=str(error), failures=failures, seconds=pause)

        await self._safely("run_not_put_off", put_off)

    async def _finish(self, state: str, sentence: str | None, result: Any = None) -> None:
        try:
            stored = TypeAdapter(JsonValue).validate_python(result)
        except ValueError:
            kind = type(result).__name__
            state, sentence, stored = "failed", f"The workflow returned a {kind}; let it return JSON.", None
        ending = f"✗ {sentence}" if state == "failed" else f"■ {sentence}" if sentence else None

        async def end() -> None:
            async with self._services.database.transaction() as conn:
                over = await runs_table.finish(conn, self._row.id, self._row.fence, state, sentence, stored)
                if over and (
                    self._workflow is None or self._workflow.told or self._row.status_row is not None
                ):
                    await self._voice.close(conn, ending=ending, again=state == "failed")
            log.info("run_finished", state=state)

        await self._safely("run_not_finished", end)

    async def _give_back(self, delay: float) -> None:
        async def give() -> None:
            async with self._services.database.transaction() as conn:
                await runs_table.release(conn, self._row.id, self._row.fence, delay_seconds=delay)
                if not delay:
                    await self._services.ring(conn, self._row.id)

        await self._safely("run_not_released", give)

    async def _safely(self, event: str, change: Callable[[], Awaitable[None]]) -> None:
        """Make the last change; where the database is away, the lease runs out and the run is taken up again."""
        try:
            await change()
        except OutsideError as error:
            log.warning(event, reason=str(error))


def _learnt(heart: asyncio.Task[Beat]) -> Beat | None:
    return heart.result() if heart.done() and not heart.cancelled() else None


def _broken(error: BaseException) -> str:
    error_id = uuid4().hex[:8]
    log.error("run_broken", error_id=error_id, exc_info=error)
    return f"Something broke here (error {error_id}); the bot's log has the details."


def _took_too_long(seconds: float | None) -> str:
    return f"This took longer than the {seconds or 0:g} seconds it was given, and was ended."


def _unknown(names: Sequence[str]) -> str:
    """What may have happened all the same, of what was being done when people stopped it."""
    return f" May have happened before that: {', '.join(names)}." if names else ""


async def _cancel(task: asyncio.Future[Any]) -> None:
    """Cancel it and wait for its end, whatever that is."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
