"""Who is cancelled in the middle of a statement ends, whatever the database says to it."""

import asyncio

from bot.errors import OutsideError
from bot.storage import Database
from tests.sizes import size

TURNS = size("cancellations in the middle of a statement", small=60, stated=2_000)


async def test_a_loop_that_bears_errors_of_the_database_can_be_cancelled_at_any_moment(
    database: Database,
) -> None:
    begun = asyncio.Event()

    async def ask_forever() -> None:
        while True:
            try:
                async with database.transaction() as conn:
                    begun.set()
                    await conn.execute("SELECT pg_sleep(0.001)")
            except OutsideError:
                continue

    for turn in range(TURNS):
        begun.clear()
        asking = asyncio.create_task(ask_forever())
        await begun.wait()
        await asyncio.sleep(turn % 10 / 4_000)
        asking.cancel()
        done, _ = await asyncio.wait({asking}, timeout=10)
        assert done
        assert asking.cancelled()


async def test_an_error_that_comes_in_place_of_a_cancellation_is_the_cancellation(database: Database) -> None:
    """As when the server's own refusal of the statement arrives first."""
    running = asyncio.Event()

    async def ask() -> None:
        async with database.connection() as conn:
            running.set()
            try:
                await conn.execute("SELECT pg_sleep(60)")
            except asyncio.CancelledError:
                await conn.execute("SELECT 1 / 0")

    asking = asyncio.create_task(ask())
    await running.wait()
    await asyncio.sleep(0.05)
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()
