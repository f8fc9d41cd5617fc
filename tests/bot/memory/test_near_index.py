"""The index of a large guild's vectors: built, asked, passed by where it would miss hits, and dropped again."""

import asyncio
import json
from random import Random
from typing import Any

import pytest
from psycopg import sql

from bot.memory.embedder import Embedded, EmbeddingSpace
from bot.memory.near_index import NearIndex, look_after, nearest
from bot.memory.recall import CANDIDATES, PLACES, Question, recall
from bot.memory.store import halfvec
from bot.storage.database import Connection, Database
from bot.storage.guild_scope import in_every_guild, in_guild
from tests.waiting import eventually

pytestmark = pytest.mark.slow

DIMS = 16
SPACE = EmbeddingSpace("random", DIMS)
LARGE, SMALL, BEYOND = 7, 8, 1_500
EXACTLY = """
SELECT id FROM memory WHERE guild_id = %(guild)s AND channel_id = ANY(%(readable)s)
ORDER BY embedding <=> %(vector)s::halfvec, id LIMIT %(candidates)s
"""


async def fill(database: Database) -> int:
    """Store 2,000 memories of one guild (each hundredth in a channel of its own), and few of another; gives the space."""
    async with database.transaction() as conn, in_every_guild(conn):
        await conn.execute("SELECT setseed(0.5)")
        row = await (
            await conn.execute(
                "INSERT INTO embedding_space (model, dims) VALUES ('random', %s) RETURNING id", (DIMS,)
            )
        ).fetchone()
        assert row is not None
        await conn.execute(
            "INSERT INTO memory (guild_id, channel_id, visibility, kind, key, title, body, created_at, space_id, embedding)"
            " SELECT guild, CASE WHEN n %% 100 = 0 THEN 12 ELSE 11 END, 'channel', 'fact', n::text, 'subject ' || n, '',"
            "        now(), %s, ARRAY(SELECT random() - 0.5 + 0 * n FROM generate_series(1, %s))::halfvec"
            " FROM (VALUES (7, 2000), (8, 100)) AS guilds(guild, rows), generate_series(1, rows) AS n",
            (row[0], DIMS),
        )
        return int(row[0])


def asked(chance: Random | None, readable: list[int]) -> dict[str, Any]:
    chance = chance or Random(1)  # noqa: S311 - repeatable
    vector = [chance.gauss(0, 1) for _ in range(DIMS)]
    return {
        "guild": LARGE,
        "readable": readable,
        "kinds": None,
        "not_run": None,
        "vector": halfvec(vector),
        "candidates": CANDIDATES,
    }


async def exactly(conn: Connection, values: dict[str, Any]) -> list[int]:
    async with in_guild(conn, LARGE):
        return [row[0] for row in await (await conn.execute(EXACTLY, values)).fetchall()]


async def test_a_large_guild_gets_an_index_that_finds_what_the_exact_scan_finds(database: Database) -> None:
    space, chance = await fill(database), Random(7)  # noqa: S311 - repeatable
    index = NearIndex(LARGE, space, DIMS)
    async with database.connection() as conn, in_guild(conn, LARGE):
        assert await nearest(conn, index, PLACES, asked(chance, [11])) is None
    assert await look_after(database, beyond=BEYOND) == [index.name]
    assert await look_after(database, beyond=BEYOND) == []

    found = right = 0
    async with database.connection() as conn, in_guild(conn, LARGE):
        for _ in range(20):
            values = asked(chance, [11])
            near = await nearest(conn, index, PLACES, values)
            assert near is not None
            found += len(near)
            right += len({*near} & {*await exactly(conn, values)})
        assert right / found >= 0.95
        # of a place with twenty rows the index does not reach enough, and the exact scan does
        values = asked(chance, [12])
        assert await nearest(conn, index, PLACES, values) is None
    vector = json.loads(values["vector"])
    async with database.connection() as conn:
        few = await recall(conn, Question(LARGE, "nothing", {12}, limit=40), Embedded(SPACE, vector))
        assert len(few.hits) == 20
        many = await recall(conn, Question(LARGE, "nothing", {11, 12}, limit=10), Embedded(SPACE, vector))
        exact = await exactly(conn, {**values, "readable": [11, 12], "candidates": 10})
        assert len({hit.found.id for hit in many.hits} & {*exact}) >= 9
        other = await recall(conn, Question(SMALL, "nothing", {11, 12}), Embedded(SPACE, vector))
        assert {hit.found.guild_id for hit in other.hits} == {SMALL}

    # fewer memories than it is worth: dropped, and what is there is still found
    async with database.connection() as conn, in_guild(conn, LARGE):
        await conn.execute("DELETE FROM memory WHERE guild_id = %s AND key::int > 1000", (LARGE,))
    assert await look_after(database, beyond=BEYOND) == [index.name]
    async with database.connection() as conn:
        left = await recall(conn, Question(LARGE, "nothing", {11}), Embedded(SPACE, vector))
        assert left.hits


async def test_the_bots_role_reads_by_the_index_in_spite_of_the_policy(database: Database) -> None:
    space = await fill(database)
    index = NearIndex(LARGE, space, DIMS)
    await look_after(database, beyond=BEYOND)
    plans: list[str] = []

    class Explaining:
        """Explains what is asked of the table."""

        def __init__(self, conn: Connection) -> None:
            self._conn = conn

        async def execute(self, query: Any, values: Any = None) -> Any:
            if isinstance(query, sql.Composed) and "memory" in query.as_string():
                explained = await self._conn.execute(sql.SQL("EXPLAIN ") + query, values)
                plans.extend(str(row[0]) for row in await explained.fetchall())
            return await self._conn.execute(query, values)

    async with database.connection() as conn, in_guild(conn, LARGE):
        explaining: Any = Explaining(conn)
        await nearest(explaining, index, PLACES, asked(None, [11]))
    assert f"Index Scan using {index.name} on memory" in "\n".join(plans)
    assert "guild_id = (InitPlan" in "\n".join(plans)


async def test_a_build_that_was_broken_off_is_not_asked_and_made_anew(database: Database) -> None:
    space = await fill(database)
    index = NearIndex(LARGE, space, DIMS)

    async def half_built() -> bool:
        async with database.connection() as conn:
            found = await conn.execute("SELECT 1 FROM pg_class WHERE relname = %s", (index.name,))
            return await found.fetchone() is not None

    async with database.transaction() as conn, in_guild(conn, LARGE):
        # a writer, for whose end the build waits
        await conn.execute("UPDATE memory SET key = 'x' WHERE guild_id = %s AND key = '1'", (LARGE,))
        building = asyncio.create_task(look_after(database, beyond=BEYOND))
        await eventually(half_built)
        assert await look_after(database, beyond=BEYOND) == []
        building.cancel()
        await asyncio.wait({building})
    assert await half_built()
    async with database.connection() as conn, in_guild(conn, LARGE):
        assert await nearest(conn, index, PLACES, asked(None, [11])) is None
    assert await look_after(database, beyond=BEYOND) == [index.name, index.name]
    async with database.connection() as conn, in_guild(conn, LARGE):
        assert await nearest(conn, index, PLACES, asked(None, [11])) is not None
