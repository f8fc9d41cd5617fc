"""The fixtures that give each test a database: apart from each other, quick, and gone however the run ends."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from bot.storage import Database
from bot.storage.cluster import Layout
from bot.storage.connecting import connected, parameters_of
from bot.storage.postmaster import is_alive
from bot.storage.server_address import read_address
from bot.testing.server_folder import noted, remove_what_killed_runs_left
from tests.bot.storage.probe import LIMIT_S, eventually

ROOT = Path(__file__).parents[3]

TESTS = """
import asyncio, pytest

@pytest.mark.parametrize("number", range(6))
async def test_each_has_its_own(database, number):
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        answer = await connection.execute("SELECT count(*) FROM procrastinate_workers")
        assert await answer.fetchone() == (1,)
"""
HANGING = """
import asyncio

async def test_that_never_ends(database):
    await database.ping()
    print("hangs", flush=True)
    await asyncio.Event().wait()
"""


@asynccontextmanager
async def pytest_process(
    folder: Path, tests: str, *arguments: str
) -> AsyncGenerator[asyncio.subprocess.Process]:
    (folder / "test_inner.py").write_text(tests)
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "bot.testing.storage",
            "-p",
            "no:cacheprovider",
            *arguments,
        ),
        *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), "--basetemp", str(folder / "temp")),
        str(folder / "test_inner.py"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def server_folder_of(folder: Path) -> Path:
    """Where the server of the run in ``folder`` keeps its files."""
    return Path(noted(folder / "temp").read_text("utf-8"))


def servers_below(folder: Path) -> list[psutil.Process]:
    def below(process: psutil.Process) -> bool:
        try:
            return (
                is_alive(process) and process.name() == "postgres" and process.cwd().startswith(str(folder))
            )
        except psutil.Error:  # it ended meanwhile, or belongs to somebody else
            return False

    return [process for process in psutil.process_iter() if below(process)]


async def test_a_test_sees_nothing_of_another(database: Database, database_url: str) -> None:
    async with connected(parameters_of(database_url)) as connection:
        await connection.execute("INSERT INTO procrastinate.procrastinate_workers DEFAULT VALUES")
    async with database.connection() as same:
        answer = await same.execute("SELECT count(*), current_user FROM procrastinate_workers")
        assert await answer.fetchone() == (1, "cogswarm_bot")


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
async def test_a_run_shares_one_server_and_stops_it(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    async with pytest_process(tmp_path, TESTS, *arguments) as process, asyncio.timeout(2 * LIMIT_S):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert b"6 passed" in said
    folder = server_folder_of(tmp_path)
    if folder.is_relative_to(tmp_path):
        assert (folder / "data" / "PG_VERSION").is_file()
    else:
        assert not folder.exists(), "memory that nobody gives back"
    assert servers_below(folder) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ties a server to its owner on Linux only")
async def test_a_killed_run_leaves_no_server_behind(tmp_path: Path) -> None:
    async with pytest_process(tmp_path, HANGING, "-s") as process, asyncio.timeout(2 * LIMIT_S):
        assert process.stdout
        while b"hangs" not in (line := await process.stdout.readline()):
            assert line
        folder = server_folder_of(tmp_path)
        assert servers_below(folder)
    await eventually(lambda: not servers_below(folder))
    address = read_address(Layout(folder))
    assert address
    shutil.rmtree(address.socket_dir)  # a new owner would have gone on with it
    if not folder.is_relative_to(tmp_path):
        remove_what_killed_runs_left(folder.parent)
        assert not folder.exists()
