"""Old rows leave the outbox, and only those that nothing refers to; a little at a time, by one process at a time."""

import asyncio
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import psycopg
import pytest

from bot.clock import Clock
from bot.discord import outbox_cleaning, outbox_table
from bot.discord.outbox_cleaning import AFTER_ALL, CLEANING, OLD, CleaningSettings, OutboxCleaner
from bot.discord.outbox_table import NewRow
from bot.discord.surface import DiscordSurface
from bot.errors import OutsideError
from bot.storage.database import Database
from bot.storage.guild_scope import in_guild
from bot.work import runs_table
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from bot.work.surface import File, Say
from tests.bot.discord.test_outbox_queue import rows_touched

SETTINGS = CleaningSettings(batch=3, rest=0.0)
CHANNEL = 1
FILE = File("a.txt", b"hello")


@dataclass(slots=True)
class Shed:
    """Rows of an outbox, by their keys."""

    database: Database
    rows: dict[str, int] = field(default_factory=dict[str, int])

    async def add(self, key: str, kind: str = "post", state: str = "sent", **others: object) -> int:
        new = NewRow(key=key, kind=kind, payload={}, channel_id=CHANNEL, files=(FILE,))
        async with self.database.transaction() as conn:
            number = await outbox_table.add(conn, replace(new, **others))  # pyright: ignore[reportArgumentType] - of the test's own
            await conn.execute("UPDATE outbox SET state = %s WHERE id = %s", (state, number))
        self.rows[key] = number
        return number

    async def age(self, *keys: str, days: int = 31) -> None:
        async with self.database.connection() as conn:
            await conn.execute(
                "UPDATE outbox SET created_at = created_at - make_interval(days => %s) WHERE key = ANY(%s)",
                (days, list(keys or self.rows)),
            )

    async def left(self) -> set[str]:
        async with self.database.connection() as conn:
            cursor = await conn.execute("SELECT key FROM outbox")
            return {str(row[0]) for row in await cursor.fetchall()}

    async def files(self) -> int:
        async with self.database.connection() as conn:
            cursor = await conn.execute("SELECT count(*) FROM outbox_file")
            row = await cursor.fetchone()
        return 0 if row is None else int(row[0])

    async def run(self, status: int, thread: int) -> UUID:
        run_id = uuid4()
        new = NewRun(run_id, "lab", "work", {}, "Work", Principal(1, CHANNEL, 2, "Ada"), None)
        async with self.database.transaction() as conn:
            await runs_table.insert(conn, new, status_row=status, thread_row=thread)
        return run_id

    async def clean(self, clock: Clock | None = None) -> int:
        return await OutboxCleaner(self.database, clock or Clock(), SETTINGS).clean()


@pytest.fixture
def shed(database: Database) -> Shed:
    return Shed(database)


async def test_what_is_old_and_settled_goes_with_its_files_and_the_rest_stays(shed: Shed) -> None:
    for number in range(7):
        await shed.add(f"sent{number}")
    post = await shed.add("post")
    edit = await shed.add("edit", "edit", target_from=post)
    await shed.add("edited again", "edit", "superseded", target_from=post, after_row=edit)
    await shed.add("given up", state="failed")
    waiting = {"waiting", "being sent"}
    await shed.add("waiting", state="pending")
    await shed.add("being sent", state="sending")
    said_in = await shed.add("what waits refers to it")
    await shed.add("inside", state="pending", channel_id=None, channel_from=said_in)
    await shed.age()
    await shed.add("of today")
    assert await shed.clean() == 11
    assert await shed.left() == {*waiting, "what waits refers to it", "inside", "of today"}
    assert await shed.files() == 5
    assert await shed.clean() == 0


async def test_what_work_still_refers_to_stays_until_it_has_ended(shed: Shed) -> None:
    status, thread = await shed.add("status"), await shed.add("thread", "thread")
    run_id = await shed.run(status, thread)
    await shed.age()
    assert await shed.clean() == 0
    async with shed.database.connection() as conn:
        await conn.execute("UPDATE run SET state = 'done', finished_at = now() WHERE id = %s", (run_id,))
    assert await shed.clean() == 2


async def test_a_table_of_somebody_else_that_refers_to_a_row_keeps_it(shed: Shed, database_url: str) -> None:
    kept = await shed.add("kept")
    await shed.add("gone")
    await shed.age()
    hidden = await shed.add("hidden")
    await shed.age()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
        await owner.execute("CREATE TABLE question (shown_by bigint REFERENCES outbox)")
    async with shed.database.connection() as conn, in_guild(conn, 1):
        await conn.execute("INSERT INTO question VALUES (%s)", (kept,))
        # a policy hides this row from who names no guild, but not from the foreign key
        await conn.execute(
            "INSERT INTO fact_place (channel_id, guild_id, home_id, index_row) VALUES (2, 1, 2, %s)",
            (hidden,),
        )
    assert await shed.clean() == 1
    assert await shed.left() == {"kept", "hidden"}


async def test_only_one_process_cleans_at_a_time(shed: Shed) -> None:
    await shed.add("old")
    await shed.age()
    async with shed.database.connection() as conn:
        await conn.execute("SELECT pg_advisory_lock(%s)", (CLEANING,))
        assert await shed.clean() == 0
        await conn.execute("SELECT pg_advisory_unlock(%s)", (CLEANING,))
    assert await shed.clean() == 1


async def test_somebody_who_begins_to_refer_to_a_row_is_waited_for(shed: Shed) -> None:
    old = await shed.add("old")
    await shed.add("other")
    await shed.age()
    async with shed.database.transaction() as conn:
        new = NewRow(key="edit", kind="edit", payload={}, channel_id=CHANNEL, target_from=old)
        await outbox_table.add(conn, new)
        cleaning = asyncio.create_task(shed.clean())
        await _waits_for_a_lock(shed.database)
    assert await cleaning == 1
    assert await shed.left() == {"old", "edit"}


async def _waits_for_a_lock(database: Database) -> None:
    async with database.connection() as conn:
        while True:
            cursor = await conn.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if await cursor.fetchone() != (0,):
                return
            await asyncio.sleep(0.01)


async def test_a_message_whose_row_is_gone_cannot_be_changed_and_says_so(shed: Shed) -> None:
    row = await shed.add("old")
    await shed.age()
    await shed.clean()
    surface = DiscordSurface(None, Clock())  # pyright: ignore[reportArgumentType] - nothing is asked of Discord
    with pytest.raises(OutsideError, match="too long ago"):
        async with shed.database.transaction() as conn:
            await surface.edit(conn, "late", row, Say("late"))


async def test_little_is_read_however_much_there_is(shed: Shed, database_url: str) -> None:
    async with shed.database.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO outbox (key, kind, channel_id, payload, state, created_at, target_from)
            SELECT 'k' || n, 'post', n % 40, '{}', 'sent', now() - make_interval(mins => (20000 - n) * 5),
                   CASE WHEN n % 3 = 0 THEN n - 1 END
            FROM generate_series(1, 20000) AS n
            """
        )
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
        await owner.execute("ANALYZE outbox")
    async with shed.database.connection() as conn:
        query = OLD.format(unless_referred_to=await outbox_cleaning.unless_referred_to(conn))
        moment = Clock().now() - SETTINGS.age
        values = {"moment": moment, "place": AFTER_ALL, "limit": 200}
        explained = b"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF, COSTS OFF) " + query.as_bytes(conn)
        cursor = await conn.execute(explained, values)
        row = await cursor.fetchone()
    assert row is not None
    assert rows_touched(row[0][0]["Plan"]) < 2_000
