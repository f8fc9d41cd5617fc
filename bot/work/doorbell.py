"""The doorbell of runs: a job says `advance` to whichever process is free; losing one costs nothing."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self
from uuid import UUID

import procrastinate

from bot.storage.database import Database
from bot.storage.jobs import WorkerOptions, job_app, jobs_on, run_worker_forever
from bot.work.surface import Connection

CONCURRENCY = 20


class Doorbell:
    """Rings for runs and answers the ringing; made by `opened`."""

    def __init__(self, app: procrastinate.App, task: Any) -> None:
        self._app = app
        self._task = task

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, database: Database, advance: Callable[[UUID], Awaitable[None]]
    ) -> AsyncGenerator[Self]:
        """A doorbell on ``database`` that calls ``advance`` with the id of each run that is rung for."""
        app = job_app()

        # No lock: a dead holder would block the run until the sweep; exclusion is the lease on the run's row.
        @app.task(name="advance")
        async def answer(run_id: str) -> None:
            await advance(UUID(run_id))

        async with jobs_on(app, database):
            yield cls(app, answer)

    async def ring(self, conn: Connection, run_id: UUID) -> None:
        """Say, in the caller's transaction, that a run can go on."""
        await self._task.configure(connection=conn).defer_async(run_id=str(run_id))

    async def answer_forever(self) -> None:
        """Answer until cancelled, through any outage of the database."""
        await run_worker_forever(self._app, WorkerOptions(concurrency=CONCURRENCY))
