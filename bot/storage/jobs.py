"""The job queue (procrastinate) on our database: a doorbell, whose loss costs nothing, since the truth is in rows.

A job is deferred inside the transaction that makes it necessary, so that it exists exactly if that is saved::

    async with database.transaction() as connection:
        ...
        await advance.configure(connection=connection).defer_async(run_id=run_id)
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import procrastinate
import psycopg
import structlog
from procrastinate.app import WorkerOptions as ProcrastinateOptions
from procrastinate.exceptions import ProcrastinateException

from bot.clock import Clock
from bot.storage.connecting import DatabaseAway
from bot.storage.database import Database

_FIRST_PAUSE_S = 0.1
_TIDY_EVERY_S = 3600.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How jobs are worked off; times in seconds.

    Attributes:
        concurrency: jobs at a time.
        queues: whose jobs, or None for all.
        poll: how often it looks for jobs that no notification announced.
        grace: how long running jobs are given when the worker stops or has lost the database, before they are cancelled.
        retry: the longest pause before the worker is started again.
        heartbeat: how often the worker says that it lives.
        stalled: after how long without that its jobs are given to others; a blocked event loop looks the same.
        sweep: how often such jobs are looked for.
        keep_hours: how long jobs that failed or were cancelled are kept; those that succeeded are not.
    """

    concurrency: int = 8
    queues: Sequence[str] | None = None
    poll: float = 5.0
    grace: float = 15.0
    retry: float = 15.0
    heartbeat: float = 10.0
    stalled: float = 40.0
    sweep: float = 20.0
    keep_hours: int = 168


def job_app() -> procrastinate.App:
    """An application to define tasks on, before it is opened on a database."""
    return procrastinate.App(connector=procrastinate.PsycopgConnector())


@asynccontextmanager
async def jobs_on(app: procrastinate.App, database: Database, *, max_size: int = 4) -> AsyncGenerator[None]:
    """Opens the application on a database, with a small pool of its own.

    Jobs hold the database's connections while they defer others; were there one pool, they could wait for each other.

    Raises:
        DatabaseAway: the server cannot be reached.
    """
    pool = database.new_pool(min_size=1, max_size=max_size)
    try:
        try:
            await pool.open(wait=True, timeout=database.options.acquire)
        except psycopg.OperationalError as error:
            raise DatabaseAway("The job queue cannot reach the database: see whether it runs.") from error
        async with app.open_async(pool):
            yield
    finally:
        await pool.close()


async def run_worker_forever(
    app: procrastinate.App,
    options: WorkerOptions | None = None,
    *,
    clock: Clock | None = None,
    ended: Callable[[str], None] = lambda _reason: None,
) -> None:
    """Works off jobs until cancelled, through any outage of the database.

    procrastinate's own worker ends without an error when it loses the database, so it is started again and again.

    Args:
        app: opened with ``jobs_on``.
        options: how.
        clock: for pausing.
        ended: is told the reason each time the worker had to be started again (a metric).
    """
    options, clock = options or WorkerOptions(), clock or Clock()
    async with asyncio.TaskGroup() as group:
        group.create_task(_work(app, options, clock, ended), name="job worker")
        group.create_task(_sweep(app, options, clock), name="stalled jobs")


async def retry_stalled_jobs(app: procrastinate.App, *, stalled: float) -> int:
    """Puts jobs back whose worker died while it had them; gives their number."""
    count = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled):
        try:
            await app.job_manager.retry_job(job)
        except ProcrastinateException as error:
            log.info("job_finished_meanwhile", job=job.id, reason=_said(error))
        else:
            count += 1
            log.warning("job_of_a_dead_worker_retried", job=job.id, task=job.task_name)
    return count


async def _work(
    app: procrastinate.App, options: WorkerOptions, clock: Clock, ended: Callable[[str], None]
) -> None:
    arguments = _arguments(options)
    pause = _FIRST_PAUSE_S
    while True:
        started = clock.monotonic()
        reason = "it lost the database"
        try:
            await app.run_worker_async(**arguments)
        except Exception as error:  # noqa: BLE001 -- whatever ends the worker, work must go on; the reason is logged
            reason = _said(error)
        _leave_if_cancelled()
        if clock.monotonic() - started > options.retry:
            pause = _FIRST_PAUSE_S
        log.warning("job_worker_ended", reason=reason, again_in=pause)
        ended(reason)
        await clock.sleep(pause)
        pause = min(pause * 2, options.retry)


def _arguments(options: WorkerOptions) -> ProcrastinateOptions:
    arguments = ProcrastinateOptions(
        concurrency=options.concurrency,
        wait=True,
        fetch_job_polling_interval=options.poll,
        shutdown_graceful_timeout=options.grace,
        update_heartbeat_interval=options.heartbeat,
        stalled_worker_timeout=options.stalled,
        install_signal_handlers=False,
        delete_jobs="successful",
    )
    if options.queues is not None:
        arguments["queues"] = options.queues
    return arguments


def _leave_if_cancelled() -> None:
    """A worker that is cancelled while the database is away raises another error in place of the cancellation."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _sweep(app: procrastinate.App, options: WorkerOptions, clock: Clock) -> None:
    """Looks for stalled jobs itself: as a periodic job it could stall too, and with a lock would wedge for good."""
    tidied = clock.monotonic() - _TIDY_EVERY_S
    while True:
        await clock.sleep(options.sweep)
        try:
            await retry_stalled_jobs(app, stalled=options.stalled)
            if clock.monotonic() - tidied >= _TIDY_EVERY_S:
                await app.job_manager.delete_old_jobs(
                    options.keep_hours, include_failed=True, include_cancelled=True, include_aborted=True
                )
                tidied = clock.monotonic()
        except ProcrastinateException as error:
            log.info("stalled_jobs_not_looked_for", reason=_said(error))


def _said(error: BaseException) -> str:
    """What went wrong; procrastinate's own errors say it in their cause."""
    text = str(error.__cause__ or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
