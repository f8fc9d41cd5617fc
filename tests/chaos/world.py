"""A world outside of any transaction of ours, in which effects happen and can be counted."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from bot.errors import OutsideError

WORLD = """
CREATE TABLE effect (
    number  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id  uuid NOT NULL,
    name    text NOT NULL,
    key     text UNIQUE,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    process integer NOT NULL
);
GRANT ALL ON effect TO cogswarm_bot;
-- The ordinary lease: a time, and nothing by which an old holder could be told from a new one.
CREATE TABLE held (run_id uuid PRIMARY KEY, until timestamptz NOT NULL);
"""

PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class World:
    """Where effects happen, beyond any transaction of ours."""

    url: str

    async def happen(self, run_id: UUID, name: str, key: str | None = None) -> str:
        """Have an effect; with a ``key`` it is had once."""
        async with self._connected() as conn:
            await conn.execute(
                "INSERT INTO effect (run_id, name, key, process) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (run_id, name, key, os.getpid()),
            )
        return name

    async def happened(self, run_id: UUID, name: str) -> str | None:
        """Look an effect up."""
        async with self._connected() as conn:
            cursor = await conn.execute(
                "SELECT name FROM effect WHERE run_id = %s AND name = %s", (run_id, name)
            )
            return None if await cursor.fetchone() is None else name

    async def pass_the_gate(self, run_id: UUID) -> int:
        """Stand before a gate until it is open; which process came through."""
        await self.happen(run_id, "at the gate")
        while await self.happened(run_id, "open") is None:  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(PAUSE)
        return os.getpid()

    async def take(self, run_id: UUID, seconds: float) -> None:
        """Wait until nobody's time with something is left, and have it for so long."""
        while True:
            async with self._connected() as conn:
                cursor = await conn.execute(
                    """
                    INSERT INTO held VALUES (%s, clock_timestamp() + make_interval(secs => %s))
                    ON CONFLICT (run_id) DO UPDATE SET until = excluded.until WHERE held.until < clock_timestamp()
                    """,
                    (run_id, seconds),
                )
                if cursor.rowcount:
                    return
            await asyncio.sleep(PAUSE)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[AsyncConnection[Any]]:
        try:
            async with await AsyncConnection.connect(self.url, autocommit=True) as conn:
                yield conn
        except psycopg.OperationalError as error:
            raise OutsideError("The world cannot be reached.") from error


def prepare(url: str) -> None:
    """Make the world in a database that only the test uses."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(WORLD)
