"""What is held of a guild and of a person in it: looked up, shown to them, erased."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from bot.memory.recall import Found
from bot.storage.guild_scope import in_guild


@dataclass(frozen=True, slots=True)
class Held:
    """How much of one kind is remembered of a person, and since when."""

    kind: str
    count: int
    oldest: datetime


async def private_threads(conn: AsyncConnection[Any], guild_id: int) -> frozenset[int]:
    """The private threads of which something is remembered."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "SELECT DISTINCT thread_id FROM memory WHERE guild_id = %s AND visibility = 'private_thread'",
            (guild_id,),
        )
        return frozenset(row[0] for row in await cursor.fetchall())


async def by_ids(
    conn: AsyncConnection[Any], guild_id: int, ids: Collection[int], readable: Collection[int]
) -> list[Found]:
    """Memories by id, as far as they lie in readable places."""
    async with in_guild(conn, guild_id), conn.cursor(row_factory=class_row(Found)) as cursor:
        await cursor.execute(
            """
            SELECT id, kind, key, title, body AS passage, guild_id, channel_id, thread_id, message_id, run_id, member_id,
                   created_at, tainted, NULL AS similarity, 0 AS coverage, 0 AS score, body
            FROM memory
            WHERE guild_id = %(guild)s AND id = ANY(%(ids)s)
              AND (visibility = 'channel' AND channel_id = ANY(%(readable)s)
                   OR visibility = 'private_thread' AND thread_id = ANY(%(readable)s))
            """,
            {"guild": guild_id, "ids": list(ids), "readable": sorted(readable)},
        )
        return await cursor.fetchall()


async def of_member(conn: AsyncConnection[Any], guild_id: int, member_id: int) -> list[Held]:
    """What is remembered of a person on a server, by kind."""
    async with in_guild(conn, guild_id), conn.cursor(row_factory=class_row(Held)) as cursor:
        await cursor.execute(
            "SELECT kind, count(DISTINCT key)::int AS count, min(created_at) AS oldest FROM memory"
            " WHERE guild_id = %s AND member_id = %s GROUP BY kind ORDER BY kind",
            (guild_id, member_id),
        )
        return await cursor.fetchall()


async def export_member(conn: AsyncConnection[Any], guild_id: int, member_id: int) -> list[dict[str, Any]]:
    """All that is remembered of a person on a server, as plain values, oldest first."""
    async with in_guild(conn, guild_id), conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            """
            SELECT kind, title, string_agg(body, '' ORDER BY chunk) AS text, channel_id::text, thread_id::text,
                   message_id::text, min(created_at) AS at, bool_or(tainted) AS from_outside
            FROM memory WHERE guild_id = %s AND member_id = %s
            GROUP BY kind, key, title, channel_id, thread_id, message_id ORDER BY at
            """,
            (guild_id, member_id),
        )
        return [{**row, "at": row["at"].isoformat()} for row in await cursor.fetchall()]


async def erase_member(conn: AsyncConnection[Any], guild_id: int, member_id: int) -> int:
    """Forget all that is remembered of a person on a server; gives how many memories."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "WITH gone AS (DELETE FROM memory WHERE guild_id = %s AND member_id = %s RETURNING kind, key)"
            " SELECT count(DISTINCT (kind, key))::int FROM gone",
            (guild_id, member_id),
        )
        row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def opt_out(conn: AsyncConnection[Any], guild_id: int, member_id: int) -> bool:
    """Remember nothing of a person any more; False where that was so already. In a transaction with `erase_member`."""
    values = {"guild": guild_id, "member": member_id}
    async with in_guild(conn, guild_id):
        # waits for what is being written of them just now; see `bot.memory.store.LOCK_MEMBER_SHARED`
        await conn.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended("
            "'remembered ' || %(guild)s::text || ' ' || %(member)s::text, 0))",
            values,
        )
        cursor = await conn.execute(
            "INSERT INTO memory_opt_out (guild_id, member_id) VALUES (%(guild)s, %(member)s) ON CONFLICT DO NOTHING",
            values,
        )
    return cursor.rowcount > 0


async def opt_in(conn: AsyncConnection[Any], guild_id: int, member_id: int) -> bool:
    """Remember a person's words again from now on; False where that was so already."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "DELETE FROM memory_opt_out WHERE guild_id = %s AND member_id = %s", (guild_id, member_id)
        )
    return cursor.rowcount > 0


async def opted_out(conn: AsyncConnection[Any], guild_id: int, member_id: int) -> bool:
    """Whether a person wants nothing remembered."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "SELECT 1 FROM memory_opt_out WHERE guild_id = %s AND member_id = %s", (guild_id, member_id)
        )
        return await cursor.fetchone() is not None


async def holds_message(conn: AsyncConnection[Any], guild_id: int, message_id: int) -> bool:
    """Whether something is remembered of a message."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "SELECT 1 FROM memory WHERE guild_id = %s AND message_id = %s LIMIT 1", (guild_id, message_id)
        )
        return await cursor.fetchone() is not None


async def kinds(conn: AsyncConnection[Any], guild_id: int) -> list[str]:
    """The kinds of what a guild remembers."""
    async with in_guild(conn, guild_id):
        cursor = await conn.execute(
            "SELECT DISTINCT kind FROM memory WHERE guild_id = %s ORDER BY kind", (guild_id,)
        )
        return [row[0] for row in await cursor.fetchall()]
