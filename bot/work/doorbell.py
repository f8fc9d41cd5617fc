"""The doorbell of runs: a job says `advance` to whichever process is free; losing one costs nothing."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self
from uuid import UUID

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued

from bot.storage.database import Database
from bot.storage.jobs import WorkerOptions, job_app, jobs_on, run_worker_forever
from bot.work.surface import Connection

CONCURRENCY = 20


class Doorbell:
    """Rings for runs and answers the ringing; made by `opened`."""

    def __init__(self, app: procrastinate.App) -> None:
        self._app = app
        self._heard: Callable[[UUID], None] = lambda _run_id: None

        # No lock: a dead holder would block the run until the sweep; exclusion is the lease on the run's row.
        @app.task(name="advance")
        async def advance(run_id: str) -> None:
            self._heard(UUID(run_id))

        self._task: Any = advance

    @classmethod
    @asynccontextmanager
    async def opened(cls, database: Database) -> AsyncGenerator[Self]:
        """A doorbell on ``database``."""
        app = job_app()
        async with jobs_on(app, database):
            yield cls(app)

    async def ring(self, conn: Connection, run_id: UUID) -> None:
        """Say, in the caller's transaction, that a run can go on; a second ring before the first is heard is none.

        Whoever rings for a run has locked (or just made) its row: otherwise two would wait for each other's ring.
        """
        task = self._task.configure(connection=conn, queueing_lock=f"run {run_id}")
        try:
            # A savepoint, because the job that is there already would otherwise undo the caller's transaction.
            async with conn.transaction():
                await task.defer_async(run_id=str(run_id))
        except AlreadyEnqueued:
            return

    async def answer_forever(self, heard: Callable[[UUID], None]) -> None:
        """Tell ``heard`` of every ring until cancelled, through any outage of the database."""
        self._heard = heard
        await run_worker_forever(self._app, WorkerOptions(concurrency=CONCURRENCY))
