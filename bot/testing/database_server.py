"""The embedded server that the processes of one test run share."""

import asyncio
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from bot.storage.cluster import ADMIN_ROLE, OWNER_ROLE, PORT, SETTINGS
from bot.storage.connecting import parameters_of
from bot.storage.embedded import EmbeddedOptions, EmbeddedServer, embedded_server
from bot.storage.migrate import migrate
from bot.storage.migration_files import load_migrations
from bot.testing.server_folder import ServerFolder, locked, plenty_of_memory, server_folder

TEMPLATE = "cogswarm_template"
_UNFINISHED = "cogswarm_unfinished"
_POLL_S = 0.05

# Test data need not survive the machine. What would connect to the template by itself, and so be in the way of
# copying it, is off.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
    "shared_buffers": "64MB",
    # It may lie in memory.
    "min_wal_size": "32MB",
    "max_wal_size": "128MB",
}


class SharedServer:
    """Runs, or attaches to, the test run's server in a thread of its own, and makes databases on it."""

    def __init__(self, run: Path) -> None:
        """``run`` is the folder of the test run, the same for all of its processes."""
        self._run_folder = run
        self._folder: ServerFolder | None = None
        self._server: Future[EmbeddedServer] = Future()
        self._loop: Future[asyncio.AbstractEventLoop] = Future()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="test database", daemon=True)
        self._admin: psycopg.Connection | None = None
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="test database")
        self._spare: Future[str] | None = None
        self._dropped: Future[None] | None = None

    def start(self) -> None:
        """Starts it if it does not run yet, and makes the migrated database that the tests' own are copies of."""
        if self._folder is not None:
            return
        self._folder = server_folder(self._run_folder, plenty_of_memory())
        self._thread.start()
        where = self._server.result().where()
        self._admin = psycopg.connect(**{**where, "user": ADMIN_ROLE, "dbname": "postgres"}, autocommit=True)  # pyright: ignore[reportArgumentType] -- libpq's parameters, all strings
        with locked(self._folder.path / "template.lock"):
            if not self._exists(TEMPLATE):
                self._make_template()

    def stop(self) -> None:
        """Stops it; if we run it, when no other process of the test run uses it any more."""
        if self._folder is None:
            return
        self._hand.shutdown()
        if self._admin is not None:
            self._admin.close()
        if self._server.done() and not self._server.exception() and self._server.result().owned:
            while not self._folder.left_by_all_others():
                time.sleep(_POLL_S)
        self._done.set()
        self._thread.join()
        self._folder.leave()
        self._folder = None

    def url(self, name: str, role: str = OWNER_ROLE) -> str:
        """The URL of a database on this server."""
        host = self._server.result().where()["host"]
        return f"postgresql://{role}@/{name}?host={quote(host, safe='')}&port={PORT}"

    def take(self) -> str:
        """Gives the name of a new copy of the migrated database; the next copy is made while the test runs."""
        taken = self._spare or self._hand.submit(self._copy)
        self._spare = self._hand.submit(self._copy)
        return taken.result()

    def give_back(self, name: str) -> None:
        """Deletes a database while the next test runs. Raises what went wrong with the one before."""
        before, self._dropped = self._dropped, self._hand.submit(self.drop, name)
        if before is not None:
            before.result()

    def create(self, name: str, *, migrated: bool) -> None:
        """Makes a database, as a copy of the migrated one or with nothing but pgvector in it."""
        statement = "CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY"
        template = TEMPLATE if migrated else "template1"
        self._run(statement, name, OWNER_ROLE, template)
        if not migrated:
            self._switch_on_vector(name)

    def drop(self, name: str) -> None:
        """Deletes a database, cutting off whoever is still connected."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _copy(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        self.create(name, migrated=True)
        return name

    def _serve(self) -> None:
        try:
            asyncio.run(self._until_done(self._used_folder().path))
        except BaseException as error:
            if self._server.done():
                raise
            self._server.set_exception(error)

    async def _until_done(self, folder: Path) -> None:
        options = EmbeddedOptions(settings={**SETTINGS, **_FAST}, sync=False, poll=_POLL_S)
        async with embedded_server(folder, options) as server:
            self._loop.set_result(asyncio.get_running_loop())
            self._server.set_result(server)
            await asyncio.to_thread(self._done.wait)

    def _make_template(self) -> None:
        self.drop(_UNFINISHED)
        self.create(_UNFINISHED, migrated=False)
        migrating = migrate(parameters_of(self.url(_UNFINISHED)), load_migrations())
        asyncio.run_coroutine_threadsafe(migrating, self._loop.result()).result()
        self._run("ALTER DATABASE {} RENAME TO {}", _UNFINISHED, TEMPLATE)

    def _switch_on_vector(self, name: str) -> None:
        with psycopg.connect(self.url(name, ADMIN_ROLE), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")

    def _exists(self, name: str) -> bool:
        return self._as_admin().execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount > 0

    def _used_folder(self) -> ServerFolder:
        if self._folder is None:
            raise RuntimeError("start() comes first")
        return self._folder

    def _as_admin(self) -> psycopg.Connection:
        if self._admin is None:
            raise RuntimeError("start() comes first")
        return self._admin

    def _run(self, statement: str, *names: str) -> None:
        composed = sql.SQL(statement).format(*(sql.Identifier(name) for name in names))  # pyright: ignore[reportArgumentType] -- literals of this class
        self._as_admin().execute(composed)
