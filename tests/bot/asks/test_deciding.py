"""Decisions by many at once, over crashes and deadlines; and the record of them, which shows when it is tampered with."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from bot.asks import audit_table, deciding
from bot.asks.audit_table import Checked, Deed
from bot.asks.payload import hash_of
from bot.asks.policy import Policy, Voter, Who
from bot.clock import Clock
from bot.discord.outbox_cleaning import CleaningSettings, OutboxCleaner
from bot.errors import UserError
from bot.storage.database import Database
from bot.work import runs_table
from tests.bot.asks.ward import GUILD, PAYLOAD, SURFACE, Ward
from tests.bot.discord.fate import Fate, Killed
from tests.sizes import size

REQUESTS = size("AC-H2 requests", small=3, stated=200)
CLICKS = size("AC-H2 clicks", small=20, stated=100)
ROLE = 10
COLUMNS = (
    "at",
    "guild_id",
    "what",
    "ask_id",
    "actor_id",
    "version",
    "via",
    "payload_hash",
    "text_hash",
    "before",
    "hash",
)


def approver(number: int) -> Voter:
    return Voter(1000 + number, frozenset({ROLE}))


@pytest.mark.slow
@pytest.mark.timeout(120 + 5 * REQUESTS)
async def test_many_clicks_at_once_decide_once_and_run_once_over_a_crash(database: Database) -> None:
    """AC-H2: duplicate approve and reject clicks, with the process ending between decision and execution."""
    ward = Ward(database, Policy(Who(roles=(ROLE,)), needed=2, against=2))
    asks = [await ward.begin() for _ in range(REQUESTS)]
    chance = random.Random(7)  # noqa: S311 - which of the clicks say yes, the same each time
    for ask_id in asks:
        assert "1 of 2" in (await ward.say(ask_id, approver(0))).sentence
        changed = {**PAYLOAD, "amount": 2}
        assert "Version 2" in (await ward.edit(ask_id, approver(1), 1, changed)).sentence
        # What was approved before does not count for the new version.
        assert "version 2" in (await ward.say(ask_id, approver(1), 1)).sentence
        assert "1 of 2" in (await ward.say(ask_id, approver(1), 2)).sentence
        rulings = await asyncio.gather(
            *(ward.say(ask_id, approver(n % 5), 2, yes=chance.random() < 0.5) for n in range(CLICKS))
        )
        assert sum(one.decides for one in rulings) == 1
        late = [one for one in rulings if "decided before" in one.sentence]
        assert late
        assert all("<t:" in one.sentence and "by <@" in one.sentence for one in late)
    for at in range(1, 12):
        try:
            await ward.go_on(ward.engine(Fate(at)))
        except Killed:
            async with database.connection() as conn:
                await conn.execute(
                    "UPDATE run SET lease_until = now() - interval '1 second' WHERE state = 'running'"
                )
    await ward.go_on()
    approved = [one for one in [await ward.ask(ask_id) for ask_id in asks] if one.state == "approved"]
    doubts = await ward.count("run_wait WHERE question LIKE '%%may have happened%%' AND answered_at IS NULL")
    assert set(ward.done) <= {hash_of({**PAYLOAD, "amount": 2})}
    # A crash in the middle of the payment asks people; nothing is paid twice.
    assert len(ward.done) <= len(approved) <= len(ward.done) + doubts
    assert await ward.count("audit WHERE what IN ('approved', 'rejected')") == REQUESTS


async def test_without_the_version_in_the_click_another_payload_would_be_approved(database: Database) -> None:
    """The control: a click that names only the question counts for whatever stands there by then."""
    ward = Ward(database, Policy(Who(roles=(ROLE,))))
    ask_id = await ward.begin()
    await ward.edit(ask_id, approver(1), 1, {**PAYLOAD, "amount": 1_000_000})
    seen, stands = 1, (await ward.ask(ask_id)).version
    assert not (await ward.say(ask_id, approver(2), seen)).decides
    assert (await ward.say(ask_id, approver(2), stands)).decides
    await ward.go_on()
    assert ward.done == [hash_of({**PAYLOAD, "amount": 1_000_000})]


@dataclass
class Now:
    """What people are by the time it is to be done."""

    people: dict[int, Voter]

    async def voter(self, guild_id: int, member_id: int) -> Voter | None:
        assert guild_id == GUILD
        return self.people.get(member_id)


@pytest.mark.parametrize(
    ("still", "done"), [({0, 1}, True), ({0}, False), (set[int](), False)], ids=["both", "one left", "nobody"]
)
async def test_who_approved_must_still_be_allowed_to_when_it_is_done(
    database: Database, still: set[int], *, done: bool
) -> None:
    people = {1000 + one: approver(one) if one in still else Voter(1000 + one) for one in range(2)}
    if not still:
        people.clear()  # they have left the server
    ward = Ward(database, Policy(Who(roles=(ROLE,)), needed=2), present=Now(people))
    ask_id = await ward.begin()
    for number in range(2):
        await ward.say(ask_id, approver(number))
    await ward.go_on()
    assert bool(ward.done) == done
    assert ward.reasons == (
        [] if done else ["Those who approved it may not do so any more, so it was not done."]
    )


async def test_what_was_changed_behind_peoples_back_is_not_done(
    database: Database, database_url: str
) -> None:
    ward = Ward(database, Policy(Who(roles=(ROLE,))))
    ask_id = await ward.begin()
    assert (await ward.say(ask_id, approver(1))).decides
    async with await psycopg.AsyncConnection.connect(database_url) as owner:
        await owner.execute("UPDATE ask_version SET payload = '{\"amount\": 9}' WHERE ask_id = %s", (ask_id,))
    await ward.go_on()
    assert ward.done == []
    assert ward.reasons == ["What was approved is not what stands there now, so it was not done."]


async def test_the_question_of_a_stopped_run_says_so(database: Database) -> None:
    ward = Ward(database, Policy(Who(roles=(ROLE,))))
    ask_id = await ward.begin()
    run_id = (await ward.ask(ask_id)).run_id
    await ward.bench.stop(run_id)
    await ward.go_on()
    assert "has ended" in (await ward.say(ask_id, approver(1))).sentence
    assert (await ward.ask(ask_id)).state == "withdrawn"
    assert any("has ended" in one for one in await ward.bench.said("edit"))
    async with database.transaction() as conn:
        assert await runs_table.try_again(conn, run_id)
    await ward.go_on()
    assert sum("Approval needed" in one for one in await ward.bench.said()) == 2
    assert (await ward.say(ask_id, approver(1))).decides
    await ward.go_on()
    assert ward.done == [hash_of(PAYLOAD)]


async def test_the_message_of_an_open_question_is_kept_however_old_it_is(database: Database) -> None:
    ward = Ward(database, Policy(Who(roles=(ROLE,))))
    ask_id = await ward.begin()
    row = (await ward.ask(ask_id)).said_row
    cleaner = OutboxCleaner(database, Clock(), CleaningSettings(rest=0.0))

    async def kept() -> bool:
        async with database.connection() as conn:
            await conn.execute("UPDATE outbox SET state = 'sent', created_at = now() - interval '9 years'")
        await cleaner.clean()
        return await ward.count("outbox WHERE id = %s", row) == 1

    assert await kept()
    assert (await ward.say(ask_id, approver(1))).decides
    await ward.go_on()
    assert not await kept()


async def test_what_is_not_of_this_server_or_made_up_decides_nothing(database: Database) -> None:
    ward = Ward(database, Policy(Who(everybody=True)))
    ask_id = await ward.begin()
    for guild, number in ((GUILD + 1, ask_id), (GUILD, uuid4())):
        with pytest.raises(UserError, match="do not know"):
            async with database.transaction() as conn:
                await deciding.say(conn, SURFACE, guild, approver(1), deciding.Said(number, 1))
    assert "version 1 is what stands" in (await ward.say(ask_id, approver(1), 2)).sentence
    with pytest.raises(UserError, match="Bots do not decide"):
        await ward.say(ask_id, Voter(5000, is_bot=True))
    assert (await ward.ask(ask_id)).state == "open"


async def test_reminder_escalation_and_expiry_come_once_over_restarts(database: Database) -> None:
    """AC-H3: each fires once, by whichever engine, also where several look and the deadline passed meanwhile."""
    policy = Policy(Who(roles=(ROLE,)), later=Who(members=(77,)), later_seconds=4500.0)
    ward = Ward(database, policy, within=timedelta(hours=2))
    ask_id = await ward.begin()
    later = Voter(77)
    with pytest.raises(UserError, match="not for you"):
        await ward.say(ask_id, later)
    for ahead, whats in (
        (3700.0, {"remind"}),
        (4600.0, {"remind", "escalate"}),
        (7300.0, {"remind", "escalate", "expired"}),
        (9000.0, {"remind", "escalate", "expired"}),
    ):
        ward.ahead = ahead
        await asyncio.gather(*(ward.go_on(ward.engine()) for _ in range(3)))
        for what in ("remind", "escalate", "expired"):
            assert await ward.count("audit WHERE ask_id = %s AND what = %s", ask_id, what) == (what in whats)
    late = await ward.say(ask_id, later)
    assert late.sentence.startswith("This was decided before. ⌛ Nobody decided in time")
    assert ward.done == []
    assert ward.reasons == ["Nobody decided in time, so it was not done."]
    said = await ward.bench.said()
    assert sum("Half of the time" in one for one in said) == 1
    assert sum("waited long enough" in one for one in said) == 1
    assert any("Nobody decided in time" in one for one in await ward.bench.said("edit"))
    async with database.connection() as conn:
        cursor = await conn.execute(
            """
            SELECT payload->'allowed_mentions' FROM outbox
            WHERE payload->>'content' ~ 'Half of the time|waited long enough' ORDER BY id
            """
        )
        called = [row[0] for row in await cursor.fetchall()]
    # Only whom the policy names is called, and nobody else.
    assert called == [
        {"parse": [], "users": [], "roles": [str(ROLE)], "replied_user": False},
        {"parse": [], "users": ["77"], "replied_user": False},
    ]

    other = await ward.begin()  # a restart that spans everything: nobody is reminded of what is over
    ward.ahead += 20_000.0
    await ward.go_on()
    assert (await ward.ask(other)).state == "expired"
    assert await ward.count("audit WHERE ask_id = %s AND what IN ('remind', 'escalate')", other) == 0


async def _checked(database: Database) -> Sequence[Checked]:
    async with database.transaction() as conn:
        return [one async for one in audit_table.checked(conn)]


async def test_the_record_names_what_was_tampered_with_and_bears_erasure(
    database: Database, database_url: str
) -> None:
    """AC-H3: any change of any column of any row is found at that row; erased texts break nothing."""
    rows = size("AC-H3 rows", small=4, stated=50)
    for number in range(rows):
        async with database.transaction() as conn:
            await audit_table.add(
                conn, Deed(GUILD, "approve", uuid4(), 100 + number, 1, "role 10", "ab" * 32, f"note {number}")
            )
    assert [one.wrong for one in await _checked(database)] == [""] * rows
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.transaction() as conn:
            await conn.execute("UPDATE audit SET what = 'reject'")
    assert [one.text for one in await _checked(database)] == [f"note {number}" for number in range(rows)]

    async with await psycopg.AsyncConnection.connect(database_url, autocommit=False) as owner:
        for number in range(1, rows + 1):
            for column in COLUMNS:
                change = {
                    "at": "at + interval '1 microsecond'",
                    "ask_id": "gen_random_uuid()",
                    "guild_id": "guild_id + 1",
                    "actor_id": "actor_id + 1",
                    "version": "version + 1",
                }.get(column, f"overlay({column} placing 'X' from 1)")
                query = f"UPDATE audit SET {column} = {change} WHERE number = %s"  # noqa: S608 - of our own columns
                await owner.execute(query, (number,))  # pyright: ignore[reportArgumentType] - a test's own query
                found = [one.row.number async for one in audit_table.checked(owner) if one.wrong]
                assert number in found, (number, column)
                await owner.rollback()
            await owner.execute("UPDATE audit_text SET text = 'other' WHERE number = %s", (number,))
            found = [one.row.number async for one in audit_table.checked(owner) if one.wrong]
            assert found == [number]
            await owner.rollback()
        await owner.execute("DELETE FROM audit_text WHERE number = 2")
        await owner.execute("DELETE FROM audit WHERE number = 2")
        assert [one.row.number async for one in audit_table.checked(owner) if one.wrong] == [3]
        await owner.rollback()

    async with database.transaction() as conn:
        assert await audit_table.erase(conn, GUILD, 101) == 1
    after = await _checked(database)
    assert [one.wrong for one in after] == [""] * rows
    assert [one.is_erased for one in after] == [number == 1 for number in range(rows)]
