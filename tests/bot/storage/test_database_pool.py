"""The pool: transactions, limits, errors told in a sentence, vectors, notifications."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pgvector import HalfVector, Vector
from psycopg.rows import class_row

from bot.errors import OutsideError, TimedOut
from bot.storage import Database, DatabaseOptions, PoolOptions, WakeUp, open_database
from bot.storage.connecting import connected, parameters_of
from bot.testing.database_server import SharedServer
from tests.bot.storage.probe import LIMIT_S, options, server_of


@dataclass(frozen=True, slots=True)
class Worker:
    id: int
    last_heartbeat: object


@pytest.fixture
async def impatient(database_url: str, tmp_path: Path) -> AsyncGenerator[Database]:
    pool = PoolOptions(max_size=2, acquire=0.2, statement=0.1, idle_in_transaction=0.2)
    async with open_database(database_url, tmp_path, options=DatabaseOptions(pool=pool)) as opened:
        yield opened


async def workers(database: Database) -> int:
    async with database.connection() as connection:
        answer = await connection.execute("SELECT count(*) FROM procrastinate_workers")
        row = await answer.fetchone()
    assert row
    return int(row[0])


ADD = "INSERT INTO procrastinate_workers DEFAULT VALUES"


async def test_a_transaction_is_saved_whole(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(ADD)
        await connection.execute(ADD)
        assert await workers(database) == 0
    assert await workers(database) == 2


async def test_a_transaction_that_fails_is_not_saved_and_the_error_comes_through(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await workers(database) == 0


async def test_outside_a_transaction_each_statement_is_saved_at_once(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(ADD)
        assert await workers(database) == 1


async def test_rows_come_as_the_caller_likes_them(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(ADD)
        async with connection.cursor(row_factory=class_row(Worker)) as cursor:
            await cursor.execute("SELECT id, last_heartbeat FROM procrastinate_workers")
            found = await cursor.fetchone()
    assert isinstance(found, Worker)


@pytest.mark.parametrize("binary", [False, True])
async def test_vectors_come_and_go_as_objects(database: Database, binary: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    given, whole = HalfVector([1.0, -0.5, 0.25]), Vector([1, 2, 3])
    async with database.connection() as connection:
        answer = await connection.execute(
            "SELECT %s, %s, %s <=> %s", [given, whole, given, given], binary=binary
        )
        assert await answer.fetchone() == (given, whole, 0)


async def test_a_statement_that_takes_too_long_is_stopped(impatient: Database) -> None:
    with pytest.raises(TimedOut, match="took too long"):
        async with impatient.connection() as connection:
            await connection.execute("SELECT pg_sleep(600)")
    await impatient.ping()


async def test_a_caller_with_more_to_do_may_say_so(impatient: Database) -> None:
    async with impatient.transaction() as connection:
        await connection.execute("SET LOCAL statement_timeout = '30s'")
        await connection.execute("SELECT pg_sleep(0.15)")


async def test_a_transaction_that_does_nothing_is_ended_and_its_locks_are_freed(impatient: Database) -> None:
    async def dawdle() -> None:
        async with impatient.transaction() as connection:
            await connection.execute("LOCK TABLE procrastinate_workers")
            async for _ in connection.notifies(timeout=LIMIT_S):
                raise AssertionError

    with pytest.raises(OutsideError, match="went away"):
        await dawdle()
    assert await workers(impatient) == 0


async def test_when_all_connections_are_in_use_the_sentence_says_that(impatient: Database) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(impatient.connection())
        with pytest.raises(TimedOut, match="have been in use"):
            await stack.enter_async_context(impatient.connection())
    await impatient.ping()


async def test_what_the_server_says_about_a_statement_comes_through_unchanged(database: Database) -> None:
    async with database.transaction() as first:
        await first.execute("LOCK TABLE procrastinate_workers")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            async with database.transaction() as second:
                await second.execute("LOCK TABLE procrastinate_workers NOWAIT")
    with pytest.raises(psycopg.errors.UndefinedTable):
        async with database.transaction() as connection:
            await connection.execute("SELECT * FROM nothing_of_this_name")
    await database.ping()


async def test_a_cancelled_statement_leaves_the_pool_whole(impatient: Database) -> None:
    async def wait() -> None:
        async with impatient.transaction() as connection:
            await connection.execute("SET LOCAL statement_timeout = 0")
            entered.set()
            await connection.execute("SELECT pg_sleep(600)")

    for _ in range(4):
        entered = asyncio.Event()
        task = asyncio.create_task(wait())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(impatient.connection(acquire=LIMIT_S))


async def test_the_bot_may_not_change_tables_nor_what_was_migrated(database: Database) -> None:
    for statement in (
        "DROP TABLE procrastinate_jobs",
        "CREATE TABLE mine (n int)",
        "DELETE FROM cogswarm_migrations",
        "SET ROLE cogswarm_admin",
        "SET SESSION AUTHORIZATION cogswarm_admin",
        "COPY procrastinate_jobs TO PROGRAM 'cat'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with database.connection() as connection:
                await connection.execute(statement.encode())


async def test_listening_begins_with_a_wake_up_and_then_hears_what_is_notified(database: Database) -> None:
    async with aclosing(database.listen("one", "the 'other'")) as heard:
        assert await anext(heard) == WakeUp(None)
        async with database.transaction() as connection:
            await connection.execute(
                "SELECT pg_notify('one', '7'), pg_notify('the ''other''', ''), pg_notify('third', '')"
            )
        async with asyncio.timeout(LIMIT_S):
            assert await anext(heard) == WakeUp("one", "7")
            assert await anext(heard) == WakeUp("the 'other'", "")


async def test_listening_goes_on_after_a_quiet_time(database_url: str, tmp_path: Path) -> None:
    pool = PoolOptions(quiet=0.05)
    async with (
        open_database(database_url, tmp_path, options=DatabaseOptions(pool=pool)) as database,
        aclosing(database.listen("one")) as heard,
    ):
        await anext(heard)
        pending = asyncio.ensure_future(anext(heard))
        await asyncio.wait([pending], timeout=0.3)
        async with database.connection() as connection:
            await connection.execute("NOTIFY one, 'x'")
        async with asyncio.timeout(LIMIT_S):
            assert await pending == WakeUp("one", "x")


async def test_listening_needs_a_channel(database: Database) -> None:
    with pytest.raises(ValueError, match="needs a channel"):
        await anext(database.listen())


@pytest.mark.slow
async def test_listening_survives_a_restart_and_wakes_up_after_it(tmp_path: Path) -> None:
    async with (
        open_database(None, tmp_path, options=options(tmp_path)) as database,
        aclosing(database.listen("one")) as heard,
    ):
        assert await anext(heard) == WakeUp(None)
        server_of(tmp_path).kill()
        async with asyncio.timeout(LIMIT_S):
            assert await anext(heard) == WakeUp(None)
        async with database.connection() as connection:
            await connection.execute("NOTIFY one")
        async with asyncio.timeout(LIMIT_S):
            assert await anext(heard) == WakeUp("one")


@pytest.mark.slow
async def test_a_server_that_is_away_is_an_outage_in_a_sentence_until_it_is_back(tmp_path: Path) -> None:
    async with (
        open_database(None, tmp_path, options=options(tmp_path)) as waiting,
        open_database(None, tmp_path, options=options(tmp_path, acquire=0.3)) as hasty,
    ):
        server = server_of(tmp_path)
        for process in (server, *server.children()):
            process.suspend()
        with pytest.raises(TimedOut, match=r"has not answered for 0\.2 s"):
            await hasty.ping(limit=0.2)
        for process in (server, *server.children()):
            process.kill()
        await waiting.ping(limit=LIMIT_S)
        await hasty.ping(limit=LIMIT_S)


async def test_a_transaction_cut_off_in_the_middle_says_so(
    database: Database, database_server: SharedServer
) -> None:
    async def cut_off() -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD)
            async with connected(parameters_of(database_server.url("postgres", "cogswarm_admin"))) as admin:
                await admin.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
            await connection.execute(ADD)

    with pytest.raises(OutsideError, match="went away in the middle"):
        await cut_off()
    assert await workers(database) == 0
