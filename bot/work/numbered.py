"""Things of a server that people call by a number, such as tasks, auctions and votes: found, locked, and changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class Numbered[R]:
    """A table with ``id``, ``guild_id`` and ``number``, whose rows are read as ``kind``.

    ``columns`` are those that ``kind`` has, ``json`` those that are stored as JSON.
    """

    kind: type[R]
    table: LiteralString
    columns: LiteralString = "*"
    json: frozenset[str] = frozenset()

    async def get(self, conn: Connection, guild_id: int, row_id: UUID) -> R | None:
        """One of a server."""
        return await self.one(conn, "WHERE guild_id = %s AND id = %s", guild_id, row_id)

    async def locked(self, conn: Connection, guild_id: int, row_id: UUID) -> R | None:
        """One that nobody else changes until the transaction ends; rows may begin to refer to it meanwhile."""
        return await self.one(conn, "WHERE guild_id = %s AND id = %s FOR NO KEY UPDATE", guild_id, row_id)

    async def shared(self, conn: Connection, guild_id: int, row_id: UUID) -> R | None:
        """One that nobody changes until the transaction ends, though others may look at it in the same way."""
        return await self.one(conn, "WHERE guild_id = %s AND id = %s FOR SHARE", guild_id, row_id)

    async def of_number(self, conn: Connection, guild_id: int, number: int) -> R | None:
        """The one that people call by a number."""
        return await self.one(conn, "WHERE guild_id = %s AND number = %s", guild_id, number)

    async def one(self, conn: Connection, where: LiteralString, *values: object) -> R | None:
        """The first that ``where`` finds, which is the rest of the statement."""
        async with conn.cursor(row_factory=class_row(self.kind)) as cursor:
            await cursor.execute(self._select(where), values)
            return await cursor.fetchone()

    async def all(self, conn: Connection, where: LiteralString, *values: object) -> list[R]:
        """All that ``where`` finds, which is the rest of the statement."""
        async with conn.cursor(row_factory=class_row(self.kind)) as cursor:
            await cursor.execute(self._select(where), values)
            return await cursor.fetchall()

    async def change(
        self, conn: Connection, row_id: UUID, to: Mapping[str, object], also: Sequence[LiteralString] = ()
    ) -> R:
        """Change columns of one that the caller has `locked`; ``also`` are assignments as SQL."""
        sets: list[sql.Composable] = [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(f"new_{name}")) for name in to
        ]
        values = {
            f"new_{name}": Jsonb(value) if name in self.json and value is not None else value
            for name, value in to.items()
        }
        query = sql.SQL("UPDATE {} SET {} WHERE id = %(id)s RETURNING {}").format(
            sql.Identifier(self.table),
            sql.SQL(", ").join([*sets, *map(sql.SQL, also)]),
            sql.SQL(self.columns),
        )
        async with conn.cursor(row_factory=class_row(self.kind)) as cursor:
            await cursor.execute(query, {**values, "id": row_id})
            row = await cursor.fetchone()
        assert row is not None  # noqa: S101 - the caller has locked it
        return row

    def _select(self, where: LiteralString) -> sql.Composed:
        parts = sql.SQL(self.columns), sql.Identifier(self.table), sql.SQL(where)
        return sql.SQL("SELECT {} FROM {} {}").format(*parts)
