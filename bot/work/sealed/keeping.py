"""Keeps what is sealed: a row that all can read, with the seal, and one with what it was made of, which nobody can yet.

Triggers refuse rows that come too late, and row-level policies hide the second one until its time, by a clock that is the
owner's: see the migrations that make the tables.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from psycopg import sql
from psycopg.errors import CheckViolation

from bot.storage.database import Connection, Database
from bot.work.sealed.seal import seal_of


@dataclass(frozen=True, slots=True)
class SealedRows:
    """Two tables: ``said`` has who (``by``) said something ``of`` what, ``hidden`` the ``text`` that was sealed, by ``said_id``.

    Of each person the last row counts, and one without a seal takes back what they said before.
    """

    said: str
    of: str
    by: str
    hidden: str
    said_id: str
    text: str

    async def put(
        self, conn: Connection, of: UUID, by: str, text: str, salt: bytes, columns: Mapping[str, object]
    ) -> str:
        """Seal what somebody says; the seal. What was told before changes nothing.

        ``columns`` are what else the row that all can read says; one may be SQL, which may name the others. Raises
        `CheckViolation` where it comes too late.
        """
        seal = seal_of(of, by, salt, text)
        said = await self._say(conn, {self.of: of, self.by: by, "seal": seal, **columns})
        if said is not None:
            query = sql.SQL("INSERT INTO {} ({}, salt, {}) VALUES (%s, %s, %s)").format(
                *map(sql.Identifier, (self.hidden, self.said_id, self.text))
            )
            await conn.execute(query, (said, salt, text))
        return seal

    async def take_back(self, conn: Connection, of: UUID, by: str, columns: Mapping[str, object]) -> None:
        """Note that what somebody said before does not count any more; else as `put`."""
        await self._say(conn, {self.of: of, self.by: by, **columns})

    async def count_of(self, conn: Connection, of: UUID, by: str) -> int:
        """How often somebody has said something, or taken it back."""
        query = sql.SQL("SELECT count(*) FROM {} WHERE {} = %s AND {} = %s").format(
            *map(sql.Identifier, (self.said, self.of, self.by))
        )
        row = await (await conn.execute(query, (of, by))).fetchone()
        return int(row[0]) if row else 0

    async def _say(self, conn: Connection, columns: Mapping[str, object]) -> int | None:
        """The id of the row that all can read; None where it is there already."""
        plain = {name: value for name, value in columns.items() if not isinstance(value, sql.Composable)}
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING RETURNING id").format(
            sql.Identifier(self.said),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(
                value if isinstance(value, sql.Composable) else sql.Placeholder(name)
                for name, value in columns.items()
            ),
        )
        row = await (await conn.execute(query, plain)).fetchone()
        return None if row is None else int(row[0])


async def in_time[T](database: Database, do: Callable[[Connection], Awaitable[T | None]]) -> T | None:
    """Do something in a transaction that the database lets nobody do too late; None where it was, as ``do`` says or it."""
    try:
        async with database.transaction() as conn:
            return await do(conn)
    except CheckViolation:
        # The time was over between our look and the database's own.
        return None
