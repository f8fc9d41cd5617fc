"""What is open costs rows and nothing else, and what is looked for often is found by an index."""

import asyncio
import gc
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from bot.asks.policy import Policy, Voter, Who
from bot.storage.database import Database
from bot.work.run import Run
from tests.bot.asks.ward import GUILD, Ward
from tests.sizes import size

OPEN = size("open questions", small=40, stated=1_000)
MANY = 20_000


@pytest.mark.slow
@pytest.mark.timeout(60 + OPEN // 4)
async def test_open_questions_hold_no_coroutine_no_connection_and_no_memory(
    database: Database, database_url: str
) -> None:
    ward = Ward(database, Policy(Who(managers=True)))
    engine = ward.engine()
    for _ in range(OPEN):
        await ward.bench.start(ward.pay)
    tasks, others = len(asyncio.all_tasks()), _runs_in_memory()
    await ward.go_on(engine)
    gc.collect()
    assert await ward.count("ask WHERE state = 'open'") == OPEN
    assert await ward.count("run WHERE state = 'waiting' AND lease_until IS NULL") == OPEN
    assert len(asyncio.all_tasks()) == tasks
    assert [one for one in _runs_in_memory() if all(one is not other for other in others)] == []
    async with await psycopg.AsyncConnection.connect(database_url) as owner:
        cursor = await owner.execute(
            """
            SELECT state FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            """
        )
        assert {row[0] for row in await cursor.fetchall()} <= {"idle"}, (
            "no connection is in the middle of anything"
        )
    # Each of them goes on all the same.
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT id FROM ask ORDER BY created_at")
        asks = [row[0] for row in await cursor.fetchall()]
    for ask_id in asks[:: max(1, OPEN // 20)]:
        assert (await ward.say(ask_id, Voter(9, manages=True))).decides
    await ward.go_on()
    assert len(ward.done) == len(asks[:: max(1, OPEN // 20)])


def _runs_in_memory() -> list[Run]:
    """Also those that tests before this one in the same process have left behind."""
    # by its type: asking a proxy whose object is gone raises
    return [one for one in gc.get_objects() if type(one) is Run]


def _scans(node: dict[str, Any]) -> list[str]:
    own = [f"{node['Relation Name']}"] if node["Node Type"] == "Seq Scan" else []
    return own + [one for inner in node.get("Plans", []) for one in _scans(inner)]


@pytest.mark.slow
async def test_the_inbox_history_and_buttons_look_nothing_through(
    database: Database, database_url: str
) -> None:
    ward = Ward(database, Policy(Who(managers=True)))
    ask_id = await ward.begin()
    async with database.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO ask (id, wait_id, run_id, guild_id, cog, kind, title, requester_id, policy, state, decided_at)
            SELECT gen_random_uuid(), gen_random_uuid(), run_id, guild_id + n %% 50, cog, kind, title, requester_id,
                   policy, CASE WHEN n %% 20 = 0 THEN 'open' ELSE 'approved' END,
                   CASE WHEN n %% 20 = 0 THEN NULL ELSE now() - n * interval '1 second' END
            FROM ask, generate_series(1, %s) AS n WHERE id = %s
            """,
            (MANY, ask_id),
        )
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
        await owner.execute("ANALYZE ask")
        for query, values in (
            (
                "SELECT * FROM ask WHERE guild_id = %s AND state = 'open' ORDER BY created_at LIMIT 200",
                (GUILD,),
            ),
            (
                "SELECT * FROM ask WHERE guild_id = %s AND decided_at IS NOT NULL ORDER BY decided_at DESC LIMIT 200",
                (GUILD,),
            ),
            ("SELECT * FROM ask WHERE said_row = %s AND state = 'open'", (1,)),
            ("SELECT * FROM ask WHERE id = %s FOR UPDATE", (uuid4(),)),
            ("SELECT count(*) FROM audit WHERE ask_id = %s", (uuid4(),)),
            (
                "SELECT id FROM run WHERE state = 'waiting' AND due_at <= now() ORDER BY due_at LIMIT 50",
                (),
            ),
        ):
            cursor = await owner.execute(f"EXPLAIN (FORMAT JSON) {query}", values)  # pyright: ignore[reportArgumentType] - a test's own query
            (plan,) = await cursor.fetchone() or ([],)
            assert "ask" not in _scans(plan[0]["Plan"]), query
