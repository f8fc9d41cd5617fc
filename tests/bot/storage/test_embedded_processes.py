"""Several processes on one data directory, ended in every way: who runs the server, and is every saved row there?"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest

from bot.storage import open_database
from bot.storage.binaries import find_binaries
from bot.storage.postmaster import is_alive
from bot.storage.server_user import server_user
from tests.bot.storage.bare_server import bare_server
from tests.bot.storage.probe import Holder, gone, holder, numbers_in, options, server_of

pytestmark = pytest.mark.slow

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel ties a server to its owner on Linux only"
)


async def owner_of(holders: list[Holder], data_dir: Path) -> Holder:
    parent = server_of(data_dir).ppid()
    return next(seen for seen in holders if seen.process.pid == parent)


@linux_only
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
async def test_the_server_ends_with_its_owner_however_that_ends(tmp_path: Path, how: signal.Signals) -> None:
    async with holder(tmp_path) as alone:
        await alone.next("wrote")
        server = server_of(tmp_path)
        alone.process.send_signal(how)
        await gone(server)
        await alone.rest()
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        assert alone.acknowledged() <= set(await numbers_in(database))
        assert alone.acknowledged()


@linux_only
async def test_when_the_owner_is_killed_another_process_takes_over_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    async with AsyncExitStack() as stack:
        holders = [await stack.enter_async_context(holder(tmp_path, 10**6 * number)) for number in range(3)]
        for _ in range(2):
            last = [await seen.next("wrote") for seen in holders][-1]
            owner = await owner_of(holders, tmp_path)
            server = server_of(tmp_path)
            owner.process.kill()
            await owner.rest()
            holders.remove(owner)
            await gone(server)
            for seen in holders:
                await seen.wrote_after(last)
            assert (await owner_of(holders, tmp_path)).process.pid != owner.process.pid
        everybody = [*holders]
        for seen in holders:
            seen.process.kill()
            await seen.rest()
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        kept = set(await numbers_in(database))
    for seen in everybody:
        assert seen.acknowledged() <= kept
        assert len(seen.acknowledged()) > 1


async def test_a_killed_server_loses_no_acknowledged_row(tmp_path: Path) -> None:
    async with holder(tmp_path, 0) as first, holder(tmp_path, 10**6) as second:
        await second.next("wrote")
        for _ in range(3):
            last = await first.next("wrote")
            server = server_of(tmp_path)
            server.kill()
            await gone(server)
            await first.wrote_after(last)
            await second.wrote_after(last)
        first.process.kill()
        second.process.kill()
        await first.rest()
        await second.rest()
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        assert first.acknowledged() | second.acknowledged() <= set(await numbers_in(database))


async def test_processes_that_start_at_once_agree_on_one_server(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        starting = [stack.enter_async_context(holder(tmp_path, 10**6 * number)) for number in range(4)]
        holders = await asyncio.gather(*starting)
        await asyncio.gather(*(seen.next("wrote") for seen in holders))
        running = [
            process
            for process in psutil.process_iter()
            if is_alive(process) and process.ppid() in {seen.process.pid for seen in holders}
        ]
        assert [process.pid for process in running] == [server_of(tmp_path).pid]


async def test_where_servers_outlive_their_owner_the_next_one_adopts_it(tmp_path: Path) -> None:
    async with holder(tmp_path, tie=False) as alone:
        await alone.next("wrote")
        server = server_of(tmp_path)
        alone.process.kill()
        await alone.rest()
    assert is_alive(server)
    async with open_database(None, tmp_path, options=options(tmp_path, tie=False)) as database:
        assert server_of(tmp_path) == server
        assert alone.acknowledged() <= set(await numbers_in(database))
        server.kill()
        await gone(server)
        assert alone.acknowledged() <= set(await numbers_in(database))
        assert server_of(tmp_path) != server
        server = server_of(tmp_path)
    assert not is_alive(server)


async def test_an_adopted_server_is_stopped_in_order_by_its_new_owner(tmp_path: Path) -> None:
    async with holder(tmp_path, tie=False) as alone:
        await alone.next("wrote")
        server = server_of(tmp_path)
        alone.process.kill()
        await alone.rest()
    async with open_database(None, tmp_path, options=options(tmp_path, tie=False)):
        assert server_of(tmp_path) == server
    assert not is_alive(server)
    assert not (tmp_path / "postgres" / "data" / "postmaster.pid").exists()


@linux_only
async def test_a_server_that_nobody_stops_is_replaced_by_one_tied_to_its_owner(tmp_path: Path) -> None:
    async with holder(tmp_path, tie=False) as alone:
        await alone.next("wrote")
        left_over = server_of(tmp_path)
        alone.process.kill()
        await alone.rest()
    async with open_database(None, tmp_path, options=options(tmp_path)) as database:
        assert not is_alive(left_over)
        assert server_of(tmp_path).ppid() == os.getpid()
        assert alone.acknowledged() <= set(await numbers_in(database))


@linux_only
async def test_a_server_that_is_still_shutting_down_is_waited_for(tmp_path: Path) -> None:
    async with holder(tmp_path) as alone:
        await alone.next("wrote")
        server = server_of(tmp_path)
        server.suspend()  # it cannot even begin to stop when its owner dies
        alone.process.kill()
        await alone.rest()
        opening = open_database(None, tmp_path, options=options(tmp_path))
        entering = asyncio.ensure_future(opening.__aenter__())
        await asyncio.wait([entering], timeout=0.3)
        assert not entering.done()
        server.resume()
        database = await entering
        try:
            assert not is_alive(server)
            assert alone.acknowledged() <= set(await numbers_in(database))
        finally:
            await opening.__aexit__(None, None, None)


@pytest.fixture
def everybodys_folder() -> Generator[Path]:
    """A folder that other users can enter, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run it as an ordinary user")
async def test_an_ordinary_user_runs_it_as_himself_and_nobody_elses_database(everybodys_folder: Path) -> None:
    user = server_user(everybodys_folder / "nothing")
    try:
        subprocess.run([sys.executable, "--version"], check=True, capture_output=True, **user.ids)  # noqa: ASYNC221 # pyright: ignore[reportCallIssue, reportArgumentType] -- short; the stubs cannot follow a dict
    except OSError:
        pytest.skip("this Python lies where only root can run it")
    mine = everybodys_folder / "mine"
    async with holder(
        mine, user=user.uid, group=user.gid, extra_groups=[], env={"PATH": os.environ["PATH"]}
    ) as alone:
        await alone.next("wrote")
        server = server_of(mine)
        assert server.uids().real == user.uid
        alone.process.terminate()
        await gone(server)
        await alone.rest()
    async with open_database(
        None, mine, options=options(mine)
    ) as database:  # root, on the database of that user
        assert alone.acknowledged() <= set(await numbers_in(database))
        assert server_of(mine).uids().real == user.uid


@linux_only
async def test_a_thread_that_ends_does_not_take_the_server_with_it(tmp_path: Path) -> None:
    """The kernel's signal follows the thread that started the server, not the process."""
    async with bare_server(find_binaries({}), tmp_path) as server:
        await server.stop()
        starting = threading.Thread(target=server.launch)
        starting.start()
        starting.join()
        assert server.postmaster
        await server.answering()
        assert not server.postmaster.ended.done()
