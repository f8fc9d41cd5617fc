"""Rows that two transactions add at once, and the one that both of them get."""

import asyncio

from bot.discord import outbox_table
from bot.discord.outbox_table import NewRow
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
