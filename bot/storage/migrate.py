"""Brings a database to the state this program needs, once, however many processes start at the same time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg
import structlog
from psycopg import AsyncConnection, errors, sql
from psycopg.rows import TupleRow, class_row

from bot.clock import Clock
from bot.errors import ConfigError, OutsideError
from bot.storage.advisory_lock import LockTimes, advisory_lock
from bot.storage.connecting import SEARCH_PATH, DatabaseAway, Parameters, connected, with_settings
from bot.storage.migration_files import Migration

log = structlog.get_logger(__name__)

type Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class MigrationTimes:
    """How long migrating may wait, in seconds.

    Attributes:
        lock: for another process that is migrating.
        table: for a table that running programs use, at a time: waiting for one makes everybody else wait too.
        attempts: how often a file is tried again after it did not get a table.
        pause: between two such attempts.
    """

    lock: LockTimes = field(default_factory=LockTimes)
    table: float = 5.0
    attempts: int = 20
    pause: float = 2.0


@dataclass(frozen=True, slots=True)
class _Applied:
    number: int
    name: str
    sha256: str


async def migrate(
    owner: Parameters,
    migrations: Sequence[Migration],
    *,
    role: str | None = None,
    clock: Clock | None = None,
    times: MigrationTimes | None = None,
) -> list[str]:
    """Runs the files that this database has not seen, on a connection of its own; gives their names.

    Args:
        owner: how to connect as the owner of the tables.
        migrations: all files of this program.
        role: whom to become for it, if the owner is another role.
        clock: for waiting.
        times: how long to wait for what.

    Raises:
        ConfigError: the database is newer than this program, or a file was changed after it ran here.
        DatabaseAway: the server went away.
        OutsideError: it refused a statement, or a table stayed in use.
    """
    clock, times = clock or Clock(), times or MigrationTimes()
    settings = {
        "search_path": SEARCH_PATH,
        "statement_timeout": "0",
        "lock_timeout": f"{times.table * 1000:.0f}",
    }
    if role:
        settings["role"] = role
    async with connected(with_settings(owner, settings)) as connection:
        try:
            if not _missing(migrations, await _applied(connection)):
                return []
            async with advisory_lock(connection, clock, times.lock):
                missing = _missing(migrations, await _applied(connection))
                for migration in missing:
                    await _apply_patiently(connection, migration, clock, times)
        except psycopg.OperationalError as error:
            raise DatabaseAway(
                f"The database could not be migrated ({_said(error)}): see whether it runs, and start again."
            ) from error
    return [migration.name for migration in missing]


def _missing(migrations: Sequence[Migration], applied: Sequence[_Applied] | None) -> list[Migration]:
    """What has to run, after seeing that what did run is what we know."""
    known = {migration.number: migration for migration in migrations}
    for seen in applied or ():
        file = known.get(seen.number)
        if file is None:
            raise ConfigError(
                f"The database is newer than this program (it has {seen.name}): update cogswarm, or use a database of "
                "this version."
            )
        if file.sha256 != seen.sha256:
            raise ConfigError(
                f"{file.name} is not what this database was migrated with: install cogswarm's own file again, and put "
                "changes into a new file."
            )
    done = {seen.number for seen in applied or ()}
    return [migration for migration in migrations if migration.number not in done]


async def _applied(connection: Connection) -> list[_Applied] | None:
    """What ran here already; None where nothing ever did."""
    there = await connection.execute("SELECT to_regclass('public.cogswarm_migrations') IS NOT NULL")
    if await there.fetchone() != (True,):
        return None
    try:
        async with connection.cursor(row_factory=class_row(_Applied)) as cursor:
            await cursor.execute(
                "SELECT number, name, sha256 FROM public.cogswarm_migrations ORDER BY number"
            )
            return await cursor.fetchall()
    except errors.InsufficientPrivilege as error:
        raise ConfigError(
            f"The role {connection.info.user} of database.url may not read cogswarm's tables: give the URL of the role "
            "that owns them."
        ) from error


async def _apply_patiently(
    connection: Connection, migration: Migration, clock: Clock, times: MigrationTimes
) -> None:
    for attempt in range(1, times.attempts + 1):
        started = clock.monotonic()
        try:
            await _apply(connection, migration)
        except errors.LockNotAvailable as error:
            log.info(
                "migration_waits_for_a_table", migration=migration.name, attempt=attempt, reason=_said(error)
            )
            await clock.sleep(times.pause)
        except errors.InsufficientPrivilege as error:
            raise ConfigError(
                f"The role {connection.info.user} of database.url may not make cogswarm's tables ({_said(error)}): let "
                "it own the database."
            ) from error
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            raise OutsideError(
                f"{migration.name} failed ({_said(error)}): report this with the line above."
            ) from error
        else:
            log.info(
                "migration_applied", migration=migration.name, seconds=round(clock.monotonic() - started, 3)
            )
            return
    raise OutsideError(
        f"{migration.name} did not get a table that others use: stop other programs on this database."
    )


async def _apply(connection: Connection, migration: Migration) -> None:
    if migration.in_transaction:
        async with connection.transaction():
            await _run(connection, migration)
    else:
        await _run(connection, migration)


async def _run(connection: Connection, migration: Migration) -> None:
    await connection.execute(
        """
        CREATE TABLE IF NOT EXISTS public.cogswarm_migrations (
            number int PRIMARY KEY,
            name text NOT NULL,
            sha256 text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    for statement in migration.statements:
        await connection.execute(statement.encode())
    await connection.execute(
        sql.SQL("INSERT INTO public.cogswarm_migrations (number, name, sha256) VALUES (%s, %s, %s)"),
        [migration.number, migration.name, migration.sha256],
    )


def _said(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
