"""Work that began with an earlier event: found again by its thread or that event, begun once more, or stopped."""

from uuid import UUID

from bot.discord.occasion import Occasion
from bot.storage.database import Connection
from bot.work import lanes, runs_table
from bot.work.runs_table import RunRow


async def first_here(occasion: Occasion) -> RunRow | None:
    """The first run in this thread, whichever cog's; None outside threads."""
    if not occasion.where.in_thread:
        return None
    async with occasion.services.database.connection() as conn:
        return await runs_table.first_in_thread(conn, occasion.where.channel_id)


async def begin_again(occasion: Occasion, event_id: int) -> bool:
    """Let the work of the cog that an event began do all of it once more; False where that is not to be."""
    async with occasion.services.database.transaction() as conn:
        run_id = await _begun_by(conn, occasion, event_id)
        again = run_id is not None and await lanes.begin_again(conn, run_id)
        if again and run_id is not None:
            await occasion.services.ring(conn, run_id)
    return again


async def withdraw(occasion: Occasion, event_id: int, reason: str) -> bool:
    """Stop the work of the cog that an event began; False where there is none."""
    async with occasion.services.database.transaction() as conn:
        run_id = await _begun_by(conn, occasion, event_id)
        if run_id is None:
            return False
        await runs_table.ask_to_stop(conn, run_id, occasion.author.id, reason)
        await occasion.services.ring(conn, run_id)
    return True


async def _begun_by(conn: Connection, occasion: Occasion, event_id: int) -> UUID | None:
    return await lanes.begun_by(conn, occasion.cog.name, occasion.guild_id, event_id)
