"""A connection on which every statement is explained before it is carried out, to see whether it reads an index."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

_EXPLAINED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")


class Explaining:
    """Has what our SQL uses of a connection; ``plans`` are those of the statements so far."""

    def __init__(self, conn: AsyncConnection[Any]) -> None:
        self._conn = conn
        self.plans: list[str] = []

    async def execute(self, query: Any, values: Any = None) -> AsyncCursor[Any]:
        """Explain, then carry out."""
        await self.explain(query, values)
        return await self._conn.execute(query, values)

    @asynccontextmanager
    async def cursor(self, **how: Any) -> AsyncGenerator["_Cursor"]:
        """A cursor whose statements are explained, too."""
        async with self._conn.cursor(**how) as cursor:
            yield _Cursor(self, cursor)

    async def explain(self, query: Any, values: Any) -> None:
        """Note the plan of a statement."""
        text = query if isinstance(query, str) else query.as_string(self._conn)
        if _EXPLAINED.match(text):
            cursor = await self._conn.execute(f"EXPLAIN {text}".encode(), values)
            self.plans.append("\n".join(str(row[0]) for row in await cursor.fetchall()))


class _Cursor:
    def __init__(self, explaining: Explaining, cursor: AsyncCursor[Any]) -> None:
        self._explaining = explaining
        self._cursor = cursor

    async def execute(self, query: Any, values: Any = None) -> None:
        await self._explaining.explain(query, values)
        await self._cursor.execute(query, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


async def as_autovacuum_does(conn: AsyncConnection[Any], *tables: str) -> None:
    """Let the planner know what is in some tables; in tests autovacuum is off. Needs a connection outside a transaction."""
    await conn.execute("RESET ROLE")
    for table in tables:
        await conn.execute(f"VACUUM ANALYZE {table}".encode())
