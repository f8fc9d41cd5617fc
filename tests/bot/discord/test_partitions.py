"""Who delivers what: 64 partitions by channel, one holder each, a fence that only the holder knows, in good time."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import hypothesis.strategies as st
from hypothesis import given

from bot.discord import outbox_queue, outbox_table
from bot.discord.deliverer import DelivererSettings
from bot.discord.outbox_table import NewRow, OutboxRow
from bot.storage.database import Database

FIRST, SECOND = UUID(int=1), UUID(int=2)
MARGIN = 5.0


async def take(database: Database, owner: UUID, seconds: float = 60.0) -> dict[int, int]:
    async with database.transaction() as conn:
        return await outbox_table.take_leases(conn, owner, seconds)


async def rows(database: Database, channels: Sequence[int]) -> list[OutboxRow]:
    async with database.transaction() as conn:
        for channel in channels:
            await outbox_table.add(
                conn, NewRow(key=f"k{channel}", kind="post", payload={}, channel_id=channel)
            )
        return await outbox_queue.heads(conn, range(64), busy=[], under_way={}, limit=200)


async def begins(database: Database, row: OutboxRow, owner: UUID, fence: int, margin: float = MARGIN) -> bool:
    async with database.transaction() as conn:
        begun = await outbox_table.begin(conn, row, owner=owner, fence=fence, floor=0, margin=margin)
    return begun.leased


async def test_channels_are_spread_over_64_partitions_and_each_has_one_holder(database: Database) -> None:
    channels = [number << 22 for number in range(1, 129)]
    found = await rows(database, channels)
    assert {row.partition for row in found} == set(range(64))
    assert all(row.partition == (row.channel_id >> 22) % 64 for row in found)
    mine = await take(database, FIRST)
    assert set(mine) == set(range(64))
    assert await take(database, SECOND) == {}
    assert await take(database, FIRST) == mine, "a lease that is prolonged keeps its fence"


async def test_who_has_lost_a_lease_cannot_begin_anything(database: Database) -> None:
    (row,) = await rows(database, [7 << 22])
    before = (await take(database, FIRST, seconds=0.0))[row.partition]
    after = (await take(database, SECOND))[row.partition]
    assert after == before + 1
    assert not await begins(database, row, FIRST, before)
    assert not await begins(database, row, SECOND, before), "an older fence is nobody's"
    assert not await begins(database, row, uuid4(), after)
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT state, attempts FROM outbox")
        assert await cursor.fetchone() == ("pending", 0)
    assert await begins(database, row, SECOND, after)


async def test_a_lease_that_a_request_might_outlive_is_none(database: Database) -> None:
    (row,) = await rows(database, [7 << 22])
    fence = (await take(database, FIRST, seconds=MARGIN - 0.5))[row.partition]
    assert not await begins(database, row, FIRST, fence)
    assert await begins(database, row, FIRST, fence, margin=1.0)


@given(st.floats(min_value=1.0, max_value=60.0))
def test_a_request_is_given_up_well_before_its_lease_ends(seconds: float) -> None:
    settings = DelivererSettings.for_requests_of(seconds)
    assert settings.request + settings.patience <= settings.margin < settings.lease
    # renewed in time, there is always room for one request more
    assert settings.lease - settings.renew >= settings.margin


def test_the_defaults_keep_that_too() -> None:
    settings = DelivererSettings()
    assert settings.lease - settings.renew >= settings.margin
