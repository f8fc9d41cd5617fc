"""What goes ahead by itself unless somebody stops it: silence, one veto, races at the deadline, and interruptions."""

import asyncio
from datetime import timedelta

import pytest

from bot.asks.payload import hash_of
from bot.asks.policy import Policy, Voter, Who
from bot.errors import UserError
from bot.storage.database import Database
from bot.work import runs_table
from tests.bot.asks.ward import PAYLOAD, REQUESTER, Ward

ROLE = 10
WATCHER = Voter(1001, frozenset({ROLE}))
WINDOW = Policy.veto(Who(roles=(ROLE,)))
HOUR = 3600.0


async def test_silence_lets_it_go_ahead_once_at_the_deadline_and_not_before(database: Database) -> None:
    ward = Ward(database, WINDOW, within=timedelta(hours=1))
    ask_id = await ward.begin()
    for unheard in (Voter(2), Voter(REQUESTER, frozenset({ROLE})), Voter(3, frozenset({ROLE}), is_bot=True)):
        with pytest.raises(UserError):
            await ward.say(ask_id, unheard, yes=False)
    with pytest.raises(UserError, match="goes ahead by itself"):
        await ward.say(ask_id, WATCHER, yes=True)
    with pytest.raises(UserError, match="goes ahead by itself"):
        await ward.edit(ask_id, WATCHER, 1, {**PAYLOAD, "amount": 9})
    ward.ahead = HOUR - 60
    await ward.go_on()
    assert ward.done == []
    ward.ahead = HOUR + 60
    await asyncio.gather(*(ward.go_on(ward.engine()) for _ in range(3)))
    assert ward.done == [hash_of(PAYLOAD)]
    assert (await ward.ask(ask_id)).state == "approved"
    assert await ward.count("audit WHERE ask_id = %s AND what = 'unopposed'", ask_id) == 1
    assert "decided before. ✅ Nobody stopped this" in (await ward.say(ask_id, WATCHER, yes=False)).sentence
    assert any("so it goes ahead, <t:" in one for one in await ward.bench.said("edit"))
    assert not any("Half of the time" in one for one in await ward.bench.said())


async def test_one_veto_stops_it_at_once(database: Database) -> None:
    ward = Ward(database, Policy.veto(Who(roles=(ROLE,), members=(REQUESTER,))), within=timedelta(hours=1))
    for who in (WATCHER, Voter(REQUESTER)):  # whoever it is done for, only where they are named
        assert "Stopped by" in (await ward.say(await ward.begin(), who, yes=False)).sentence
    ward.ahead = 2 * HOUR
    await ward.go_on()
    assert ward.done == []
    assert ward.reasons == ["People decided against it."] * 2


async def test_what_people_were_kept_from_stopping_does_not_go_ahead(database: Database) -> None:
    ward = Ward(database, WINDOW, within=timedelta(hours=1))
    ask_id = await ward.begin()
    run_id = (await ward.ask(ask_id)).run_id
    await ward.bench.stop(run_id)
    await ward.go_on()
    assert "has ended" in (await ward.say(ask_id, WATCHER, yes=False)).sentence
    async with database.transaction() as conn:
        assert await runs_table.try_again(conn, run_id)
    ward.ahead = 2 * HOUR
    await ward.go_on()
    assert ward.done == []
    assert ward.reasons == [
        "The work had ended in between, so people could not stop it, and it was not done."
    ]


async def test_a_window_has_an_end(database: Database) -> None:
    ward = Ward(database, WINDOW, within=None)
    ward.within = None
    await ward.begin()
    # Left out, a window lasts as long as the server's admins give people.
    assert await ward.count("ask WHERE deadline_at IS NOT NULL") == 1
