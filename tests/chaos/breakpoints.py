"""Stops whatever writes a chosen row, so that its process can be killed at exactly that point.

A trigger makes the writer wait for a lock that we hold. ``before`` waits while the row is being written: the process
is killed, and nothing is saved. ``after`` waits inside the commit, at its end: the process has asked to commit and is
killed without an answer, and once the lock is released the server completes the commit that it was asked for.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import AsyncConnection

from tests.waiting import eventually

LOCK = 4711

type Moment = Literal["before", "after"]
BOTH: tuple[Moment, ...] = ("before", "after")

_INSTALL = """
CREATE TABLE chaos_point (event text NOT NULL, moment text NOT NULL);

-- As its owner, because the bot's role may not read that table.
CREATE FUNCTION chaos_stop() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    written jsonb := to_jsonb(NEW);
    happens text := CASE TG_TABLE_NAME
        WHEN 'run_step' THEN 'step ' || (written->>'key')
        WHEN 'run' THEN 'run ' || (written->>'state')
        WHEN 'code_review' THEN 'review ' || (written->>'state')
        WHEN 'code_delivery' THEN CASE WHEN written->>'heard_at' IS NULL THEN 'delivery noted' ELSE 'delivery heard' END
        -- the key without the run's id
        ELSE (written->>'state') || ' ' || regexp_replace(written->>'key', '^[0-9a-f-]{36}:', '')
    END;
BEGIN
    IF EXISTS (SELECT FROM chaos_point WHERE event = happens AND moment = TG_ARGV[0]) THEN
        PERFORM pg_advisory_xact_lock_shared(4711);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER chaos_before BEFORE INSERT ON run_step FOR EACH ROW EXECUTE FUNCTION chaos_stop('before');
CREATE TRIGGER chaos_before BEFORE INSERT OR UPDATE OF state ON run
    FOR EACH ROW EXECUTE FUNCTION chaos_stop('before');
CREATE TRIGGER chaos_before BEFORE UPDATE OF state ON outbox FOR EACH ROW EXECUTE FUNCTION chaos_stop('before');
CREATE TRIGGER chaos_before BEFORE INSERT OR UPDATE OF state ON code_review
    FOR EACH ROW EXECUTE FUNCTION chaos_stop('before');
CREATE TRIGGER chaos_before BEFORE INSERT OR UPDATE OF heard_at ON code_delivery
    FOR EACH ROW EXECUTE FUNCTION chaos_stop('before');
CREATE CONSTRAINT TRIGGER chaos_after AFTER INSERT ON run_step
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chaos_stop('after');
CREATE CONSTRAINT TRIGGER chaos_after AFTER INSERT OR UPDATE OF state ON run
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chaos_stop('after');
CREATE CONSTRAINT TRIGGER chaos_after AFTER UPDATE OF state ON outbox
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chaos_stop('after');
CREATE CONSTRAINT TRIGGER chaos_after AFTER INSERT OR UPDATE OF state ON code_review
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chaos_stop('after');
CREATE CONSTRAINT TRIGGER chaos_after AFTER INSERT OR UPDATE OF heard_at ON code_delivery
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chaos_stop('after');
"""

_THERE = """
FROM pg_locks WHERE locktype = 'advisory' AND objid = %s
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_WAITING = f"{_THERE} AND NOT granted"


@dataclass(frozen=True, slots=True)
class Point:
    """``step plan``, ``run done``, ``sending status``, ``sent post:1``, ``delivery noted`` or ``review merged``, and when in its transaction."""

    event: str
    moment: Moment


@dataclass(frozen=True, slots=True)
class Breakpoints:
    """The points of one database; one is armed at a time."""

    conn: AsyncConnection[Any]

    async def arm(self, point: Point) -> None:
        """Let whoever comes to ``point`` wait there."""
        await self.conn.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        await self.conn.execute("INSERT INTO chaos_point VALUES (%s, %s)", (point.event, point.moment))

    async def reached(self) -> bool:
        """Whether somebody waits."""
        return bool(await self.rows(f"SELECT 1 {_WAITING}", LOCK))

    async def cut_off(self) -> None:
        """End the connection of whoever waits there, as a crash of the server does."""
        await self.conn.execute(f"SELECT pg_terminate_backend(pid) {_WAITING}", (LOCK,))

    async def somebody_waits_for_a_row(self) -> bool:
        """Whether some transaction waits for another one to end."""
        return bool(
            await self.rows("SELECT 1 FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted")
        )

    async def release(self) -> None:
        """Let the one who waits go on, and nobody else wait; then whatever they did is saved or undone."""
        await self.conn.execute("DELETE FROM chaos_point")
        await self.conn.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
        await eventually(self._nobody_there)

    async def rows(self, query: Any, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds."""
        return await (await self.conn.execute(query, values)).fetchall()

    async def _nobody_there(self) -> bool:
        return not await self.rows(f"SELECT 1 {_THERE}", LOCK)


@asynccontextmanager
async def breakpoints(database_url: str) -> AsyncGenerator[Breakpoints]:
    """Install the triggers in a database that only the test uses."""
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        await conn.execute(_INSTALL)
        yield Breakpoints(conn)
