"""What people answer at once is waited for until it is noted, and nothing else is."""

from dataclasses import replace

import pytest

from bot.clock import Clock
from bot.discord import outbox_table
from bot.discord.delivery import SPOKEN
from bot.discord.events import Where
from bot.discord.noted import LOOKS, noted
from bot.storage.database import Database
from tests.bot.work.explaining import Explaining, as_autovacuum_does

FORUM, POST, BEFORE, SAID = 1, 500, 400, 500
IN_POST = Where(10, POST, in_thread=True, home_id=FORUM)
HERE = Where(10, FORUM, in_thread=False, home_id=FORUM)


async def add(database: Database, key: str, **columns: object) -> None:
    row = {"kind": "post", "channel_id": FORUM, "state": "sending", "after_id": BEFORE, "message_id": None}
    async with database.transaction() as conn:
        await conn.execute(
            "INSERT INTO outbox (key, payload, kind, channel_id, state, after_id, message_id) "
            "VALUES (%(key)s, '{}', %(kind)s, %(channel_id)s, %(state)s, %(after_id)s, %(message_id)s)",
            {**row, **columns, "key": key},
        )


class Looks:
    """A clock on which nothing takes time; it counts its naps."""

    def __init__(self) -> None:
        self.naps = 0

    async def sleep(self, _seconds: float) -> None:
        self.naps += 1

    @property
    def clock(self) -> Clock:
        return replace(Clock(), sleep=self.sleep)


@pytest.mark.parametrize(
    ("columns", "where", "message", "naps"),
    [
        ({}, HERE, SAID, LOOKS),
        ({"kind": "forum_post"}, IN_POST, POST, LOOKS),
        ({}, HERE, BEFORE, 0),  # it stood there before
        ({"state": "pending"}, HERE, SAID, 0),  # what nobody has sent nobody can answer
        ({"kind": "edit"}, HERE, SAID, 0),
        ({"channel_id": 2}, HERE, SAID, 0),
    ],
    ids=("sending", "a forum's post", "older", "not sent", "no message", "elsewhere"),
)
async def test_only_what_may_be_just_on_its_way_is_waited_for_and_not_for_ever(
    database: Database, columns: dict[str, object], where: Where, message: int, naps: int
) -> None:
    await add(database, "k", **columns)
    looks = Looks()
    await noted(database, looks.clock, where, message)
    assert looks.naps == naps


async def test_it_is_waited_for_until_it_is_noted_whatever_else_is_on_its_way(database: Database) -> None:
    await add(database, "k1")
    await add(database, "k2")
    looks = Looks()

    async def sleep(seconds: float) -> None:
        await looks.sleep(seconds)
        if looks.naps == 3:
            async with database.transaction() as conn:
                await conn.execute("UPDATE outbox SET state = 'sent', message_id = 500 WHERE key = 'k1'")

    await noted(database, replace(Clock(), sleep=sleep), HERE, SAID)
    assert looks.naps == 3


async def test_asking_reads_indexes_however_much_was_said(database: Database) -> None:
    async with database.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO outbox (key, kind, channel_id, payload, state, message_id)
            SELECT 'k' || n, 'post', n % 40, '{}', 'sent', n FROM generate_series(1, 20000) AS n
            """
        )
    async with database.connection() as conn:
        await as_autovacuum_does(conn, "outbox")
        explaining = Explaining(conn)
        assert not await outbox_table.may_be_on_its_way(explaining, (7, 8), SPOKEN, 19_999)  # pyright: ignore[reportArgumentType] - it has what is used
    (plan,) = explaining.plans
    assert "Seq Scan" not in plan, plan
