"""SQL on the table ``mirror_channel``: channels and threads."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from bot.mirror.picture import Channel, Overwrite
from bot.storage.database import Connection


async def find(conn: Connection, channel_ids: Collection[int]) -> list[Channel]:
    """Those of the channels and threads that are known."""
    cursor = await conn.execute(
        """
        SELECT channel_id, guild_id, parent_id, kind, name, nsfw, archived, overwrites FROM mirror_channel
        WHERE channel_id = ANY(%s)
        """,
        (sorted(channel_ids),),
    )
    return [channel_of(row) for row in await cursor.fetchall()]


async def put(conn: Connection, channels: Sequence[Channel]) -> set[int | None]:
    """Add or change channels and threads, each id once; gives the guilds that are different now."""
    cursor = await conn.execute(
        """
        INSERT INTO mirror_channel AS old
            (channel_id, guild_id, parent_id, kind, name, nsfw, archived, overwrites)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::text[], %s::boolean[],
                             %s::boolean[], %s::jsonb[])
        ON CONFLICT (channel_id) DO UPDATE SET
            guild_id = excluded.guild_id, parent_id = excluded.parent_id, kind = excluded.kind, name = excluded.name,
            nsfw = excluded.nsfw, archived = excluded.archived, overwrites = excluded.overwrites
            WHERE (old.guild_id, old.parent_id, old.kind, old.name, old.nsfw, old.archived, old.overwrites)
                  IS DISTINCT FROM (excluded.guild_id, excluded.parent_id, excluded.kind, excluded.name,
                                    excluded.nsfw, excluded.archived, excluded.overwrites)
        RETURNING guild_id
        """,
        (
            [one.id for one in channels],
            [one.guild_id for one in channels],
            [one.parent_id for one in channels],
            [one.kind for one in channels],
            [one.name for one in channels],
            [one.nsfw for one in channels],
            [one.archived for one in channels],
            [_written(one.overwrites) for one in channels],
        ),
    )
    return {row[0] for row in await cursor.fetchall()}


async def note(conn: Connection, channel: Channel) -> None:
    """Add what is known of a channel, unless there is more here already."""
    await conn.execute(
        """
        INSERT INTO mirror_channel (channel_id, guild_id, parent_id, kind) VALUES (%s, %s, %s, %s)
        ON CONFLICT (channel_id) DO NOTHING
        """,
        (channel.id, channel.guild_id, channel.parent_id, channel.kind),
    )


async def keep(conn: Connection, guild_ids: Collection[int], channel_ids: Collection[int]) -> set[int]:
    """Forget the channels of these guilds that are not named, with their threads; gives the guilds concerned."""
    cursor = await conn.execute(
        """
        DELETE FROM mirror_channel WHERE guild_id = ANY(%(guilds)s)
            AND CASE WHEN kind IN (10, 11, 12) THEN coalesce(parent_id, 0) ELSE channel_id END <> ALL(%(kept)s)
        RETURNING guild_id
        """,
        {"guilds": sorted(guild_ids), "kept": sorted(channel_ids)},
    )
    return {int(row[0]) for row in await cursor.fetchall()}


async def archive_others(
    conn: Connection, guild_ids: Collection[int], thread_ids: Collection[int], parents: Collection[int] | None
) -> set[int]:
    """Threads of these guilds (of the channels ``parents``, or None: of all) that are not named are not active.

    They are kept: what was said in them can still be read by who could.
    """
    cursor = await conn.execute(
        """
        UPDATE mirror_channel SET archived = true
        WHERE guild_id = ANY(%(guilds)s) AND kind IN (10, 11, 12) AND NOT archived AND channel_id <> ALL(%(threads)s)
            AND (%(parents)s::bigint[] IS NULL OR parent_id = ANY(%(parents)s))
        RETURNING guild_id
        """,
        {
            "guilds": sorted(guild_ids),
            "threads": sorted(thread_ids),
            "parents": None if parents is None else sorted(parents),
        },
    )
    return {int(row[0]) for row in await cursor.fetchall()}


async def drop(conn: Connection, guild_id: int, channel_id: int) -> set[int]:
    """Forget a channel with its threads, or a thread; gives the guild where it is different now."""
    cursor = await conn.execute(
        """
        DELETE FROM mirror_channel
        WHERE guild_id = %(guild_id)s
            AND (channel_id = %(channel_id)s OR (kind IN (10, 11, 12) AND parent_id = %(channel_id)s))
        RETURNING guild_id
        """,
        {"guild_id": guild_id, "channel_id": channel_id},
    )
    return {int(row[0]) for row in await cursor.fetchall()}


def channel_of(row: Sequence[Any]) -> Channel:
    """A channel from its columns, in the order of the table."""
    *facts, overwrites = row
    if overwrites is None:
        return Channel(*facts)
    return Channel(
        *facts,
        overwrites=tuple(
            Overwrite(bool(kind), target, allow, deny) for target, kind, allow, deny in overwrites
        ),
    )


def _written(overwrites: tuple[Overwrite, ...] | None) -> str | None:
    if overwrites is None:
        return None
    return json.dumps([[o.target_id, int(o.is_member), o.allow, o.deny] for o in overwrites])
