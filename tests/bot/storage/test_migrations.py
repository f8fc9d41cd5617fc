"""Migrations: each file once, in order, by whoever comes first; anything odd is refused in a sentence."""

import asyncio
import re
import shutil
import sys
from dataclasses import replace
from importlib import resources
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import Clock
from bot.errors import ConfigError, OutsideError, TimedOut
from bot.storage.advisory_lock import LockTimes, advisory_lock
from bot.storage.connecting import connected, parameters_of
from bot.storage.migrate import MigrationTimes, migrate
from bot.storage.migration_files import MIGRATIONS, Migration, load_migrations
from tests.bot.storage.probe import LIMIT_S

QUICK = MigrationTimes(lock=LockTimes(poll=0.01, limit=LIMIT_S), table=0.05, attempts=3, pause=0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two files that everything builds on, and room for more."""
    made = tmp_path / "migrations"
    made.mkdir()
    for name in ("0001_foundation.sql", "0002_procrastinate.sql"):
        shutil.copy(MIGRATIONS / name, made / name)
    return made


async def run(url: str, folder: Path, times: MigrationTimes = QUICK) -> list[str]:
    return await migrate(parameters_of(url), load_migrations(folder), times=times)


async def rows(url: str, query: str) -> list[tuple[object, ...]]:
    async with connected(parameters_of(url)) as connection:
        answer = await connection.execute(query.encode())
        return await answer.fetchall()


async def test_each_file_runs_once_and_in_order(empty_database_url: str, folder: Path) -> None:
    (folder / "0003_first.sql").write_text("CREATE TABLE things (n int); INSERT INTO things VALUES (1);")
    (folder / "0004_second.sql").write_text("INSERT INTO things SELECT n + 1 FROM things;")
    assert await run(empty_database_url, folder) == [
        "0001_foundation.sql",
        "0002_procrastinate.sql",
        "0003_first.sql",
        "0004_second.sql",
    ]
    assert await run(empty_database_url, folder) == []
    (folder / "0005_third.sql").write_text("DELETE FROM things WHERE n = 1;")
    assert await run(empty_database_url, folder) == ["0005_third.sql"]
    assert await rows(empty_database_url, "SELECT n FROM things") == [(2,)]


async def test_the_programs_own_files_make_what_they_say_and_are_all_package_data(database_url: str) -> None:
    known = {migration.name for migration in load_migrations()}
    assert {str(row[0]) for row in await rows(database_url, "SELECT name FROM cogswarm_migrations")} == known
    packaged = {file.name for file in (resources.files("bot.storage") / "migrations").iterdir()}
    assert known == {name for name in packaged if name.endswith(".sql")}


def test_the_job_queues_schema_is_the_installed_packages() -> None:
    """If this fails, procrastinate was updated: its new migrations go into a numbered file of ours."""
    ours = (MIGRATIONS / "0002_procrastinate.sql").read_text().partition("-- ---")[2].partition("\n")[2]
    assert ours == (resources.files("procrastinate.sql") / "schema.sql").read_text()


async def test_a_file_that_fails_leaves_nothing_behind_and_is_run_again(
    empty_database_url: str, folder: Path
) -> None:
    broken = folder / "0003_broken.sql"
    broken.write_text("CREATE TABLE things (n int); INSERT INTO things VALUES ('word');")
    with pytest.raises(OutsideError, match=r"0003_broken\.sql failed \(invalid input syntax"):
        await run(empty_database_url, folder)
    assert await rows(empty_database_url, "SELECT to_regclass('things')") == [(None,)]
    broken.write_text("CREATE TABLE things (n int);")
    assert await run(empty_database_url, folder) == ["0003_broken.sql"]


async def test_a_database_newer_than_the_program_is_refused(empty_database_url: str, folder: Path) -> None:
    (folder / "0003_later.sql").write_text("SELECT 1;")
    await run(empty_database_url, folder)
    (folder / "0003_later.sql").unlink()
    with pytest.raises(
        ConfigError, match=r"newer than this program \(it has 0003_later\.sql\): update cogswarm"
    ):
        await run(empty_database_url, folder)


async def test_a_file_that_was_changed_after_it_ran_is_refused(empty_database_url: str, folder: Path) -> None:
    file = folder / "0003_things.sql"
    file.write_text("SELECT 1;\n")
    await run(empty_database_url, folder)
    file.write_bytes(b"SELECT 1;\r\n")  # what some tools make of the same file
    assert await run(empty_database_url, folder) == []
    file.write_text("SELECT 2;\n")
    with pytest.raises(ConfigError, match=r"0003_things\.sql is not what this database was migrated with"):
        await run(empty_database_url, folder)


async def test_a_file_that_comes_late_still_runs(empty_database_url: str, folder: Path) -> None:
    (folder / "0004_late.sql").write_text("SELECT 1;")
    await run(empty_database_url, folder)
    (folder / "0003_between.sql").write_text("SELECT 1;")
    assert await run(empty_database_url, folder) == ["0003_between.sql"]


async def test_files_outside_a_transaction(empty_database_url: str, folder: Path) -> None:
    (folder / "0003_things.sql").write_text("CREATE TABLE things (n int);")
    (folder / "0004_index.notx.sql").write_text(
        "DROP INDEX CONCURRENTLY IF EXISTS things_n;\n-- next\nCREATE INDEX CONCURRENTLY things_n ON things (n);\n-- next\n"
    )
    assert await run(empty_database_url, folder) == [migration.name for migration in load_migrations(folder)]
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'things_n'::regclass"
    assert await rows(empty_database_url, valid) == [(True,)]


RACER = """
import asyncio, sys
from pathlib import Path
from bot.storage.connecting import parameters_of
from bot.storage.migrate import migrate
from bot.storage.migration_files import load_migrations
print("ready", flush=True)
sys.stdin.readline()
applied = asyncio.run(migrate(parameters_of(sys.argv[1]), load_migrations(Path(sys.argv[2]))))
sys.stderr.write("\\n".join(["applied", *applied]))
"""


@pytest.mark.slow
async def test_four_processes_that_start_at_once_run_each_file_once(
    empty_database_url: str, folder: Path
) -> None:
    """With an index built concurrently among them, which deadlocks with the blocking kind of lock."""
    (folder / "0003_things.sql").write_text(
        "CREATE TABLE things (n int); INSERT INTO things SELECT generate_series(1, 100000);"
    )
    (folder / "0004_index.notx.sql").write_text("CREATE INDEX CONCURRENTLY things_n ON things (n);")
    (folder / "0005_more.sql").write_text("INSERT INTO things VALUES (0);")
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            RACER,
            empty_database_url,
            str(folder),
            cwd=Path(__file__).parents[3],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(4)
    ]
    try:
        async with asyncio.timeout(LIMIT_S):
            for racer in racers:
                assert racer.stdout
                assert await racer.stdout.readline() == b"ready\n"
            ended = await asyncio.gather(*(racer.communicate(b"\n") for racer in racers))
    finally:
        for racer in racers:
            if racer.returncode is None:
                racer.kill()
                await racer.wait()
    assert [racer.returncode for racer in racers] == [0] * 4, ended
    applied = [
        line for _, said in ended for line in said.decode().rpartition("applied")[2].splitlines() if line
    ]
    assert sorted(applied) == [migration.name for migration in load_migrations(folder)]
    assert await rows(empty_database_url, "SELECT count(*) FROM things") == [(100001,)]


async def test_a_table_in_use_is_waited_for_in_short_turns(empty_database_url: str, folder: Path) -> None:
    (folder / "0003_things.sql").write_text("CREATE TABLE things (n int);")
    await run(empty_database_url, folder)
    (folder / "0004_column.sql").write_text("ALTER TABLE things ADD COLUMN m int;")
    times = replace(QUICK, attempts=1000)
    async with (
        connected(parameters_of(empty_database_url)) as reader,
        connected(parameters_of(empty_database_url)) as other,
    ):
        async with reader.transaction():
            await reader.execute("SELECT * FROM things")
            with pytest.raises(OutsideError, match=r"0004_column\.sql did not get a table"):
                await run(empty_database_url, folder)
            waiting = asyncio.create_task(run(empty_database_url, folder, times))
            async with asyncio.timeout(LIMIT_S):
                await other.execute("SELECT * FROM things")  # others are let through between two turns
        async with asyncio.timeout(LIMIT_S):
            assert await waiting == ["0004_column.sql"]


async def test_whoever_waits_too_long_for_the_others_says_so(empty_database_url: str, folder: Path) -> None:
    times = LockTimes(poll=0.01, report=0.0, limit=0.1)
    async with connected(parameters_of(empty_database_url)) as holder, advisory_lock(holder, Clock(), times):
        with pytest.raises(TimedOut, match="has been setting up the database"):
            await run(empty_database_url, folder, replace(QUICK, lock=times))
    assert await run(empty_database_url, folder) != []


async def test_a_process_that_is_killed_while_migrating_frees_the_lock(
    empty_database_url: str, folder: Path
) -> None:
    async with connected(parameters_of(empty_database_url)) as holder:
        lock = advisory_lock(holder, Clock(), QUICK.lock)
        await lock.__aenter__()
        waiting = asyncio.create_task(run(empty_database_url, folder))
        await asyncio.wait([waiting], timeout=0.1)
        assert not waiting.done()
        await holder.close()
        async with asyncio.timeout(LIMIT_S):
            assert len(await waiting) == 2


async def test_a_role_that_may_not_read_or_make_the_tables_is_told_so(
    database_url: str, empty_database_url: str
) -> None:
    def as_bot(url: str) -> str:
        return re.sub(r"//\w+@", "//cogswarm_bot@", url)

    with pytest.raises(ConfigError, match="give the URL of the role that owns them"):
        await migrate(parameters_of(as_bot(database_url)), load_migrations())
    with pytest.raises(ConfigError, match="may not make cogswarm's tables"):
        await migrate(parameters_of(as_bot(empty_database_url)), load_migrations())


async def test_a_table_the_bot_must_not_change_takes_its_rights_away(
    empty_database_url: str, folder: Path
) -> None:
    (folder / "0003_audit.sql").write_text(
        "CREATE TABLE audit (n int); REVOKE UPDATE, DELETE ON audit FROM cogswarm_bot;"
    )
    await run(empty_database_url, folder)
    async with connected({**parameters_of(empty_database_url), "user": "cogswarm_bot"}) as connection:
        await connection.execute("INSERT INTO audit VALUES (1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("DELETE FROM audit")


@pytest.mark.parametrize(
    "name", ["1_short.sql", "0003-dash.sql", "0003_Capital.sql", "0003_.x.sql", "notes.sql"]
)
def test_a_file_whose_name_does_not_fit_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(ConfigError, match=r"NNNN_name\.sql"):
        load_migrations(folder)


def test_two_files_with_one_number_are_refused(folder: Path) -> None:
    (folder / "0003_mine.sql").write_text("SELECT 1;")
    (folder / "0003_yours.notx.sql").write_text("SELECT 1;")
    with pytest.raises(ConfigError, match=r"number of 0003_mine\.sql"):
        load_migrations(folder)


@given(st.lists(st.text(alphabet="ab;'-\n $", min_size=1).filter(str.strip), min_size=1))
def test_statements_are_divided_where_the_file_says_so_and_nowhere_else(statements: list[str]) -> None:
    text = "\n-- next\n".join(statements)
    divided = Migration(1, "0001_x.notx.sql", text, in_transaction=False).statements
    assert [part.strip("\n") for part in divided] == [part.strip("\n") for part in statements]
    assert Migration(1, "0001_x.sql", text, in_transaction=True).statements == [text]
