"""Waits for the note of what was just said: people may answer a message, or react to it, before its delivery is noted."""

from bot.clock import Clock
from bot.discord import outbox_table
from bot.discord.delivery import SPOKEN
from bot.discord.events import Where
from bot.storage.database import Database

LOOKS, PAUSE = 50, 0.1
"""How often is looked, and after how many seconds each; a delivery that died is found again within them."""


async def noted(database: Database, clock: Clock, where: Where, message_id: int) -> None:
    """Return when it is known whether a message is ours, or cannot be waited for any longer.

    Raises `DatabaseAway`.
    """
    for _ in range(LOOKS):
        if not await _on_its_way(database, where, message_id):
            return
        await clock.sleep(PAUSE)


async def _on_its_way(database: Database, where: Where, message_id: int) -> bool:
    # The first message of a forum's post is sent to the forum, and has the post's id.
    places = (where.channel_id, where.home_id)
    async with database.connection() as conn:
        return await outbox_table.may_be_on_its_way(conn, places, SPOKEN, message_id)
