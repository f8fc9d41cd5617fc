"""The embedded server in this process: start, files, attach, restart, and what a former owner may have left."""

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from bot.errors import ConfigError, OutsideError
from bot.storage import Database, database_in_use, open_database
from bot.storage.cluster import SETTINGS, Layout
from bot.storage.embedded import embedded_server
from bot.storage.postmaster import is_alive
from bot.storage.server_address import read_address
from bot.storage.server_user import server_user
from tests.bot.storage.probe import FAST, eventually, gone, numbers_in, options, server_of

pytestmark = pytest.mark.slow


async def add(database: Database, number: int) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO probe VALUES (%s)", [number])


async def test_it_starts_on_an_empty_folder_keeps_the_data_and_stops(tmp_path: Path) -> None:
    assert not database_in_use(tmp_path)
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        await add(database, 1)
        server = server_of(tmp_path)
        address = read_address(Layout(tmp_path / "postgres"))
        assert database_in_use(tmp_path)
        assert address
        assert address.socket_dir.is_dir()
    assert not server.is_running()
    assert not address.socket_dir.exists()
    assert not database_in_use(tmp_path)
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        assert await numbers_in(database) == [1]


async def test_nothing_listens_on_the_network_and_the_socket_is_private(tmp_path: Path) -> None:
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        async with database.connection() as connection:
            answer = await connection.execute(
                "SELECT current_setting('listen_addresses'), current_setting('fsync'), current_setting('data_checksums')"
            )
            assert await answer.fetchone() == ("", "on", "on")
        server = server_of(tmp_path)
        assert [seen for seen in server.net_connections("inet") if seen.status == psutil.CONN_LISTEN] == []
        address = read_address(Layout(tmp_path / "postgres"))
        assert address
        assert stat.S_IMODE(address.socket_dir.stat().st_mode) == stat.S_IRWXU
        assert server.uids().real == server_user(tmp_path / "postgres" / "data").uid != 0
        assert server.environ().keys() <= {
            "PATH",
            "LC_ALL",
            "TZ",
            "LD_LIBRARY_PATH",
            "PGDATA",
            "PG_OOM_ADJUST_FILE",
        }


async def test_a_data_directory_may_have_a_long_path_with_odd_letters(tmp_path: Path) -> None:
    data_dir = tmp_path / "/".join(f"a long folder, 100% 'ours' {number}" for number in range(8))
    async with open_database(None, data_dir, options=options(data_dir)) as database:
        await add(database, 1)
        assert len(str(data_dir)) > 200


async def test_a_second_user_attaches_and_takes_over_when_the_owner_ends(tmp_path: Path) -> None:
    async with open_database(None, tmp_path, options=options(tmp_path)) as second_started_first:
        first = open_database(None, tmp_path, options=options(tmp_path))
        attached = await first.__aenter__()
        await add(second_started_first, 1)
        await add(attached, 2)
        old = server_of(tmp_path)
    await gone(old)
    try:
        await add(attached, 3)  # waits for the new server
        assert await numbers_in(attached) == [1, 2, 3]
        assert server_of(tmp_path).pid != old.pid
    finally:
        await first.__aexit__(None, None, None)
    assert not database_in_use(tmp_path)


async def test_a_killed_server_is_started_again_and_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        for number in range(3):
            await add(database, number)
            old = server_of(tmp_path)
            old.kill()
            await gone(old)
        await add(database, 3)
        assert await numbers_in(database) == [0, 1, 2, 3]


async def test_a_session_too_busy_to_notice_that_its_server_was_killed_is_ended(tmp_path: Path) -> None:
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        await add(database, 1)
        async with database.connection() as connection:
            backend = psutil.Process(connection.info.backend_pid)
            busy = asyncio.create_task(connection.execute("DO $$ BEGIN LOOP END LOOP; END $$"))
            backend.cpu_percent()
            await eventually(lambda: backend.cpu_percent(0.05) > 10)
            server_of(tmp_path).kill()
            with pytest.raises(psycopg.OperationalError):
                await busy
        assert await numbers_in(database) == [1]
        assert not is_alive(backend)


async def leave_behind(tmp_path: Path, pid: int) -> None:
    """A cluster that was not shut down, whose pid file names this process."""
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        await add(database, 1)
        recorded = (tmp_path / "postgres" / "data" / "postmaster.pid").read_text()
        owner = (tmp_path / "postgres" / "data").stat()
    file = tmp_path / "postgres" / "data" / "postmaster.pid"
    file.write_text("\n".join([str(pid), *recorded.split("\n")[1:]]))
    os.chown(file, owner.st_uid, owner.st_gid)


async def test_a_stale_pid_file_may_name_a_live_foreign_process(tmp_path: Path) -> None:
    user = server_user(tmp_path / "nothing")
    foreign = subprocess.Popen(["/bin/sleep", "600"], cwd="/", **user.ids)  # noqa: ASYNC220 # pyright: ignore[reportCallIssue, reportArgumentType] -- returns at once; the stubs cannot follow a dict
    try:
        await leave_behind(tmp_path, foreign.pid)
        async with open_database(None, tmp_path, options=options(tmp_path)) as database:
            assert await numbers_in(database) == [1]
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


async def test_a_stale_pid_file_may_name_a_zombie(tmp_path: Path) -> None:
    user = server_user(tmp_path / "nothing")
    zombie = subprocess.Popen(["/bin/true"], cwd="/", **user.ids)  # noqa: ASYNC220 # pyright: ignore[reportCallIssue, reportArgumentType] -- returns at once; the stubs cannot follow a dict
    try:
        await gone(psutil.Process(zombie.pid))
        assert psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE
        await leave_behind(tmp_path, zombie.pid)
        async with open_database(None, tmp_path, options=options(tmp_path)) as database:
            assert await numbers_in(database) == [1]
    finally:
        zombie.wait()


async def test_a_stale_pid_file_may_name_the_server_of_another_data_directory(tmp_path: Path) -> None:
    async with open_database(None, tmp_path / "other", options=options(tmp_path / "other")) as other:
        await leave_behind(tmp_path / "mine", server_of(tmp_path / "other").pid)
        async with open_database(None, tmp_path / "mine", options=options(tmp_path / "mine")) as database:
            assert await numbers_in(database) == [1]
        await other.ping()


@pytest.mark.parametrize("text", ["", "nonsense\n", "-1\n", "0\n", "99999999999999999999\n"])
async def test_a_pid_file_that_makes_no_sense_does_not_stop_the_start(tmp_path: Path, text: str) -> None:
    await leave_behind(tmp_path, 1)
    (tmp_path / "postgres" / "data" / "postmaster.pid").write_text(text)
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        assert await numbers_in(database) == [1]


async def test_an_address_that_makes_no_sense_or_is_not_private_is_replaced(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "postgres")
    layout.folder.mkdir(mode=0o711)
    open_to_all = tmp_path / "open"
    open_to_all.mkdir(mode=0o755)
    recorded = {"socket_dir": str(open_to_all), "owner_pid": 1, "state": "ready"}
    for text in ("", "[]", '{"socket_dir": 1}', json.dumps(recorded)):
        layout.address.write_text(text)
        async with embedded_server(layout.folder, FAST) as server:
            assert server.owned
            assert server.where()["host"] != str(open_to_all)


async def test_a_start_that_was_killed_while_the_cluster_was_made_is_repeated(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        await add(database, 1)
    assert not unfinished.exists()


async def test_a_cluster_of_another_version_is_refused_in_a_sentence(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    os.chown(data, *([server_user(tmp_path / "nothing").uid] * 2))
    with pytest.raises(ConfigError, match="was made by Postgres 9"):
        async with open_database(None, tmp_path, options=options(tmp_path)):
            pass
    assert not database_in_use(tmp_path)


async def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    broken = replace(FAST, settings={**SETTINGS, "shared_buffers": "nonsense"}, attempts=2)
    with pytest.raises(OutsideError, match="shared_buffers"):
        async with embedded_server(tmp_path / "postgres", broken):
            pass
    assert not database_in_use(tmp_path)


async def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="choose a data_dir"):
        async with open_database(None, tmp_path / "file" / "data"):
            pass


async def test_a_cancelled_start_leaves_nothing_running(tmp_path: Path) -> None:
    async def start() -> None:
        async with open_database(None, tmp_path, options=options(tmp_path)):
            await asyncio.Event().wait()

    layout = Layout(tmp_path / "postgres")
    task = asyncio.create_task(start())
    await eventually(layout.pid_file.exists)
    server = psutil.Process(int(layout.pid_file.read_text().split()[0]))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not server.is_running()
    assert not database_in_use(tmp_path)


async def test_a_process_that_cannot_reach_the_owners_socket_says_so(tmp_path: Path) -> None:
    impatient = replace(FAST, attach=0.2)
    async with embedded_server(tmp_path / "postgres", FAST):
        layout = Layout(tmp_path / "postgres")
        layout.address.write_text(layout.address.read_text().replace("/cogswarm-", "/elsewhere-"))
        with pytest.raises(OutsideError, match=f"run by process {os.getpid()}, but it cannot be reached"):
            async with embedded_server(tmp_path / "postgres", impatient):
                pass


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ties a server to its owner on Linux only")
async def test_ctrl_c_does_not_reach_the_server(tmp_path: Path) -> None:
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        server = server_of(tmp_path)
        assert os.getsid(server.pid) == server.pid != os.getsid(0)
        assert server.ppid() == os.getpid()
        os.kill(server.pid, signal.SIGCONT)
        await database.ping()
