import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from bot.memory import held
from bot.memory.embedder import Embedded, EmbeddingSpace
from bot.memory.forget import forget_guild, forget_memory, forget_run, forget_thread
from bot.memory.recall import Question, recall
from bot.memory.sources import Document, keep, of_run
from bot.memory.store import NewMemory, Place, remember
from bot.storage.database import Database
from bot.storage.guild_scope import in_every_guild, in_guild

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
SPACE = EmbeddingSpace("two", 2)
MEMORY = NewMemory(Place(1, 11, 21), "research", "run 1", "apples", "grow on trees", WHEN)


async def rows(database: Database, query: str = "SELECT * FROM memory ORDER BY id") -> list[tuple[Any, ...]]:
    async with database.connection() as conn, in_every_guild(conn):
        return await (await conn.execute(query.encode())).fetchall()


async def test_the_same_memory_is_stored_once_and_stays_as_it_was(database: Database) -> None:
    async with database.transaction() as conn:
        first = await remember(conn, MEMORY, Embedded(SPACE, [1.0, 0.0]))
        again = await remember(conn, replace(MEMORY, body="something else"), None)
        elsewhere = await remember(conn, replace(MEMORY, place=Place(2, 11)), None)
    assert first == again != elsewhere
    assert await rows(database, "SELECT body FROM memory WHERE guild_id = 1") == [("grow on trees",)]


async def test_it_is_stored_with_the_callers_transaction_or_not_at_all(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as conn:
            await remember(conn, MEMORY, Embedded(SPACE, [1.0, 0.0]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await rows(database) == []
    assert await rows(database, "SELECT * FROM embedding_space") == []


async def test_racing_writers_store_one_row_and_one_space(database: Database) -> None:
    async def write() -> int | None:
        async with database.transaction() as conn:
            return await remember(conn, MEMORY, Embedded(SPACE, [1.0, 0.0]))

    ids = await asyncio.gather(*(write() for _ in range(8)))
    assert len(set(ids)) == 1
    assert len(await rows(database)) == 1
    assert len(await rows(database, "SELECT * FROM embedding_space")) == 1


async def test_hostile_and_huge_text_is_cut_and_stored(database: Database) -> None:
    memory = replace(MEMORY, title="t\0\ud800" * 1_000, body="b\0 " * 100_000)
    assert "\0" not in memory.text
    async with database.transaction() as conn:
        await remember(conn, memory, None)
    ((title, body),) = await rows(database, "SELECT title, body FROM memory")
    assert 0 < len(title) <= 300
    assert 0 < len(body) <= 20_000


async def test_the_largest_vector_fits(database: Database) -> None:
    space = EmbeddingSpace("large", 16_000)
    async with database.transaction() as conn:
        await remember(conn, MEMORY, Embedded(space, [0.0079] * 16_000))
    assert await rows(database, "SELECT vector_dims(embedding) FROM memory") == [(16_000,)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE memory SET visibility = 'private_thread', thread_id = NULL",
        "UPDATE memory SET visibility = 'everybody'",
        "UPDATE memory SET embedding = NULL",
    ],
)
async def test_the_table_refuses_what_would_leak_or_mislead(
    database: Database, database_url: str, change: str
) -> None:
    async with database.transaction() as conn:
        await remember(conn, MEMORY, Embedded(SPACE, [1.0, 0.0]))
    async with await psycopg.AsyncConnection.connect(database_url) as owner:
        with pytest.raises(psycopg.errors.CheckViolation):
            await owner.execute(change.encode())


async def test_nothing_promotes_itself_and_no_other_guild_is_seen(database: Database) -> None:
    async with database.transaction() as conn:
        await remember(conn, MEMORY, None)
        await remember(conn, replace(MEMORY, place=Place(2, 11)), None)
    for change in (
        "SET tainted = false",
        "SET channel_id = 12",
        "SET visibility = 'channel'",
        "SET guild_id = 2",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with database.connection() as conn, in_guild(conn, 1):
                await conn.execute(f"UPDATE memory {change}".encode())
    async with database.connection() as conn:
        everything = "SELECT guild_id FROM memory UNION ALL SELECT 3 FROM memory_words(1, '{11}', NULL, NULL, 'apples', 9)"
        assert await (await conn.execute(everything)).fetchall() == []
        async with in_guild(conn, 2):
            # the guild that is named has to be the one that the transaction is about, also for the words
            assert await (await conn.execute(everything)).fetchall() == [(2,)]
        async with in_guild(conn, 1):
            assert await (await conn.execute(everything)).fetchall() == [(1,), (3,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.connection() as conn, in_guild(conn, 1):
            await conn.execute(
                "INSERT INTO memory (guild_id, channel_id, visibility, kind, key, title, body, created_at, tainted)"
                " VALUES (2, 11, 'channel', 'fact', 'x', 'x', 'x', now(), false)"
            )


async def test_what_is_long_is_found_in_pieces_and_read_whole(database: Database) -> None:
    body = (
        "\n\n".join(f"Part {number} is about {'pears ' * 40}." for number in range(4))
        + " It ends with quinces."
    )
    parts = replace(MEMORY, body=body).in_pieces()
    assert "".join(part.body for part in parts) == body
    assert len(parts) > 3
    async with database.transaction() as conn:
        for part in parts:
            await remember(conn, part, None)
        (hit,) = (await recall(conn, Question(1, "quinces", {11}), None)).hits
    assert hit.found.body == body
    assert hit.found.passage == parts[-1].body


async def test_who_opts_out_is_not_remembered(database: Database) -> None:
    mine = replace(MEMORY, member_id=5)
    async with database.transaction() as conn:
        assert await remember(conn, mine, None) is not None
        assert await remember(conn, replace(mine, place=Place(2, 11)), None) is not None
    async with database.transaction() as conn:
        assert await held.opt_out(conn, 1, 5)
        assert await held.erase_member(conn, 1, 5) == 1
    async with database.transaction() as conn:
        assert await remember(conn, mine, None) is None
        assert await remember(conn, replace(mine, member_id=6, key="another's"), None) is not None
    assert await rows(database, "SELECT guild_id, member_id FROM memory ORDER BY 1") == [(1, 6), (2, 5)]
    async with database.connection() as conn:
        assert await held.opt_in(conn, 1, 5)
        assert await remember(conn, mine, None) is not None


def document(number: int) -> Document:
    return Document(f"https://example.org/{number}", f"Document {number}", f"text {number}", WHEN)


async def test_forgetting_takes_what_is_named_and_nothing_of_other_guilds(database: Database) -> None:
    runs = [uuid.UUID(int=number) for number in range(1, 6)]
    places = [Place(1, 11, 21), Place(1, 11, 21), Place(1, 11, 22), Place(1, 12), Place(2, 11, 21)]
    ids: list[int] = []
    async with database.transaction() as conn:
        for run, place in zip(runs, places, strict=True):
            made = await remember(conn, replace(MEMORY, place=place, key=str(run), run_id=run), None)
            assert made is not None
            ids.append(made)
            await keep(conn, run, place.guild_id, [document(1), document(2)])

    async def left() -> tuple[set[int], set[uuid.UUID]]:
        memories = {row[0] for row in await rows(database)}
        return memories, {row[0] for row in await rows(database, "SELECT run_id FROM source")}

    async with database.transaction() as conn:
        assert not await forget_memory(conn, 2, ids[0])
        assert await forget_thread(conn, 2, 22) == 0
        assert await forget_run(conn, 2, runs[:4]) == 0
    assert await left() == (set(ids), set(runs))

    async with database.transaction() as conn:
        assert await forget_memory(conn, 1, ids[0])
        assert not await forget_memory(conn, 1, ids[0])
    assert await left() == (set(ids[1:]), set(runs))

    async with database.transaction() as conn:
        assert await forget_thread(conn, 1, 21) == 3
    assert await left() == (set(ids[2:]), {runs[0], *runs[2:]})

    async with database.transaction() as conn:
        assert await forget_run(conn, 1, [runs[2], runs[0]]) == 5
    assert await left() == (set(ids[3:]), set(runs[3:]))

    async with database.transaction() as conn:
        assert await forget_guild(conn, 1) == 3
    assert await left() == ({ids[4]}, {runs[4]})


async def test_nothing_but_the_row_holds_a_memorys_text(database: Database) -> None:
    async with database.transaction() as conn:
        await remember(conn, replace(MEMORY, body="canary7"), Embedded(SPACE, [1.0, 0.0]))
    tables = await rows(
        database,
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        " AND has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT')",
    )
    holding: list[str] = []
    for (table,) in tables:
        found = await rows(database, f"SELECT 1 FROM {table} AS t WHERE t::text LIKE '%canary7%'")  # noqa: S608 - names from the catalogue
        holding += [table] * len(found)
    assert holding == ["public.memory"]


async def test_sources_of_a_run_are_numbered_once_and_come_back_in_order(database: Database) -> None:
    run = uuid.uuid4()
    async with database.transaction() as conn:
        first = await keep(conn, run, 1, [document(1), document(2)])
        changed = Document(document(1).url, "another title", "another text", WHEN)
        again = await keep(conn, run, 1, [changed, document(3), document(3)])
        assert await keep(conn, run, 1, []) == []
        assert (await keep(conn, uuid.uuid4(), 1, [document(9)]))[0].number == 1
    assert [source.number for source in first] == [1, 2]
    assert [source.number for source in again] == [1, 3, 3]
    assert again[0] == first[0]
    assert again[0].text == "text 1"
    async with database.connection() as conn:
        assert [source.url[-1] for source in await of_run(conn, run, 1)] == ["1", "2", "3"]
        assert await of_run(conn, run, 2) == []


async def test_fetches_that_end_at_once_get_different_numbers(database: Database) -> None:
    run = uuid.uuid4()

    async def write(number: int) -> None:
        async with database.transaction() as conn:
            await keep(conn, run, 1, [document(number % 5)])

    await asyncio.gather(*(write(number) for number in range(20)))
    async with database.connection() as conn:
        kept = await of_run(conn, run, 1)
    assert [source.number for source in kept] == [1, 2, 3, 4, 5]
    assert len({source.url for source in kept}) == 5
