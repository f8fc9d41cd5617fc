"""Whose turn it is: order within a lane, urgent first, guilds in turn; and what the database does to find out."""

from collections import Counter
from typing import cast

from bot.discord import outbox_queue, outbox_table
from bot.discord.limits import Urgency
from bot.discord.outbox_table import NewRow, OutboxRow
from bot.storage.database import Database

EVERYTHING = range(64)
A, B = 1_000, 2_000
"""Two guilds."""


async def add(
    database: Database, key: str, channel: int, urgency: Urgency = Urgency.RESULT, kind: str = "post"
) -> int:
    async with database.transaction() as conn:
        return await outbox_table.add(
            conn,
            NewRow(
                key=key, kind=kind, payload={"emoji": "x"}, channel_id=channel, urgency=urgency, target_id=1
            ),
        )


async def heads(
    database: Database,
    *,
    limit: int = 100,
    busy: list[tuple[int, int]] | None = None,
    under_way: dict[int, int] | None = None,
) -> list[OutboxRow]:
    async with database.connection() as conn:
        return await outbox_queue.heads(
            conn, EVERYTHING, busy=busy or [], under_way=under_way or {}, limit=limit
        )


async def belongs(database: Database, channel: int, guild: int) -> None:
    async with database.connection() as conn:
        await conn.execute(
            "INSERT INTO mirror_channel (channel_id, guild_id, kind) VALUES (%s, %s, 0)", (channel, guild)
        )


async def test_of_each_lane_there_is_the_first_row_and_none_that_is_busy(database: Database) -> None:
    for number in range(3):
        await add(database, f"a{number}", 1)
        await add(database, f"r{number}", 1, kind="react")
        await add(database, f"b{number}", 2)
    assert {row.key for row in await heads(database)} == {"a0", "r0", "b0"}
    assert {row.key for row in await heads(database, busy=[(1, 0)])} == {"r0", "b0"}
    assert {row.key for row in await heads(database, busy=[(1, 0), (1, 2), (2, 0)])} == set()


async def test_urgent_rows_go_first_and_lend_their_urgency_to_what_stands_before_them(
    database: Database,
) -> None:
    await add(database, "result", 1)
    await add(database, "progress", 2, Urgency.PROGRESS)
    await add(database, "before the question", 3, Urgency.PROGRESS)
    await add(database, "question", 3, Urgency.QUESTION)
    assert [row.key for row in await heads(database)] == ["before the question", "result", "progress"]


async def test_progress_that_has_waited_is_as_urgent_as_a_result(database: Database) -> None:
    await add(database, "old", 1, Urgency.PROGRESS)
    await add(database, "new", 2)
    async with database.connection() as conn:
        await conn.execute("UPDATE outbox SET created_at = now() - interval '11 seconds' WHERE key = 'old'")
    assert [row.key for row in await heads(database)] == ["old", "new"]


async def test_a_guild_with_many_channels_leaves_turns_to_one_with_few(database: Database) -> None:
    for channel in range(10, 40):
        await belongs(database, channel, A)
        await add(database, f"a{channel}", channel)
    for channel in (50, 51):
        await belongs(database, channel, B)
        await add(database, f"b{channel}", channel)
    first = Counter(row.guild_id for row in await heads(database, limit=4))
    assert first == {A: 2, B: 2}
    # what is under way counts as turns that were had
    assert {row.guild_id for row in await heads(database, limit=2, under_way={A: 4})} == {B}


async def test_a_row_of_a_thread_that_is_to_be_opened_knows_its_guild(database: Database) -> None:
    await belongs(database, 1, A)
    opener = await add(database, "t", 1, kind="private_thread")
    async with database.transaction() as conn:
        row = await outbox_table.add(conn, NewRow(key="inside", kind="post", payload={}, channel_from=opener))
        cursor = await conn.execute("SELECT guild_id FROM outbox WHERE id = %s", (row,))
        assert await cursor.fetchone() == (A,)


async def test_a_long_queue_is_walked_by_its_index(database: Database) -> None:
    async with database.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO outbox (key, kind, channel_id, payload, state)
            SELECT 'k' || n, 'post', n % 40, '{}', CASE WHEN n % 2 = 0 THEN 'sent' ELSE 'pending' END
            FROM generate_series(1, 20000) AS n
            """
        )
    async with database.connection() as conn:
        await conn.execute("ANALYZE outbox")
    assert len(await heads(database)) == 20
    parameters = {
        "partitions": list(EVERYTHING), "busy_channels": [], "busy_lanes": [], "groups": [], "served": [], "limit": 16,
    }  # fmt: skip
    async with database.connection() as conn:
        cursor = await conn.execute(
            b"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF, COSTS OFF) " + outbox_queue.HEADS.encode(),
            parameters,
        )
        row = await cursor.fetchone()
    assert row is not None
    touched = rows_touched(row[0][0]["Plan"])
    assert touched < 1_000


def rows_touched(plan: dict[str, object]) -> int:
    """Rows that the plan read from the table, thrown away ones included."""
    of_table = plan.get("Relation Name") == "outbox"
    here = 0
    if of_table:
        loops = int(str(plan.get("Actual Loops", 1)))
        kept, thrown = (
            float(str(plan.get("Actual Rows", 0))),
            float(str(plan.get("Rows Removed by Filter", 0))),
        )
        here = int((kept + thrown) * loops)
    inner = cast("list[dict[str, object]]", plan.get("Plans", []))
    return here + sum(rows_touched(one) for one in inner)
