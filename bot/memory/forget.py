"""Forgetting: rows are deleted, and with them their vectors and index entries; no other copy is kept."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from bot.storage.guild_scope import in_guild


async def forget_memory(conn: AsyncConnection[Any], guild_id: int, memory_id: int) -> bool:
    """Delete one memory of a guild; return whether there was one. Its run's sources stay."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "DELETE FROM memory AS gone USING memory AS named"
            " WHERE named.guild_id = %s AND named.id = %s AND gone.guild_id = named.guild_id"
            "   AND gone.kind = named.kind AND gone.key = named.key",
            (guild_id, memory_id),
        )
    return cursor.rowcount > 0


async def forget_key(conn: AsyncConnection[Any], guild_id: int, kind: str, key: str) -> bool:
    """Delete the memory of a guild with this kind and key, all pieces of it; return whether there was one."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "DELETE FROM memory WHERE guild_id = %s AND kind = %s AND key = %s", (guild_id, kind, key)
        )
    return cursor.rowcount > 0


async def forget_message(conn: AsyncConnection[Any], guild_id: int, message_id: int) -> int:
    """Delete whatever a message said; return the number of rows."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "DELETE FROM memory WHERE guild_id = %s AND message_id = %s", (guild_id, message_id)
        )
    return cursor.rowcount


async def forget_older(
    conn: AsyncConnection[Any], guild_id: int, kinds: Collection[str], before: datetime
) -> int:
    """Delete what a guild remembers of these kinds from before a moment; return the number of rows."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "DELETE FROM memory WHERE guild_id = %s AND kind = ANY(%s) AND created_at < %s",
            (guild_id, list(kinds), before),
        )
    return cursor.rowcount


async def forget_channel_messages(
    conn: AsyncConnection[Any], guild_id: int, channel_id: int, kind: str
) -> int:
    """Delete what a guild remembers of a kind from a channel and its threads; return the number of rows."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "DELETE FROM memory WHERE guild_id = %s AND channel_id = %s AND kind = %s",
            (guild_id, channel_id, kind),
        )
    return cursor.rowcount


async def forget_run(conn: AsyncConnection[Any], guild_id: int, run_ids: Collection[UUID]) -> int:
    """Delete what runs remembered and the sources they kept; return the number of rows."""
    runs = list(run_ids)
    async with in_guild(conn, guild_id):
        memories = await conn.execute(
            "DELETE FROM memory WHERE guild_id = %s AND run_id = ANY(%s)", (guild_id, runs)
        )
        sources = await conn.execute(
            "DELETE FROM source WHERE guild_id = %s AND run_id = ANY(%s)", (guild_id, runs)
        )
    return memories.rowcount + sources.rowcount


async def forget_thread(conn: AsyncConnection[Any], guild_id: int, thread_id: int) -> int:
    """Delete a thread's memories and the sources of the runs they came from; return the number of rows.

    A run of the thread that has remembered nothing is not known here: forget it by `forget_run`.
    """
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "DELETE FROM memory WHERE guild_id = %s AND thread_id = %s RETURNING run_id",
            (guild_id, thread_id),
        )
        runs = [row[0] for row in await cursor.fetchall()]
    return len(runs) + await forget_run(conn, guild_id, {run for run in runs if run is not None})


async def forget_guild(conn: AsyncConnection[Any], guild_id: int) -> int:
    """Delete all memories and sources of a guild; return the number of rows."""
    async with in_guild(conn, guild_id):
        memories = await conn.execute("DELETE FROM memory WHERE guild_id = %s", (guild_id,))
        sources = await conn.execute("DELETE FROM source WHERE guild_id = %s", (guild_id,))
    return memories.rowcount + sources.rowcount
