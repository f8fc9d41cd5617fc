"""Who may answer and what counts, in every combination, against a plain reading of the rules."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bot.asks.policy import NotYours, Policy, Vote, Voter, Who, outcome, seats
from tests.sizes import size

ROLE, VETO, LATER = 10, 20, 30
REQUESTER, NAMED = 1, 2


def test_authority_over_the_whole_matrix() -> None:
    """AC-H1: only who the policy permits may act; the requester and bots never may."""
    policy = Policy(
        Who(roles=(ROLE,), members=(NAMED,), managers=True), veto_roles=(VETO,), later=Who(roles=(LATER,))
    )
    flags = itertools.product((False, True), repeat=7)
    cases = list(itertools.product((REQUESTER, NAMED, 3), flags, (None, REQUESTER, NAMED, 4)))
    assert len(cases) >= size("AC-H1 cases", small=500, stated=500)
    for who, (has, vetoes, later, manages, is_bot, yes, escalated), away in cases:
        roles = frozenset(one for one, held in ((ROLE, has), (VETO, vetoes), (LATER, later)) if held)
        stands_for = () if away is None else (Voter(away, frozenset({ROLE}) if away == 4 else frozenset()),)
        voter = Voter(who, roles, manages, is_bot, stands_for)
        own = has or who == NAMED or manages or (later and escalated) or (vetoes and not yes)
        through = away in {NAMED, 4}
        expected = not is_bot and who != REQUESTER and (own or through)
        found = seats(policy, "approval", REQUESTER, voter, yes=yes, escalated=escalated)
        assert isinstance(found, list) == expected, (voter, yes, escalated, found)
        if isinstance(found, NotYours):
            assert found.reason.endswith(".")
        else:
            assert all(seat.id != REQUESTER for seat in found)
            assert any(seat.id == who for seat in found) == own


def test_whoever_asked_answers_a_question_only_where_it_names_them() -> None:
    asker = Voter(REQUESTER, frozenset({ROLE}), manages=True)
    for kind in ("text", "options", "form"):
        assert isinstance(seats(Policy(Who(roles=(ROLE,), everybody=True)), kind, REQUESTER, asker), NotYours)
        assert isinstance(seats(Policy(Who(members=(REQUESTER,))), kind, REQUESTER, asker), list)
    assert isinstance(seats(Policy(Who(members=(REQUESTER,))), "approval", REQUESTER, asker), NotYours)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8), st.integers(1, 4), st.integers(1, 3))
def test_an_approval_needs_so_many_and_no_veto(
    said: list[tuple[bool, bool]], needed: int, against: int
) -> None:
    votes = [Vote(number, number, yes, veto=veto and not yes) for number, (yes, veto) in enumerate(said)]
    found = outcome(Policy(Who(), needed=needed, against=against), "approval", votes)
    noes = [veto for yes, veto in said if not yes]
    if any(noes) or len(noes) >= against:
        assert found is not None
        assert found.state == "rejected"
    elif len(said) - len(noes) >= needed:
        assert found is not None
        assert found.state == "approved"
    else:
        assert found is None


@given(st.lists(st.sampled_from(["a", "b", 1, True, {"x": 1}]), max_size=8), st.integers(1, 4))
def test_a_question_is_answered_when_enough_say_the_same(said: list[object], needed: int) -> None:
    votes = [Vote(number, number, yes=True, value=value) for number, value in enumerate(said)]
    found = outcome(Policy(Who(), needed=needed), "options", votes)
    counts = [sum(repr(one) == repr(other) for other in said) for one in said]
    assert (found is not None) == (max(counts, default=0) >= needed)
