"""Removes what was delivered long ago from the outbox, with its files: a little at a time, by one process at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

import structlog
from psycopg import sql
from psycopg.errors import ForeignKeyViolation

from bot.clock import Clock
from bot.errors import OutsideError
from bot.storage.database import Database
from bot.storage.guild_scope import in_every_guild
from bot.work.surface import Connection

CLEANING = 7_266_337_411  # the lock's number, one that no other program on the same database is likely to use
AFTER_ALL = 2**63 - 1

OLD = sql.SQL(
    """
    -- The newest first, because what refers to a row is newer than the row.
    WITH old AS (
        SELECT id, created_at FROM outbox
        WHERE state IN ('sent', 'superseded', 'failed') AND (created_at, id) < (%(moment)s, %(place)s)
        ORDER BY created_at DESC, id DESC LIMIT %(limit)s
    ),
    removed AS (
        DELETE FROM outbox WHERE id = ANY(ARRAY(SELECT id FROM old WHERE
          -- Work that goes on changes its status message and speaks in its thread.
          (SELECT 1 FROM run WHERE run.status_row = old.id AND run.finished_at IS NULL LIMIT 1) IS NULL
          AND (SELECT 1 FROM run WHERE run.thread_row = old.id AND run.finished_at IS NULL LIMIT 1) IS NULL
          -- A question is changed when it is answered.
          AND (SELECT 1 FROM run_wait WHERE run_wait.said_row = old.id AND answered_at IS NULL LIMIT 1) IS NULL
          AND (SELECT 1 FROM ask WHERE ask.said_row = old.id AND ask.state = 'open' LIMIT 1) IS NULL
          {unless_referred_to}))
        RETURNING outbox.id
    )
    SELECT created_at, id, (SELECT count(*) FROM removed) FROM old ORDER BY created_at, id LIMIT 1
    """
)

type Position = tuple[datetime, int]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The oldest row that a batch looked at, and how many of it went."""

    last: Position
    removed: int


@dataclass(frozen=True, slots=True)
class CleaningSettings:
    """Seconds, and rows looked at in one transaction; ``rest`` is left to others between two of them."""

    age: timedelta = timedelta(days=30)
    every: float = 3600.0
    batch: int = 200
    rest: float = 0.2


class OutboxCleaner:
    """Removes old rows now and then. A row that another row, or work that goes on, still refers to stays."""

    def __init__(self, database: Database, clock: Clock, settings: CleaningSettings | None = None) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings or CleaningSettings()

    async def clean_forever(self) -> None:
        """Clean until cancelled; a database that is away is tried again the next time."""
        while True:
            try:
                removed = await self.clean()
                if removed:
                    log.info("outbox_cleaned", rows=removed)
            except OutsideError as error:
                log.warning("outbox_not_cleaned", reason=str(error))
            await self._clock.sleep(self._settings.every)

    async def clean(self) -> int:
        """Remove everything that may go; how many rows that were. Where another process is at it: none."""
        async with self._database.connection() as conn:
            if not await _asked(conn, "SELECT pg_try_advisory_lock(%s)"):
                return 0
            try:
                return await self._clean_alone(conn)
            finally:
                if not conn.closed:
                    await _asked(conn, "SELECT pg_advisory_unlock(%s)")

    async def _clean_alone(self, conn: Connection) -> int:
        """Pass after pass, because a row can only go when what refers to it has gone."""
        query = OLD.format(unless_referred_to=await unless_referred_to(conn))
        cursor = await conn.execute("SELECT now() - %s", (self._settings.age,))
        row = await cursor.fetchone()
        assert row is not None  # noqa: S101 - the statement always answers
        removed = before = 0
        while True:
            below: Position = (row[0], AFTER_ALL)
            while True:
                seen = await self._batch(conn, query, below)
                if seen is None:
                    break
                below, removed = seen.last, removed + seen.removed
                await self._clock.sleep(self._settings.rest)
            if removed == before:
                return removed
            before = removed

    async def _batch(self, conn: Connection, query: sql.Composed, below: Position) -> _Seen | None:
        values = {"moment": below[0], "place": below[1], "limit": self._settings.batch}
        while True:
            try:
                # What refers to a row may be of any guild, and foreign keys see it in any case.
                async with in_every_guild(conn):
                    cursor = await conn.execute(query, values)
                    row = await cursor.fetchone()
                return None if row is None else _Seen((row[0], int(row[1])), int(row[2]))
            except ForeignKeyViolation:
                # Somebody has just begun to refer to one of them, which the next look sees.
                await self._clock.sleep(self._settings.rest)


async def unless_referred_to(conn: Connection) -> sql.Composed:
    """The condition that no row of any table refers to an old one, by whatever foreign keys there are."""
    cursor = await conn.execute(
        """
        SELECT namespace.nspname, class.relname, attribute.attname
        FROM pg_constraint AS reference
        JOIN pg_class AS class ON class.oid = reference.conrelid
        JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
        JOIN pg_attribute AS attribute
          ON attribute.attrelid = reference.conrelid AND attribute.attnum = reference.conkey[1]
        WHERE reference.contype = 'f' AND reference.confrelid = 'outbox'::regclass AND reference.confdeltype = 'a'
        ORDER BY 1, 2, 3
        """
    )
    return sql.SQL("\n").join(
        # LIMIT keeps the planner from joining whole tables to a handful of rows.
        sql.SQL("AND (SELECT 1 FROM {table} AS other WHERE other.{column} = old.id LIMIT 1) IS NULL").format(
            table=sql.Identifier(str(schema), str(table)), column=sql.Identifier(str(column))
        )
        for schema, table, column in await cursor.fetchall()
    )


async def _asked(conn: Connection, query: LiteralString) -> bool:
    cursor = await conn.execute(query, (CLEANING,))
    return await cursor.fetchone() == (True,)
