"""All SQL on the table ``fact_place``. Every function is called within `in_guild`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from bot.memory.facts.fact import FactPlace
from bot.work.surface import Connection

UNSEEN = timedelta(hours=1)
"""After so long a place is looked at though nothing was heard of it: Discord may have been told to others."""
_COLUMNS = ", ".join(FactPlace.__dataclass_fields__)
_PLACE = sql.SQL("SELECT {} FROM fact_place").format(sql.SQL(_COLUMNS))  # pyright: ignore[reportArgumentType] - the names of fields


async def known(conn: Connection, guild_id: int, channel_id: int, home_id: int) -> FactPlace:
    """A place, which is known from now on."""
    await conn.execute(
        "INSERT INTO fact_place (channel_id, guild_id, home_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (channel_id, guild_id, home_id),
    )
    found = await get(conn, guild_id, channel_id)
    assert found is not None  # noqa: S101 - it was there or was added
    return found


async def get(conn: Connection, guild_id: int, channel_id: int) -> FactPlace | None:
    """A place with facts; None where there never was one."""
    async with conn.cursor(row_factory=class_row(FactPlace)) as cursor:
        await cursor.execute(
            _PLACE + sql.SQL(" WHERE guild_id = %s AND channel_id = %s"), (guild_id, channel_id)
        )
        return await cursor.fetchone()


async def due(conn: Connection, guild_id: int, now: datetime) -> list[FactPlace]:
    """The places to look at, the one that was not looked at for longest first."""
    where = sql.SQL(
        """
        WHERE guild_id = %s AND (changed OR looked_at IS NULL OR looked_at < %s OR EXISTS (
            SELECT FROM fact WHERE fact.channel_id = fact_place.channel_id AND state = 'live' AND expires_at <= %s))
        ORDER BY looked_at NULLS FIRST
        """
    )
    async with conn.cursor(row_factory=class_row(FactPlace)) as cursor:
        await cursor.execute(_PLACE + where, (guild_id, now - UNSEEN, now))
        return await cursor.fetchall()


async def all_changed(conn: Connection, guild_id: int) -> None:
    """Note that something may have happened everywhere."""
    await conn.execute("UPDATE fact_place SET changed = true WHERE guild_id = %s", (guild_id,))


async def is_index(conn: Connection, guild_id: int, message_id: int) -> bool:
    """Whether a message is the list of a place's facts."""
    cursor = await conn.execute(
        "SELECT 1 FROM fact_place WHERE guild_id = %s AND index_id = %s", (guild_id, message_id)
    )
    return await cursor.fetchone() is not None


async def has_changed(conn: Connection, guild_id: int, channel_id: int) -> bool:
    """Note that something happened in a place; False where there are no facts."""
    cursor = await conn.execute(
        "UPDATE fact_place SET changed = true WHERE guild_id = %s AND channel_id = %s", (guild_id, channel_id)
    )
    return cursor.rowcount > 0


async def change(conn: Connection, place: FactPlace, to: Mapping[str, Any]) -> None:
    """Set columns of a place."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in to
    )
    query = sql.SQL("UPDATE fact_place SET {} WHERE channel_id = {}").format(
        columns, sql.Placeholder("place_id")
    )
    await conn.execute(query, {**to, "place_id": place.channel_id})
