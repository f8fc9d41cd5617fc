"""Approvals under any sequence of votes, edits, hand-overs, escalation and passing time, against an oracle."""

from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.asks.payload import hash_of
from bot.asks.policy import Policy, Voter, Who
from bot.errors import UserError
from bot.storage.database import Database
from tests.bot.asks.ward import PAYLOAD, REQUESTER, Ward
from tests.sizes import size

EXAMPLES = size("sequences of decisions", small=25, stated=500)
ROLE, VETO, LATER = 10, 20, 30
HOLDERS = {REQUESTER: ROLE, 101: ROLE, 102: ROLE, 103: ROLE, 104: VETO, 105: 0, 106: LATER}
PEOPLE = sorted(HOLDERS)
HOUR = 3600.0

people = st.sampled_from(PEOPLE)
events = st.lists(
    st.one_of(
        st.tuples(st.just("yes"), people, st.integers(0, 1)),
        st.tuples(st.just("yes"), people, st.just(0)),
        st.tuples(st.just("no"), people, st.integers(0, 1)),
        st.tuples(st.just("edit"), people, st.just(0)),
        st.tuples(st.just("hand"), people, people),
        st.tuples(st.just("time"), st.just(0), st.integers(1, 3)),
    ),
    max_size=14,
)


@dataclass
class Oracle:
    """What must be true, by a plain reading of the rules."""

    needed: int
    against: int
    version: int = 1
    escalated: bool = False
    state: str = "open"
    votes: dict[int, tuple[int, bool]] = field(default_factory=dict[int, tuple[int, bool]])
    hands: dict[int, int] = field(default_factory=dict[int, int])
    hours: float = 0.0

    def eligible(self, person: int, *, yes: bool) -> bool:
        held = HOLDERS[person]
        if person == REQUESTER:
            return False
        return held == ROLE or (held == VETO and not yes) or (held == LATER and self.escalated)

    def seats(self, person: int, *, yes: bool) -> list[int]:
        if person == REQUESTER:
            return []
        away = [one for one, to in self.hands.items() if to == person]
        return [one for one in [person, *away] if self.eligible(one, yes=yes)]

    def say(self, person: int, *, yes: bool, stale: bool) -> bool:
        """Whether it changes anything."""
        if self.state != "open" or stale:
            return False
        taken = {seat for voter, (seat, _) in self.votes.items() if voter != person}
        free = [seat for seat in self.seats(person, yes=yes) if seat not in taken]
        if not free or self.votes.get(person, (0, not yes))[1] == yes:
            return False
        self.votes[person] = (free[0], yes)
        noes = [seat for seat, agrees in self.votes.values() if not agrees]
        if any(HOLDERS[seat] == VETO for seat in noes) or len(noes) >= self.against:
            self.state = "rejected"
        elif sum(agrees for _, agrees in self.votes.values()) >= self.needed:
            self.state = "approved"
        return True

    def edit(self, person: int) -> None:
        if self.state == "open" and self.seats(person, yes=True):
            self.version, self.votes = self.version + 1, {}

    def pass_time(self, hours: int) -> None:
        self.hours += hours / 2
        if self.hours >= 1.0 and self.state == "open" and self.hours < 2.0:
            self.escalated = True
        if self.hours >= 2.0 and self.state == "open":
            self.state = "expired"

    def voter(self, person: int) -> Voter:
        away = (Voter(one, frozenset({HOLDERS[one]})) for one, to in self.hands.items() if to == person)
        return Voter(person, frozenset({HOLDERS[person]}), stands_for=tuple(away))


@pytest.mark.slow
@pytest.mark.timeout(60 + EXAMPLES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happens=events, needed=st.integers(1, 3), against=st.integers(1, 2))
async def test_only_what_the_policy_permits_decides_and_what_runs_is_what_was_approved(
    database: Database, happens: list[tuple[str, int, int]], needed: int, against: int
) -> None:
    policy = Policy(
        Who(roles=(ROLE,)), needed, against, (VETO,), later=Who(roles=(LATER,)), later_seconds=HOUR
    )
    ward, oracle = Ward(database, policy), Oracle(needed, against)
    ask_id = await ward.begin()
    payloads = {1: PAYLOAD}
    for what, one, other in happens:
        match what:
            case "yes" | "no":
                stale = bool(other)
                version = oracle.version - 1 if stale else oracle.version
                with suppress(UserError):
                    await ward.say(ask_id, oracle.voter(one), version, yes=what == "yes")
                oracle.say(one, yes=what == "yes", stale=stale)
            case "edit":
                new = {**PAYLOAD, "amount": oracle.version + 1}
                with suppress(UserError):
                    await ward.edit(ask_id, oracle.voter(one), oracle.version, new)
                oracle.edit(one)
                payloads.setdefault(oracle.version, new)
            case "hand" if one != other:
                oracle.hands[one] = other
            case _:
                ward.ahead += other * HOUR / 2
                oracle.pass_time(other)
        await ward.go_on()
        now = await ward.ask(ask_id)
        assert (now.state, now.version) == (oracle.state, oracle.version)
        assert await ward.count("ask_vote WHERE ask_id = %s AND version = %s", ask_id, oracle.version) == len(
            oracle.votes
        )
    approved = oracle.state == "approved"
    assert ward.done == ([hash_of(payloads[oracle.version])] if approved else [])
    assert await ward.count(
        "audit WHERE ask_id = %s AND what IN ('approved', 'rejected', 'expired')", ask_id
    ) == (oracle.state != "open")
