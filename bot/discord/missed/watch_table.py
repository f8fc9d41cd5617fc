"""All SQL on the table ``watched_message``."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.work.surface import Connection

DAYS = 30
"""How long a message is watched where nobody says otherwise."""
MOST = 1_000
"""How many messages of a guild are looked at again; the newest."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A message that a cog watches; ``told`` is a digest of the state it was told last."""

    cog: str
    note: str
    guild_id: int
    channel_id: int
    message_id: int
    told: str | None


async def watch(
    conn: Connection,
    cog: str,
    guild_id: int,
    note: str,
    channel_id: int,
    message_id: int,
    *,
    days: float = DAYS,
) -> None:
    """Watch a message from now on; a cog's ``note`` names one message of a guild."""
    await _put(conn, (cog, note, guild_id, channel_id, message_id, None, days))


async def watch_row(
    conn: Connection, cog: str, guild_id: int, note: str, outbox_row: int, *, days: float = DAYS
) -> None:
    """Watch the message that a row of the outbox will become, or has become."""
    await _put(conn, (cog, note, guild_id, None, None, outbox_row, days))


async def _put(conn: Connection, values: tuple[object, ...]) -> None:
    await conn.execute(
        """
        INSERT INTO watched_message (cog, note, guild_id, channel_id, message_id, outbox_row, until)
        VALUES (%s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s * 86400))
        ON CONFLICT (guild_id, cog, note) DO UPDATE
        SET channel_id = excluded.channel_id, message_id = excluded.message_id,
            outbox_row = excluded.outbox_row, until = excluded.until, told = NULL
        """,
        values,
    )


async def unwatch(conn: Connection, cog: str, guild_id: int, note: str) -> None:
    """Watch it no longer."""
    await conn.execute(
        "DELETE FROM watched_message WHERE guild_id = %s AND cog = %s AND note = %s", (guild_id, cog, note)
    )


async def of_guild(conn: Connection, guild_id: int, cogs: Sequence[str]) -> list[Watched]:
    """What these cogs watch in a guild, the newest first; posts that are not delivered yet are left out."""
    cursor = await conn.execute(
        """
        SELECT w.cog, w.note, w.guild_id, coalesce(w.channel_id, o.channel_id),
               coalesce(w.message_id, o.message_id) AS message_id, w.told
        FROM watched_message w LEFT JOIN outbox o ON o.id = w.outbox_row
        WHERE w.guild_id = %s AND w.cog = ANY(%s) AND w.until > now()
          AND (w.message_id IS NOT NULL OR (o.message_id IS NOT NULL AND o.channel_id IS NOT NULL))
        ORDER BY message_id DESC LIMIT %s
        """,
        (guild_id, list(cogs), MOST),
    )
    return [Watched(*row) for row in await cursor.fetchall()]


async def told(conn: Connection, watched: Watched, digest: str) -> None:
    """Note what a cog was told of a message; nothing where it watches another by now."""
    await conn.execute(
        """
        UPDATE watched_message SET told = %s
        WHERE guild_id = %s AND cog = %s AND note = %s AND told IS NOT DISTINCT FROM %s
        """,
        (digest, watched.guild_id, watched.cog, watched.note, watched.told),
    )
