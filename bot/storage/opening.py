"""Opens the bot's database: finds or starts a server, migrates it as its owner, connects as the bot's role."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bot.clock import Clock
from bot.errors import ConfigError
from bot.observe.known_secrets import NO_SECRETS, Secrets
from bot.storage.cluster import Layout
from bot.storage.connecting import SEARCH_PATH, DatabaseAway, Parameters, parameters_of, with_settings
from bot.storage.database import Database, PoolOptions
from bot.storage.embedded import EmbeddedOptions, embedded_server
from bot.storage.migrate import MigrationTimes, migrate
from bot.storage.migration_files import MIGRATIONS, load_migrations
from bot.storage.owner_lock import is_owned
from bot.storage.roles import Access, check_bot_role, embedded_access, external_access

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """Everything about a database that is not where it is; the defaults are right outside tests.

    Attributes:
        bot_url: a login of its own for the bot, on a server given by URL.
        pool: sizes and times of the pool.
        embedded: how the embedded server is run.
        migrations: the folder of the numbered SQL files.
        migrating: how long migrating may wait.
        secrets: what is never stored.
    """

    bot_url: str | None = None
    pool: PoolOptions = field(default_factory=PoolOptions)
    embedded: EmbeddedOptions = field(default_factory=EmbeddedOptions)
    migrations: Path = MIGRATIONS
    migrating: MigrationTimes = field(default_factory=MigrationTimes)
    secrets: Secrets = NO_SECRETS


@asynccontextmanager
async def open_database(
    url: str | None, data_dir: Path, *, options: DatabaseOptions | None = None, clock: Clock | None = None
) -> AsyncGenerator[Database]:
    """The bot's database, migrated and connected to, until the block ends.

    Args:
        url: a Postgres with pgvector; None for the embedded one.
        data_dir: where the embedded one keeps its files (in a folder ``postgres``).
        options: sizes, times, and the rest.
        clock: for waiting.

    Raises:
        ConfigError: something has to be configured or installed differently; the sentence says what.
        OutsideError: the server cannot be reached, or failed.
    """
    options, clock = options or DatabaseOptions(), clock or Clock()
    async with _access(url, data_dir, options, clock) as access:
        patience = options.pool.acquire if url is None else 0.0
        database = await _opened(access, options, clock, embedded=url is None, patience=patience)
        try:
            yield database
        finally:
            await database.close()


def database_in_use(data_dir: Path) -> bool:
    """Whether some process runs the embedded database of this data directory at this moment."""
    return is_owned(_layout(data_dir).lock)


@asynccontextmanager
async def _access(
    url: str | None, data_dir: Path, options: DatabaseOptions, clock: Clock
) -> AsyncGenerator[Callable[[], Access]]:
    if url is not None:
        bot: Parameters | None = None
        if options.bot_url is not None:
            bot = parameters_of(options.bot_url, key="database.bot_url")
        access = await external_access(parameters_of(url), bot, clock, options.migrating.lock)
        yield lambda: access
        return
    if options.bot_url is not None:
        raise ConfigError("database.bot_url goes with a database.url: set that too, or remove it.")
    async with embedded_server(_layout(data_dir).folder, options.embedded, clock) as server:
        yield lambda: embedded_access(server.where())


async def _opened(
    access: Callable[[], Access], options: DatabaseOptions, clock: Clock, *, embedded: bool, patience: float
) -> Database:
    """Migrates and connects; again if the embedded server's owner ended in between and another one starts it."""
    deadline = clock.monotonic() + patience
    while True:
        database: Database | None = None
        try:
            files = load_migrations(options.migrations)
            now = access()
            await migrate(now.owner, files, role=now.owner_role, clock=clock, times=options.migrating)
            database = Database(
                lambda: _bot_parameters(access(), options),
                options.pool,
                clock,
                embedded=embedded,
                secrets=options.secrets,
                owner=lambda: _owner_parameters(access()),
            )
            await database.open()
            async with database.connection() as connection:
                facts = await check_bot_role(connection)
        except DatabaseAway as error:
            if database is not None:
                await database.close()
            if clock.monotonic() >= deadline:
                raise
            log.info("database_opening_again", reason=str(error))
            await clock.sleep(options.embedded.poll)
        except BaseException:
            if database is not None:
                await database.close()
            raise
        else:
            log.info("database_open", role=facts.name, server=facts.server_version, embedded=embedded)
            return database


def _bot_parameters(access: Access, options: DatabaseOptions) -> Parameters:
    settings = {
        "search_path": SEARCH_PATH,
        "statement_timeout": _milliseconds(options.pool.statement),
        "idle_in_transaction_session_timeout": _milliseconds(options.pool.idle_in_transaction),
    }
    if access.bot_role:
        settings["role"] = access.bot_role
    return with_settings(access.bot, settings)


def _owner_parameters(access: Access) -> Parameters:
    settings = {"search_path": SEARCH_PATH, "statement_timeout": "0"}
    if access.owner_role:
        settings["role"] = access.owner_role
    return with_settings(access.owner, settings)


def _layout(data_dir: Path) -> Layout:
    return Layout((data_dir / "postgres").absolute())


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
