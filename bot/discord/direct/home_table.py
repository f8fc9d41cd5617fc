"""SQL on the table ``direct_home``: which server a member's direct messages with the bot belong to."""

from dataclasses import dataclass

from psycopg.rows import class_row

from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class DirectHome:
    """The server of a conversation; ``chosen`` by the member, or else the only one there was.

    ``since`` is the id of the message up to which it belonged to another one.
    """

    member_id: int
    channel_id: int
    guild_id: int
    chosen: bool
    since: int | None = None


async def of_member(conn: Connection, member_id: int) -> DirectHome | None:
    """Where a member's conversation belongs, as far as that was told."""
    async with conn.cursor(row_factory=class_row(DirectHome)) as cursor:
        await cursor.execute(
            "SELECT member_id, channel_id, guild_id, chosen, since FROM direct_home WHERE member_id = %s",
            (member_id,),
        )
        return await cursor.fetchone()


async def of_channel(conn: Connection, channel_id: int) -> DirectHome | None:
    """Where a conversation belongs."""
    async with conn.cursor(row_factory=class_row(DirectHome)) as cursor:
        await cursor.execute(
            "SELECT member_id, channel_id, guild_id, chosen, since FROM direct_home WHERE channel_id = %s",
            (channel_id,),
        )
        return await cursor.fetchone()


async def put(conn: Connection, home: DirectHome) -> bool:
    """Keep where a conversation belongs; whether it is another server than before, or the first.

    ``home.since`` counts only where it was another one.
    """
    cursor = await conn.execute(
        """
        INSERT INTO direct_home AS kept (member_id, channel_id, guild_id, chosen) VALUES (%s, %s, %s, %s)
        ON CONFLICT (member_id) DO UPDATE
            SET channel_id = excluded.channel_id, guild_id = excluded.guild_id, chosen = excluded.chosen,
                since = CASE WHEN kept.guild_id = excluded.guild_id THEN kept.since ELSE %s END, changed_at = now()
            WHERE (kept.channel_id, kept.guild_id, kept.chosen)
                  IS DISTINCT FROM (excluded.channel_id, excluded.guild_id, excluded.chosen)
        RETURNING (SELECT before.guild_id FROM direct_home AS before WHERE before.member_id = kept.member_id)
                  IS DISTINCT FROM kept.guild_id
        """,
        (home.member_id, home.channel_id, home.guild_id, home.chosen, home.since),
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])
