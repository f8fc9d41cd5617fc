"""Where a channel or thread stands, so that what is remembered of it is read by whoever can read it there."""

from typing import Any

from psycopg import AsyncConnection

from bot.memory.store import Place
from bot.mirror import channel_table
from bot.mirror.picture import PRIVATE_THREAD


async def place_of(conn: AsyncConnection[Any], guild_id: int, place_id: int) -> Place:
    """The place with its channel and whether it is private.

    What is not known may be a private thread, so it is taken for one: then only those find it who can read just that.
    """
    found = next(iter(await channel_table.find(conn, (place_id,))), None)
    if found is None or found.guild_id not in {None, guild_id}:
        return Place(guild_id, place_id, place_id, private=True)
    if not found.is_thread:
        return Place(guild_id, place_id)
    if found.parent_id is None:
        return Place(guild_id, place_id, place_id, private=True)
    return Place(guild_id, found.parent_id, place_id, private=found.kind == PRIVATE_THREAD)
