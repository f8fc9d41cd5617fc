"""However much was told and found over the years, what is asked at each push looks no table through."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import psycopg
import pytest

from bot.review import delivery_table, finding_table, pull_table, review_table, suppressed_table
from bot.review.delivery_table import Taken
from bot.review.events import PullLook, RepositoryEvent
from bot.review.finding import Severity, Spotted, identified
from bot.review.pull_request import PullId, Repository
from bot.review.review import Suppressed
from bot.storage.database import Connection, Database
from tests.bot.work.explaining import Explaining, as_autovacuum_does

GUILD, WHEN = 7, datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = ("code_delivery", "code_pull", "code_review", "code_finding", "code_suppressed")
FILL = """
INSERT INTO code_delivery (id, event, action, repository, told, received_at, heard_at)
SELECT 'delivery-' || n, 'pull_request', 'opened', 'octo-org/shop' || n % 40, jsonb_set(TOLD, '{id}', to_jsonb('delivery-' || n)), now() - n * interval '10 s',
       CASE WHEN n > 30 THEN now() END FROM generate_series(1, 25000) AS n;
INSERT INTO code_pull (repository, number, head, state, draft, digest, updated_at)
SELECT 'octo-org/shop' || n % 40, n / 40, md5(n::text), CASE WHEN n % 20 = 0 THEN 'open' ELSE 'merged' END, false, '', now()
FROM generate_series(1, 20000) AS n;
INSERT INTO code_review (guild_id, repository, number, named, channel_id, thread_id, state, created_at)
SELECT n % 8, 'octo-org/shop' || n % 40, n / 40, 'octo-org/shop' || n % 40, 5, n,
       CASE WHEN n % 19 = 0 THEN 'active' ELSE 'merged' END, now() - n * interval '1 min' FROM generate_series(1, 8000) AS n;
INSERT INTO code_finding (review_id, fingerprint, kind, found, since_run)
SELECT id, md5(n::text), 'lint', '{}', gen_random_uuid() FROM code_review, generate_series(1, 12) AS n;
INSERT INTO code_suppressed (guild_id, repository, fingerprint, shown, why, by_id, created_at)
SELECT n % 8, 'octo-org/shop' || n % 40, md5(n::text), 'ruff F401', 'because', 9, now() FROM generate_series(1, 8000) AS n;
"""


SHOP, HEAD = Repository("octo-org", "shop7"), "b" * 40
SPOTTED = Spotted("ruff", "tool", "F401", Severity.LOW, "m", "a.py", 1)
EVENT = RepositoryEvent(
    id="look-new", event="pull_request", action="synchronize", repository=SHOP, numbers=(2,), head="a" * 40, actor="mona",
    actor_is_bot=False, text="", url=None, path=None, line=None, at=WHEN,
)  # fmt: skip


@pytest.mark.slow
async def test_what_is_asked_at_each_push_looks_nothing_through(
    database: Database, database_url: str
) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
        await owner.execute(FILL.replace("TOLD", f"'{EVENT.as_json()}'::jsonb").encode())
        await as_autovacuum_does(owner, *TABLES)
    async with database.transaction() as real:
        told = Explaining(real)
        await _told(cast("Any", told))
    async with database.within(GUILD).transaction() as real:
        reviewed = Explaining(real)
        await _reviewed(cast("Any", reviewed))
    plans = [*told.plans, *reviewed.plans]
    assert [plan for plan in plans if any(f"Seq Scan on {table}" in plan for table in TABLES)] == []
    assert len(plans) > 18


async def _told(conn: Connection) -> None:
    """A webhook comes, and is told of; of 30 others that wait, 29 are of repositories of which something is being told."""
    assert await delivery_table.add(conn, EVENT)
    waits = "SELECT DISTINCT repository FROM code_delivery WHERE heard_at IS NULL"
    busy = {str(row[0]) for row in await (await conn.execute(waits)).fetchall()} - {SHOP.key}
    assert len(busy) == 29
    first = await delivery_table.take(conn, busy, 60.0)
    assert first is not None
    assert first.event.id == "delivery-7"
    await delivery_table.again(conn, first, 60.0)
    assert await delivery_table.take(conn, busy, 60.0) is None  # it lets nothing past
    await delivery_table.heard(conn, first)
    assert await delivery_table.take(conn, busy, 60.0) == Taken(EVENT, 1)
    await pull_table.note(
        conn, SHOP.key, PullLook(90_001, HEAD, "open", draft=False, digest="", updated_at=WHEN)
    )
    assert 90_001 in await pull_table.known(conn, SHOP.key, [90_001])
    assert await pull_table.at(conn, SHOP.key, HEAD) == [90_001]


async def _reviewed(conn: Connection) -> None:
    """It is looked at, something is found in it, and people want to hear no more of that."""
    review = await review_table.put(conn, GUILD, PullId(SHOP, 90_001), 5)
    await review_table.attach(conn, review.id, 10**9)
    assert await review_table.in_thread(conn, GUILD, 10**9)
    run = uuid4()
    await review_table.begin(conn, review.id, run, HEAD, "", "")
    assert await review_table.locked(conn, GUILD, review.id)
    assert len(await review_table.listed(conn, GUILD, ("active", "paused"), "", 25)) == 25
    (found,) = identified([SPOTTED], {"a.py": "import os\n"})
    await finding_table.add(conn, review.id, "lint", found, run)
    await finding_table.renew(conn, review.id, found)
    await finding_table.posted(conn, review.id, [found.fingerprint])
    assert [one.posted for one in await finding_table.of_review(conn, review.id)] == [True]
    await finding_table.fixed(conn, review.id, [found.fingerprint], run)
    quiet = Suppressed(found.fingerprint, "ruff F401", "because", 9, WHEN + timedelta(days=1), WHEN)
    await suppressed_table.put(conn, GUILD, SHOP.key, quiet)
    assert quiet in await suppressed_table.listed(conn, GUILD, SHOP.key, WHEN, 500)
    assert quiet not in await suppressed_table.listed(conn, GUILD, SHOP.key, WHEN + timedelta(days=2), 500)
    assert await suppressed_table.drop(conn, GUILD, SHOP.key, found.fingerprint)
