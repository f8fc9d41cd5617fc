"""Says which guild's rows a piece of a transaction is about; policies of guild tables show no others."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

EVERY = "*"


@asynccontextmanager
async def in_guild(conn: AsyncConnection[Any], guild_id: int) -> AsyncGenerator[None]:
    """Within the block the rows of one guild are there; joins the caller's transaction, or is one."""
    async with _scope(conn, str(guild_id)):
        yield


@asynccontextmanager
async def in_every_guild(conn: AsyncConnection[Any]) -> AsyncGenerator[None]:
    """Within the block the rows of all guilds are there: for housekeeping, never for what people or agents ask."""
    async with _scope(conn, EVERY):
        yield


async def stay_within(conn: AsyncConnection[Any], guild_id: int | None) -> None:
    """From here to the end of the transaction nothing of other guilds is there; None: nothing is kept away."""
    if guild_id is not None:
        await conn.execute("SELECT set_config('cogswarm.guild', %s, true)", (str(guild_id),))


@asynccontextmanager
async def within_guild(conn: AsyncConnection[Any], guild_id: int | None) -> AsyncGenerator[None]:
    """Within the block, of several transactions, nothing of other guilds is there; None: nothing is kept away.

    A connection on which that cannot be taken back is closed, so that its next user does not inherit it.
    """
    if guild_id is None:
        yield
        return
    try:
        await conn.execute("SELECT set_config('cogswarm.guild', %s, false)", (str(guild_id),))
        yield
    finally:
        if conn.info.transaction_status == TransactionStatus.IDLE:
            await conn.execute("SELECT set_config('cogswarm.guild', '', false)")
        else:
            await conn.close()


@asynccontextmanager
async def _scope(conn: AsyncConnection[Any], scope: str) -> AsyncGenerator[None]:
    if conn.info.transaction_status == TransactionStatus.IDLE:
        # such a setting ends with its transaction, so a connection goes back into the pool without one
        async with conn.transaction():
            await conn.execute("SELECT set_config('cogswarm.guild', %s, true)", (scope,))
            yield
        return
    cursor = await conn.execute("SELECT current_setting('cogswarm.guild', true)")
    row = await cursor.fetchone()
    await conn.execute("SELECT set_config('cogswarm.guild', %s, true)", (scope,))
    yield
    # Not where the block raises: then the transaction is over, or its savepoint takes the setting back.
    await conn.execute("SELECT set_config('cogswarm.guild', %s, true)", ((row and row[0]) or "",))
