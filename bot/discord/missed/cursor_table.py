"""SQL on the table ``channel_cursor``, and what the table ``handled_event`` says of several events at once."""

from collections.abc import Mapping, Sequence

from bot.work.surface import Connection

type Place = tuple[int, int]
"""A guild and one of its channels; channel 0 is the guild itself."""


async def of_guild(conn: Connection, guild_id: int) -> dict[int, int]:
    """How far each channel of a guild was heard, by id; empty for a guild where nobody listened yet."""
    cursor = await conn.execute(
        "SELECT channel_id, message_id FROM channel_cursor WHERE guild_id = %s", (guild_id,)
    )
    return {int(row[0]): int(row[1]) for row in await cursor.fetchall()}


async def put(conn: Connection, positions: Mapping[Place, int]) -> None:
    """Note how far some channels were heard; never less far than before."""
    places = sorted(positions)
    await conn.execute(
        """
        INSERT INTO channel_cursor (guild_id, channel_id, message_id)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
        ON CONFLICT (guild_id, channel_id)
        DO UPDATE SET message_id = greatest(channel_cursor.message_id, excluded.message_id)
        """,
        (
            [guild for guild, _ in places],
            [channel for _, channel in places],
            [positions[place] for place in places],
        ),
    )


async def begin_anew(conn: Connection, guild_id: int, since: int | None) -> None:
    """Forget how far a guild's channels were heard: all count from ``since``, or (None) nobody listens there."""
    await conn.execute("DELETE FROM channel_cursor WHERE guild_id = %s", (guild_id,))
    if since is not None:
        await put(conn, {(guild_id, 0): since})


async def handled(conn: Connection, event_ids: Sequence[int]) -> set[tuple[str, int]]:
    """Which cogs have handled which of these events."""
    cursor = await conn.execute(
        "SELECT cog, event_id FROM handled_event WHERE event_id = ANY(%s)", (list(event_ids),)
    )
    return {(str(row[0]), int(row[1])) for row in await cursor.fetchall()}


async def clear_away(conn: Connection, before: int) -> None:
    """Drop what concerns only events older than ``before``, which are never read back."""
    await conn.execute("DELETE FROM handled_event WHERE event_id < %s AND event_id > 0", (before,))
    await conn.execute("DELETE FROM channel_cursor WHERE channel_id <> 0 AND message_id < %s", (before,))
    await conn.execute("DELETE FROM watched_message WHERE until < now()")
