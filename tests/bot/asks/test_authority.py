"""AC-H1 at the transaction that decides: every combination of who acts, as what, where, on which version, and how."""

import itertools
from contextlib import suppress
from datetime import timedelta

import pytest

from bot.asks import asks_table, deciding
from bot.asks.deciding import Said
from bot.asks.policy import Policy, Voter, Who
from bot.errors import UserError
from bot.storage.database import Database
from tests.bot.asks.ward import GUILD, REQUESTER, SURFACE, Ward
from tests.sizes import size

ROLE, APPROVER, STRANGER = 10, 101, 102
HAS = frozenset({ROLE})
PEOPLE = {
    "requester": Voter(REQUESTER, HAS, manages=True),
    "approver": Voter(APPROVER, HAS),
    "role removed": Voter(APPROVER),
    "stranger": Voter(STRANGER, frozenset({99}), manages=True),
}
AWAY = {"nobody": (), "an approver": (Voter(103, HAS),), "the requester": (Voter(REQUESTER, HAS),)}


class _Undone(Exception):
    """Takes back what a case has done."""


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_only_what_the_policy_permits_changes_anything(database: Database) -> None:
    rules = {
        False: Policy(Who(roles=(ROLE,)), needed=2, against=2),
        True: Policy(Who(roles=(ROLE,)), needed=0, against=2, silence=True),
    }
    asks = {
        silent: await Ward(database, policy, within=timedelta(hours=1)).begin()
        for silent, policy in rules.items()
    }
    flags = itertools.product((False, True), repeat=4)
    cases = list(itertools.product(PEOPLE, AWAY, (0, 1, 2), flags))
    assert len(cases) >= size("AC-H1 clicks", small=500, stated=500)
    violations: list[object] = []
    for who, away, version, (is_bot, elsewhere, yes, silent) in cases:
        person = PEOPLE[who]
        voter = Voter(person.id, person.roles, person.manages, is_bot, AWAY[away])
        eligible = who != "requester" and (who == "approver" or away == "an approver")
        permitted = eligible and not is_bot and not elsewhere and version == 1 and not (silent and yes)
        changed = False
        with suppress(_Undone):
            async with database.transaction() as conn:
                with suppress(UserError):
                    guild = GUILD + elsewhere
                    await deciding.say(conn, SURFACE, guild, voter, Said(asks[silent], version, yes=yes))
                changed = bool(await asks_table.votes(conn, asks[silent], 1))
                raise _Undone
        if changed != permitted:
            violations.append((who, away, version, is_bot, elsewhere, yes, silent))
    assert violations == []
