"""Messages that a cog says under a name of its own: said once in a place, and changed later by that name."""

from bot.work.surface import Connection, Place, Say, Surface


def full_key(cog: str, channel_id: int, key: str) -> str:
    """What a cog's message is called in the outbox."""
    return f"{cog}:{channel_id}:{key}"


async def say_once(conn: Connection, surface: Surface, cog: str, channel_id: int, key: str, say: Say) -> None:
    """Say something in a channel, where nothing was said under that key before. Raises `ChannelElsewhere`."""
    await surface.post(conn, full_key(cog, channel_id, key), Place(channel_id=channel_id), say)


async def change(
    conn: Connection, surface: Surface, cog: str, channel_id: int, key: str, version: str, say: Say
) -> bool:
    """Let a message that was said under a key say something else; the same ``version`` again changes nothing.

    False where nothing was said under it, or so long ago that it is not known any more.
    """
    name = full_key(cog, channel_id, key)
    cursor = await conn.execute("SELECT id FROM outbox WHERE key = %s", (name,))
    row = await cursor.fetchone()
    if row is None:
        return False
    await surface.edit(conn, f"{name}:{version}", int(row[0]), say)
    return True
