"""Somebody who is asked and says no to everything, after those have tried to say yes who may not."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from bot.asks import deciding
from bot.asks.deciding import Said
from bot.asks.policy import Voter
from bot.errors import UserError
from bot.storage.database import Database
from tests.bot.asks.ward import SURFACE

PAUSE = 0.05
MANAGER = Voter(999, manages=True)


@asynccontextmanager
async def naysaying(database: Database) -> AsyncGenerator[list[UUID]]:
    """Within the block every approval that is asked for is refused; gives the questions."""
    refused: list[UUID] = []
    going = asyncio.create_task(_say_no(database, refused))
    try:
        yield refused
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going


async def _say_no(database: Database, refused: list[UUID]) -> None:
    while True:
        # All that a run waits for at once, so that it goes on once.
        async with database.transaction() as conn:
            cursor = await conn.execute(
                """
                SELECT ask.id, ask.guild_id, ask.version, ask.requester_id FROM ask JOIN run ON run.id = ask.run_id
                WHERE ask.state = 'open' AND ask.kind = 'approval' AND run.state = 'waiting' ORDER BY ask.created_at
                """
            )
            for ask_id, guild_id, version, requester in await cursor.fetchall():
                for nobody in (
                    Voter(requester, manages=True),
                    Voter(998),
                    Voter(997, manages=True, is_bot=True),
                ):
                    with suppress(UserError):
                        await deciding.say(conn, SURFACE, guild_id, nobody, Said(ask_id, version))
                with suppress(UserError):
                    said = Said(ask_id, version, yes=False)
                    await deciding.say(conn, SURFACE, guild_id, MANAGER, said)
                    refused.append(ask_id)
        await asyncio.sleep(PAUSE)
