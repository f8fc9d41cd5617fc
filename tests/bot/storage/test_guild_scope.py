"""Row-level policies: every table of a guild has one, and what is of one guild sees nothing of another."""

import asyncio
from typing import LiteralString

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL, Identifier

from bot.storage.database import Database
from bot.storage.guild_scope import in_every_guild, in_guild

UNPROTECTED = """
SELECT relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'guild_id' AND NOT a.attisdropped
  AND NOT (c.relrowsecurity
           AND (SELECT count(*) FROM pg_policies AS p WHERE p.schemaname = 'public' AND p.tablename = c.relname) = 1
           AND EXISTS (SELECT 1 FROM pg_policies AS p
                       WHERE p.schemaname = 'public' AND p.tablename = c.relname AND p.policyname = 'of_guild'
                         AND p.cmd = 'ALL' AND p.roles = '{public}' AND p.with_check = p.qual
                         AND p.qual LIKE '%guild_id = ( SELECT guild_in_scope() %'))
"""

NOTE = "INSERT INTO cog_note (guild_id, cog, name, value) VALUES (%s, 'a cog', 'a name', '1')"
NOTES = "SELECT guild_id FROM cog_note ORDER BY guild_id"


async def test_every_table_with_a_guild_has_a_policy(database: Database, database_url: str) -> None:
    async with database.connection() as conn:
        assert await (await conn.execute(UNPROTECTED)).fetchall() == []
    async with await psycopg.AsyncConnection.connect(database_url) as owner:
        # the control: a table whose author forgot, until they say it
        await owner.execute("CREATE TABLE public.forgotten (guild_id bigint)")
        assert await (await owner.execute(UNPROTECTED)).fetchall() == [("forgotten",)]
        await owner.execute("SELECT keep_guilds_apart('forgotten')")
        assert await (await owner.execute(UNPROTECTED)).fetchall() == []
        await owner.rollback()


async def test_within_a_guild_there_is_nothing_of_another(database: Database) -> None:
    async with database.connection() as conn:
        for guild in (1, 2):
            await conn.execute(NOTE, (guild,))
    one = database.within(1)
    async with one.connection() as conn:
        assert await (await conn.execute(NOTES)).fetchall() == [(1,)]
        assert (await conn.execute("DELETE FROM cog_note WHERE guild_id = 2")).rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await conn.execute(NOTE, (3,))
        async with in_every_guild(conn):
            assert len(await (await conn.execute(NOTES)).fetchall()) == 2
        assert await (await conn.execute(NOTES)).fetchall() == [(1,)]
    async with one.transaction() as conn:
        async with in_guild(conn, 2):
            assert await (await conn.execute(NOTES)).fetchall() == [(2,)]
        assert await (await conn.execute(NOTES)).fetchall() == [(1,)]


async def test_a_connection_that_is_given_back_belongs_to_no_guild(database: Database) -> None:
    async with database.connection() as conn:
        await conn.execute(NOTE, (2,))

    async def sees() -> list[tuple[int, ...]]:
        async with database.connection() as conn:
            found = await (await conn.execute(NOTES)).fetchall()
            await asyncio.sleep(0)
            return found

    async def breaks(guild: int) -> None:
        async with database.within(guild).connection() as conn:
            await conn.execute("BEGIN")
            assert conn.info.transaction_status is not TransactionStatus.IDLE
            raise ZeroDivisionError

    async def is_cancelled(guild: int) -> None:
        async with database.within(guild).connection() as conn:
            await conn.execute("SELECT pg_sleep(60)")

    for _ in range(4):
        with pytest.raises(ZeroDivisionError):
            await breaks(1)
        sleeping = asyncio.create_task(is_cancelled(1))
        await asyncio.wait({sleeping}, timeout=0.05)
        sleeping.cancel()
        await asyncio.wait({sleeping})
    every = database.options.max_size
    assert await asyncio.gather(*(sees() for _ in range(every))) == [[(2,)]] * every


async def test_a_guild_that_was_left_takes_along_what_was_found_out_and_pinned_there(
    database: Database,
) -> None:
    rows: dict[str, LiteralString] = {
        "code_review": "(guild_id, repository, number, named, channel_id) VALUES (7, 'a/b', 1, 'A/b', 5)",
        "code_suppressed": "(guild_id, repository, fingerprint, shown, why, by_id) VALUES (7, 'a/b', 'f', 's', 'w', 6)",
        "fact_place": "(channel_id, guild_id, home_id) VALUES (5, 7, 5)",
        "memory_opt_out": "(guild_id, member_id) VALUES (7, 6)",
    }
    async with database.connection() as conn, in_every_guild(conn):
        await conn.execute("INSERT INTO mirror_guild (guild_id, name, owner_id) VALUES (7, 'G', 6)")
        for table, values in rows.items():
            await conn.execute(SQL("INSERT INTO {} ").format(Identifier(table)) + SQL(values))
        await conn.execute("DELETE FROM mirror_guild WHERE guild_id = 7")
        for table in rows:
            cursor = await conn.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table)))
            assert await cursor.fetchone() == (0,), table
