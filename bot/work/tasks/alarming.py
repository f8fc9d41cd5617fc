"""Alarms of queues: said once when they begin, and in the same message when they are over."""

from bot.work.surface import Connection, Say, Surface
from bot.work.tasks import queue_table, showing


async def sound(conn: Connection, surface: Surface, cog: str, channel_id: int, name: str, say: Say) -> bool:
    """Say that a queue needs help, in a forum as a post of that name; False where that is said already."""
    queue = await queue_table.get(conn, channel_id, locked=True)
    if queue is None or queue.alarm_since is not None:
        return False
    key = f"{cog}:alarm:{channel_id}:{queue.alarms + 1}"
    row = await showing.say_in(conn, surface, key, channel_id, name, say)
    await queue_table.begin_alarm(conn, channel_id, row, say.text)
    return True


async def end(conn: Connection, surface: Surface, cog: str, channel_id: int, text: str) -> bool:
    """Say, under what was said, that it is over; False where there is no alarm."""
    queue = await queue_table.get(conn, channel_id, locked=True)
    if queue is None or queue.alarm_since is None:
        return False
    if queue.alarm_row is not None:
        key = f"{cog}:alarm:{channel_id}:{queue.alarms}:over"
        await surface.edit(conn, key, queue.alarm_row, Say(f"{queue.alarm_text}\n{text}"))
    await queue_table.end_alarm(conn, channel_id)
    return True
