"""Fixtures that give each test a database of its own, on one embedded server for the whole test run.

``database`` is an open ``Database``, migrated and empty; ``database_url`` is its URL, for processes that a test starts;
``empty_database_url`` is one that no migration has touched. With pytest-xdist the workers share one server: the first
runs it, the others attach, and the owner stops it when all are done. A killed run leaves no server behind.
"""

import os
import uuid
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from bot.storage.database import Database
    from bot.testing.database_server import SharedServer

_SERVER = pytest.StashKey["SharedServer"]()


@pytest.fixture(scope="session")
def database_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> "SharedServer":
    """The server of this test run; it is stopped when pytest ends, not in a test's time."""
    from bot.testing.database_server import SharedServer  # noqa: PLC0415 - most runs of pytest need no database

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    server = request.config.stash.setdefault(_SERVER, SharedServer(folder))
    server.start()
    return server


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the server, if this test run needed one."""
    if server := config.stash.get(_SERVER, None):
        server.stop()


@pytest.fixture
def database_url(database_server: "SharedServer") -> Generator[str]:
    """The URL of this test's own database, migrated and empty; the role owns its tables and is no superuser."""
    name = database_server.take()
    yield database_server.url(name)
    database_server.give_back(name)


@pytest.fixture
def empty_database_url(database_server: "SharedServer") -> Generator[str]:
    """The URL of this test's own database, in which only pgvector is switched on."""
    name = f"test_{uuid.uuid4().hex}"
    database_server.create(name, migrated=False)
    yield database_server.url(name)
    database_server.drop(name)


@pytest_asyncio.fixture  # not pytest's own, which needs asyncio_mode=auto
async def database(database_url: str, tmp_path: Path) -> AsyncGenerator["Database"]:
    """This test's own database, open; the bot's role works on it as in the running program."""
    from bot.storage.opening import open_database  # noqa: PLC0415 - as above

    async with open_database(database_url, tmp_path) as opened:
        yield opened
