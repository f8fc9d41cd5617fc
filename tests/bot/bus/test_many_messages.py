"""What the bridge asks its tables at every turn must not grow with what was said before."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import psycopg
import pytest

from bot.bus import letter_table, request_table
from bot.bus.letters import Letter
from bot.bus.request_table import NewRequest
from bot.storage.database import Database
from tests.bot.bus.bench import CHANNEL, GUILD, Bench
from tests.bot.work.explaining import Explaining, as_autovacuum_does
from tests.sizes import size

ROWS = size("messages to and from the bus that lie there", small=20_000, stated=200_000)
TABLES = ("bus_request", "bus_letter")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def _years(database: Database) -> None:
    """Messages of other days: most were answered, and some agents never said anything."""
    async with database.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO bus_request (id, guild_id, channel_id, message_id, member_id, author, agent, body, state, created_at,
                                     sent_at, answered_at, reminded)
            SELECT gen_random_uuid(), 1 + n %% 50, %(channel)s, 1000 + n, 5, 'Ada', 'agent' || n %% 20, '',
                   CASE WHEN n %% 10 = 0 THEN 'sent' ELSE 'answered' END, now() - interval '99 days', now() - interval '99 days',
                   CASE WHEN n %% 10 = 0 THEN NULL ELSE now() - interval '99 days' END, CASE WHEN n %% 10 = 0 THEN 2 ELSE 0 END
            FROM generate_series(1, %(rows)s) AS n
            """,
            {"channel": CHANNEL, "rows": ROWS},
        )
        await conn.execute(
            """
            INSERT INTO bus_letter (line, letter, source, body, received_at, state, request_id)
            SELECT 'a bus', id::text, agent, '', sent_at, 'posted', id FROM bus_request
            """
        )


async def test_the_hot_queries_read_indexes_however_much_was_said(
    database: Database, database_url: str
) -> None:
    bench = Bench(database)
    await _years(database)
    asked = [await bench.ask(number, agent=f"agent{number % 3}") for number in range(1, 30)]
    for_cog = NewRequest(uuid4(), GUILD, CHANNEL, None, 5, "Ada", "kasra", "Do it", cog="tasks", seconds=60)
    async with database.transaction() as conn:
        assert await request_table.add(conn, for_cog)
        assert not await request_table.add(conn, for_cog)
        letters = [Letter(f"new {number}", "kasra", "hello", datetime.now(UTC)) for number in range(20)]
        for number, letter in enumerate(letters):
            await letter_table.add(
                conn, "a bus", letter, "review" if number % 2 else "unheard", request_id=for_cog.id
            )
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
        await as_autovacuum_does(owner, *TABLES)
    async with database.within(GUILD).transaction() as real:
        seen = Explaining(real)
        await _desks(cast("Any", seen), asked[5])
    plans = seen.plans
    async with database.transaction() as real:
        seen = Explaining(real)
        conn = cast("Any", seen)
        await request_table.expire(conn)
        for _ in asked[:-2]:
            row = await request_table.claim(conn, 60)
            assert row is not None
            await request_table.sent(conn, row)
        assert await request_table.due(conn) == (True, True)
        await request_table.named(conn, asked[:3])
        assert len(await request_table.still_open(conn, "agent1", 3600)) == 2
        await request_table.remind(conn, {True: 30, False: 60})
        await request_table.answered(conn, asked[0])
        assert await letter_table.unseen(conn, "a bus", [*letters, Letter("newer", "kasra", "")])
        assert len(await letter_table.unheard(conn, GUILD, "tasks", 50)) == 10
        await letter_table.heard(conn, GUILD, "tasks", 1)
        await request_table.forget_texts(conn, 30)
        await letter_table.forget_texts(conn, 30)
    plans += seen.plans
    grown = [plan for plan in plans if any(f"Seq Scan on {table}" in plan for table in TABLES)]
    assert not grown, "\n\n".join(grown)
    assert len(plans) > 50
    # Whoever never answered is not looked at again and again.
    (remind,) = [plan for plan in plans if "reminded" in plan and "Update" in plan and "silent" in plan]
    assert "bus_request_silent" in remind


async def _desks(conn: Any, request: Any) -> None:
    """What people look at."""
    await request_table.get(conn, request)
    await request_table.latest(conn, GUILD, 25)
    await request_table.counts(conn, GUILD)
    await request_table.withdraw(conn, GUILD, 5)
    (first, *_) = await letter_table.waiting(conn, 10)
    await letter_table.in_review(conn, first.number)
    await letter_table.settle(conn, first.number, "discarded")
