"""Rows that two transactions add at once, the one that both of them get, and those that no server may add."""

import asyncio

import pytest

from bot.discord import outbox_table
from bot.discord.outbox_table import NewRow
from bot.errors import ChannelElsewhere
from bot.mirror import channel_table
from bot.mirror.picture import Channel
from bot.storage.database import Database
from tests.waiting import eventually

ROW = NewRow(key="same", kind="post", payload={"content": "hello"}, channel_id=1)


async def test_a_key_that_somebody_else_is_just_saving_gives_their_row(database: Database) -> None:
    async def add() -> int:
        async with database.transaction() as conn:
            return await outbox_table.add(conn, ROW)

    async def waits() -> bool:
        async with database.connection() as conn:
            cursor = await conn.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            return await cursor.fetchone() is not None

    async with database.transaction() as conn:
        first = await outbox_table.add(conn, ROW)
        second = asyncio.create_task(add())
        await eventually(waits)
    assert await second == first


async def test_no_server_says_anything_in_a_channel_of_another(database: Database) -> None:
    ours, theirs = database.within(10), database.within(20)
    async with ours.transaction() as conn:
        early = await outbox_table.add(conn, ROW)
    async with theirs.transaction() as conn:
        # Whose channel it is, is not known yet; so it is said once, whoever comes first.
        assert await outbox_table.add(conn, ROW) == early
    async with database.transaction() as conn:
        await channel_table.put(conn, [Channel(1, 10, parent_id=None, kind=0)])
    new = NewRow(key="later", kind="post", payload={"content": "hello"}, channel_id=1)
    for _ in range(2):
        async with theirs.transaction() as conn:
            with pytest.raises(ChannelElsewhere):
                await outbox_table.add(conn, new)
            # The transaction goes on.
            assert not await outbox_table.is_known(conn, new.key)
        async with ours.transaction() as conn:
            await outbox_table.add(conn, new)
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT key, guild_id FROM outbox ORDER BY id")
        assert await cursor.fetchall() == [("same", None), ("later", 10)]
