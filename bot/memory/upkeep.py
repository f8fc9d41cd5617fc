"""Looks after what is remembered while the bot runs: vectors that are missing, and the indexes of large guilds."""

import psycopg
import structlog

from bot.clock import Clock
from bot.errors import OutsideError
from bot.memory import near_index
from bot.memory.library import Library
from bot.storage.database import Database

EVERY = 900.0
"""Seconds between two looks. What is remembered while the embedder is away is found by its words until then."""

log = structlog.get_logger(__name__)


async def look_after_memory(library: Library, database: Database, clock: Clock, every: float = EVERY) -> None:
    """Go on for ever; what fails is logged and tried again at the next look."""
    while True:
        try:
            embedded = await library.catch_up()
            if embedded:
                log.info("memories_embedded", count=embedded)
            await near_index.look_after(database)
        except (OutsideError, psycopg.Error) as error:
            log.warning("memory_upkeep_failed", reason=str(error))
        await clock.sleep(every)
