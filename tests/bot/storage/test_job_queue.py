"""The job queue on our database: deferred with the rows it is about, worked off through outages."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CoroutineType
from typing import Any

import procrastinate
import pytest
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.tasks import Task

from bot.clock import Clock
from bot.errors import OutsideError
from bot.storage import Database, PoolOptions
from bot.storage.binaries import find_binaries
from bot.storage.jobs import WorkerOptions, job_app, jobs_on, retry_stalled_jobs, run_worker_forever
from bot.storage.opening import open_database
from tests.bot.storage.bare_server import bare_server
from tests.bot.storage.probe import LIMIT_S, options, server_of

QUICK = WorkerOptions(concurrency=2, poll=0.2, grace=0.2, retry=0.3, heartbeat=0.1, stalled=0.5, sweep=0.1)


@dataclass(slots=True)
class Bell:
    """An application with one task, and what was heard of it."""

    app: procrastinate.App = field(default_factory=job_app)
    rung: asyncio.Queue[int] = field(default_factory=asyncio.Queue[int])
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    advance: Task[..., CoroutineType[Any, Any, None], ...] = field(init=False)

    def __post_init__(self) -> None:
        self.may_end.set()

        @self.app.task(name="advance")
        async def advance(run_id: int) -> None:
            await self.rung.put(run_id)
            await self.may_end.wait()

        self.advance = advance

    async def heard(self) -> int:
        async with asyncio.timeout(LIMIT_S):
            return await self.rung.get()


@asynccontextmanager
async def working(bell: Bell, ended: Callable[[str], None] = lambda _: None) -> AsyncGenerator[None]:
    worker = asyncio.create_task(run_worker_forever(bell.app, QUICK, ended=ended))
    try:
        yield
    finally:
        worker.cancel()
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(asyncio.CancelledError):
                await worker


async def defer_until_saved(database: Database, bell: Bell, number: int) -> None:
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                async with database.transaction() as connection:
                    await bell.advance.configure(connection=connection).defer_async(run_id=number)
            except OutsideError:
                continue
            return


async def jobs(database: Database) -> list[tuple[object, ...]]:
    async with database.connection() as connection:
        answer = await connection.execute("SELECT status::text, args FROM procrastinate_jobs ORDER BY id")
        return await answer.fetchall()


@pytest.fixture
async def bell(database: Database) -> AsyncGenerator[Bell]:
    made = Bell()
    async with jobs_on(made.app, database):
        yield made


async def test_a_job_is_deferred_with_the_transaction_it_belongs_to(database: Database, bell: Bell) -> None:
    async def fail() -> None:
        async with database.transaction() as connection:
            await bell.advance.configure(connection=connection).defer_async(run_id=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await jobs(database) == []
    async with database.transaction() as connection:
        await bell.advance.configure(connection=connection).defer_async(run_id=2)
        assert await jobs(database) == []
    assert await jobs(database) == [("todo", {"run_id": 2})]


async def test_jobs_are_worked_off_as_they_come_and_leave_nothing(database: Database, bell: Bell) -> None:
    async with working(bell):
        async with database.transaction() as connection:
            await bell.advance.configure(connection=connection).defer_async(run_id=1)
        assert await bell.heard() == 1
        await bell.advance.defer_async(run_id=2)
        assert await bell.heard() == 2
    assert await jobs(database) == []


async def test_a_job_that_is_enqueued_already_says_so_inside_our_transaction(
    database: Database, bell: Bell
) -> None:
    once = bell.advance.configure(queueing_lock="run 1")
    await once.defer_async(run_id=1)
    with pytest.raises(AlreadyEnqueued):
        async with database.transaction() as connection:
            await bell.advance.configure(connection=connection, queueing_lock="run 1").defer_async(run_id=1)
    assert len(await jobs(database)) == 1


async def test_a_job_that_fails_is_kept_and_the_worker_goes_on(database: Database, bell: Bell) -> None:
    @bell.app.task(name="broken")
    async def broken() -> None:
        raise ZeroDivisionError

    async with working(bell):
        await broken.defer_async()
        await bell.advance.defer_async(run_id=1)
        assert await bell.heard() == 1
    assert ("failed", {}) in await jobs(database)


async def test_a_job_of_a_worker_that_died_is_given_to_another(database: Database, bell: Bell) -> None:
    await bell.advance.defer_async(run_id=1)
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"
        )
        await connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
        )
    async with working(bell):
        assert await bell.heard() == 1
    assert await retry_stalled_jobs(bell.app, stalled=0.0) == 0


async def test_a_worker_that_is_stopped_gives_running_jobs_a_moment_and_then_cancels_them(
    database: Database, bell: Bell
) -> None:
    bell.may_end.clear()
    await bell.advance.defer_async(run_id=1)
    async with working(bell):
        assert await bell.heard() == 1
    assert await jobs(database) == [("aborted", {"run_id": 1})]


@pytest.mark.slow
async def test_the_worker_survives_an_outage(tmp_path: Path) -> None:
    bell = Bell()
    async with (
        open_database(None, tmp_path, options=options(tmp_path)) as database,
        jobs_on(bell.app, database),
        working(bell),
    ):
        await bell.advance.defer_async(run_id=1)
        assert await bell.heard() == 1
        for number in range(2, 4):
            server_of(tmp_path).kill()
            await defer_until_saved(database, bell, number)
            while await bell.heard() != number:  # a job that was running at the outage may come again
                pass


@pytest.mark.slow
async def test_a_worker_whose_database_stays_away_tries_again_says_so_and_can_be_stopped(
    tmp_path: Path,
) -> None:
    bell, ended = Bell(), asyncio.Queue[str]()
    chosen = options(tmp_path, acquire=2.0)
    async with (
        bare_server(find_binaries({}), tmp_path) as server,
        open_database(server.url(), tmp_path, options=chosen) as database,
        jobs_on(bell.app, database),
        working(bell, ended.put_nowait),
    ):
        await bell.advance.defer_async(run_id=1)
        assert await bell.heard() == 1
        await server.stop()
        async with asyncio.timeout(LIMIT_S):
            assert await ended.get()
            assert await ended.get()
        with pytest.raises(OutsideError, match="cannot be used"):
            await database.ping()
        await server.start()
        await database.ping(limit=LIMIT_S)
        await bell.advance.defer_async(run_id=2)
        while await bell.heard() != 2:
            pass
        await server.stop()
        async with asyncio.timeout(LIMIT_S):
            assert await ended.get()


async def test_a_queue_without_a_database_is_an_outage_in_a_sentence() -> None:
    nowhere = Database(lambda: {"host": "/nowhere", "dbname": "x"}, PoolOptions(acquire=0.1), Clock())
    with pytest.raises(OutsideError, match="job queue cannot reach the database"):
        async with jobs_on(job_app(), nowhere):
            pass
