"""Sending back what is to be approved with a note: another version, its difference, its own approvals, over crashes."""

from datetime import timedelta
from typing import Any

import pytest

from bot.asks import deciding
from bot.asks.deciding import Ruling, Said
from bot.asks.payload import hash_of
from bot.asks.policy import Policy, Voter, Who
from bot.errors import OutsideError, UserError
from bot.storage.database import Database
from tests.bot.asks.ward import GUILD, PAYLOAD, SURFACE, Ward
from tests.bot.discord.fate import Fate, Killed

ROLE = 10
CHEN, DARA = (Voter(1000 + one, frozenset({ROLE})) for one in range(2))


class Writer:
    """What writes another version, and what it was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.fails = ""

    async def __call__(self, payload: Any, note: str) -> Any:
        self.notes.append(note)
        if self.fails:
            raise OutsideError(self.fails)
        return {**payload, "amount": payload["amount"] + 1}


async def send_back(ward: Ward, ask_id: Any, voter: Voter, version: int, note: str) -> Ruling:
    async with ward.database.transaction() as conn:
        said = Said(ask_id, version, note=note)
        return await deciding.send_back(conn, SURFACE, GUILD, voter, said, ward.ahead)


async def test_a_note_makes_another_version_that_needs_its_own_approvals(database: Database) -> None:
    writer = Writer()
    ward = Ward(database, Policy(Who(roles=(ROLE,)), needed=2), rewrite=writer)
    ask_id = await ward.begin()
    await ward.say(ask_id, CHEN)
    with pytest.raises(UserError, match="not for you"):
        await send_back(ward, ask_id, Voter(77), 1, "More")
    with pytest.raises(UserError, match="Say what is to be different"):
        await send_back(ward, ask_id, DARA, 1, " ")
    assert "Sent back" in (await send_back(ward, ask_id, DARA, 1, "One more")).sentence
    # Until it is written nothing can be said, twice sent back is once, and what was seen before is stale.
    for ruling in (
        await ward.say(ask_id, DARA),
        await send_back(ward, ask_id, CHEN, 1, "Two more"),
        await ward.edit(ask_id, CHEN, 1, {"amount": 9}),
    ):
        assert "being written" in ruling.sentence
    for at in range(1, 10):
        try:
            await ward.go_on(ward.engine(Fate(at)))
        except Killed:
            async with database.connection() as conn:
                await conn.execute(
                    "UPDATE run SET lease_until = now() - interval '1 s' WHERE state = 'running'"
                )
    await ward.go_on()
    assert set(writer.notes) == {"One more"}
    now = await ward.ask(ask_id)
    assert (now.state, now.version) == ("open", 2)
    (shown,) = [one for one in await ward.bench.said() if "Version 2, changed by the agent" in one]
    assert '-  "amount": 1,' in shown
    assert '+  "amount": 2,' in shown
    assert "0 of 2" in shown
    assert "version 2 is what stands" in (await ward.say(ask_id, CHEN, 1)).sentence
    await ward.say(ask_id, CHEN, 2)
    assert (await ward.say(ask_id, DARA, 2)).decides
    await ward.go_on()
    assert ward.done == [hash_of({**PAYLOAD, "amount": 2})]
    assert await ward.count("audit WHERE ask_id = %s AND what IN ('send back', 'rewrite')", ask_id) == 2


async def test_where_there_is_no_other_version_what_stood_is_open_again_until_its_deadline(
    database: Database,
) -> None:
    writer = Writer()
    writer.fails = "The model is away."
    ward = Ward(database, Policy(Who(roles=(ROLE,))), within=timedelta(hours=1), rewrite=writer)
    ask_id, late = await ward.begin(), await ward.begin()
    for one in (ask_id, late):
        await send_back(ward, one, CHEN, 1, "Better")
    await ward.go_on()
    assert any("There is no other version: The model is away." in one for one in await ward.bench.said())
    assert (await ward.say(ask_id, CHEN)).decides
    await ward.go_on()
    assert ward.done == [hash_of(PAYLOAD)]
    await send_back(ward, late, CHEN, 1, "Better still")
    ward.ahead = 7200.0
    await ward.go_on()
    assert (await ward.ask(late)).state == "expired"
    assert ward.reasons == ["Nobody decided in time, so it was not done."]


async def test_what_cannot_be_rewritten_or_changed_says_so(database: Database) -> None:
    ward = Ward(database, Policy(Who(roles=(ROLE,)), fixed=True))
    ask_id = await ward.begin()
    with pytest.raises(UserError, match="as it is"):
        await send_back(ward, ask_id, CHEN, 1, "Better")
    with pytest.raises(UserError, match="as it is"):
        await ward.edit(ask_id, CHEN, 1, {"amount": 2})
