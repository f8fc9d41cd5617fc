"""Forgetting: rows are deleted, and with them their vectors and index entries; no other copy is kept."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection


async def forget_memory(conn: AsyncConnection[Any], guild_id: int, memory_id: int) -> bool:
    """Delete one memory of a guild; return whether there was one. Its run's sources stay."""
    cursor = await conn.execute("DELETE FROM memory WHERE guild_id = %s AND id = %s", (guild_id, memory_id))
    return cursor.rowcount > 0


async def forget_run(conn: AsyncConnection[Any], guild_id: int, run_ids: Collection[UUID]) -> int:
    """Delete what runs remembered and the sources they kept; return the number of rows."""
    runs = list(run_ids)
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
    cursor = await conn.execute(
        "DELETE FROM memory WHERE guild_id = %s AND thread_id = %s RETURNING run_id", (guild_id, thread_id)
    )
    runs = [row[0] for row in await cursor.fetchall()]
    return len(runs) + await forget_run(conn, guild_id, {run for run in runs if run is not None})


async def forget_guild(conn: AsyncConnection[Any], guild_id: int) -> int:
    """Delete all memories and sources of a guild; return the number of rows."""
    memories = await conn.execute("DELETE FROM memory WHERE guild_id = %s", (guild_id,))
    sources = await conn.execute("DELETE FROM source WHERE guild_id = %s", (guild_id,))
    return memories.rowcount + sources.rowcount
