"""What the tests of the embedded server share: a small set of migrations, and processes that use a data directory.

Run as a program it is such a process: it opens the database, says who runs the server, then writes numbers and says
each one that the server acknowledged, through every outage, until it is ended.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from bot.errors import OutsideError
from bot.storage import Database, DatabaseOptions, PoolOptions, open_database
from bot.storage.cluster import Layout
from bot.storage.embedded import EmbeddedOptions
from bot.storage.migration_files import MIGRATIONS
from bot.storage.owner_lock import is_owned
from bot.storage.postmaster import running_server
from bot.storage.server_address import read_address

LIMIT_S = 30.0
FAST = EmbeddedOptions(sync=False, poll=0.05, grace=0.5, orphans=1.0, retry=0.5)


def options(data_dir: Path, *, tie: bool = True, **pool: float) -> DatabaseOptions:
    """Quick to notice things, and with a table ``probe`` instead of the program's own tables."""
    folder = data_dir.parent / f"{data_dir.name}-migrations"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("0001_foundation.sql", "0002_procrastinate.sql"):
        shutil.copy(MIGRATIONS / name, folder / name)
    (folder / "0003_probe.sql").write_text(
        "CREATE TABLE probe (n bigint PRIMARY KEY, who text NOT NULL DEFAULT '');"
    )
    return DatabaseOptions(
        embedded=replace(FAST, tie=tie),
        migrations=folder,
        pool=PoolOptions(**{"listen_retry": 0.3, **pool}),  # pyright: ignore[reportArgumentType] -- floats of PoolOptions
    )


def server_of(data_dir: Path) -> psutil.Process:
    """The server that runs on a data directory."""
    process = running_server(Layout(data_dir / "postgres"))
    assert process is not None
    return process


async def numbers_in(database: Database) -> list[int]:
    async with database.connection() as connection:
        answer = await connection.execute("SELECT n FROM probe ORDER BY n")
        return [int(row[0]) for row in await answer.fetchall()]


async def gone(process: psutil.Process) -> None:
    """Waits until a process has ended, whoever its parent is; a zombie has."""
    await eventually(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


async def eventually(true: Callable[[], bool]) -> None:
    """Waits for what there is no event for: the state of a process that is not ours."""
    async with asyncio.timeout(LIMIT_S):
        while not true():  # noqa: ASYNC110 -- nothing here could set an event
            await asyncio.sleep(0.01)


@dataclass(slots=True)
class Holder:
    """A process of this module, as the test sees it."""

    process: asyncio.subprocess.Process
    said: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def next(self, event: str, **fields: Any) -> dict[str, Any]:
        """Reads on until it says this, with these fields."""
        return await self._next(lambda seen: seen["event"] == event and fields.items() <= seen.items())

    async def wrote_after(self, before: dict[str, Any]) -> dict[str, Any]:
        """Reads on until it wrote to another start of the server than before."""
        return await self._next(lambda seen: seen["event"] == "wrote" and seen["server"] != before["server"])

    async def _next(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            while line := await self.process.stdout.readline():
                self.said.append(json.loads(line))
                if wanted(self.said[-1]):
                    return self.said[-1]
        raise AssertionError(
            f"it ended with {await self.process.wait()} and never said what it should: {self.said[-3:]}"
        )

    async def rest(self) -> list[dict[str, Any]]:
        """Everything it ever said, once it has ended."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            left = await self.process.stdout.read()
            await self.process.wait()
        whole = [line for line in left.splitlines(keepends=True) if line.endswith(b"\n")]
        self.said += [json.loads(line) for line in whole]
        return self.said

    def acknowledged(self) -> set[int]:
        return {seen["n"] for seen in self.said if seen["event"] == "wrote"}


@asynccontextmanager
async def holder(
    data_dir: Path, first: int = 0, *, tie: bool = True, **process: Any
) -> AsyncGenerator[Holder]:
    """A process that uses the data directory and writes the numbers from ``first`` on; ended with the block."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bot.storage.probe",
        str(data_dir),
        str(first),
        str(int(tie)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        limit=2**24,
        **process,
    )
    try:
        yield Holder(started)
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()
        await _tidy(data_dir)


async def _tidy(data_dir: Path) -> None:
    """Removes the folder of the socket that a killed owner leaves for the next one, if nobody is using it."""
    layout = Layout(data_dir / "postgres")
    if is_owned(layout.lock) or not (address := read_address(layout)):
        return
    server = running_server(layout)
    if server is not None and server.ppid() == 1:
        return  # a test about servers that outlive their owner
    await eventually(lambda: running_server(layout) is None)
    shutil.rmtree(address.socket_dir, ignore_errors=True)


def _say(event: str, **fields: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


async def _write_forever(data_dir: Path, first: int, *, tie: bool) -> None:
    async with open_database(None, data_dir, options=options(data_dir, tie=tie)) as database:
        number = first
        _say("open")
        while True:
            try:
                async with database.transaction() as connection:
                    await connection.execute("INSERT INTO probe VALUES (%s) ON CONFLICT DO NOTHING", [number])
                    answer = await connection.execute("SELECT pg_postmaster_start_time()::text")
                    row = await answer.fetchone()
            except OutsideError as error:
                _say("outage", sentence=str(error))
                await asyncio.sleep(0.02)
            else:
                _say("wrote", n=number, server=row and row[0])
                number += 1
            await asyncio.sleep(0.002)


if __name__ == "__main__":
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_write_forever(Path(sys.argv[1]), int(sys.argv[2]), tie=sys.argv[3] == "1"))
