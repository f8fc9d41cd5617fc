"""Tallies against two other programs and a reckoning by the definition, on random profiles with clones and circles."""

from collections import Counter
from itertools import permutations
from typing import Any

import pyrankvote
import pytest
import votelib.convert
import votelib.evaluate.condorcet
from hypothesis import given
from hypothesis import strategies as st

from bot.work.votes.tally import METHODS, Cast, Tally, preferences, ranked_pairs, tally, tie_order
from tests.bot.work.votes.profiles import OPTIONS, circle, cloned, drawn, ranked
from tests.sizes import size

PROFILES = size("AC-K2 profiles", small=150, stated=5_000)


def strict(casts: list[Cast], options: str) -> bool:
    """Whether no two majorities are equally strong, and no pair is level: then nothing is left to a declared order."""
    counts = preferences(casts, options)
    strengths = [counts[one, other] for one, other in counts if counts[one, other] > counts[other, one]]
    level = any(counts[one, other] == counts[other, one] for one, other in counts)
    return not level and len(set(strengths)) == len(strengths)


def by_votelib(casts: list[Cast], options: str) -> list[str]:
    counts: Any = {pair: count for pair, count in preferences(casts, options).items() if count}
    evaluator: Any = votelib.evaluate.condorcet.RankedPairs("winning_votes")
    return evaluator.evaluate(counts, len(options))


def by_definition(casts: list[Cast], options: str) -> set[str]:
    """Who can win by ranked pairs at all, each order of equal majorities tried: locked unless a path leads back."""
    counts = preferences(casts, options)
    majorities = [pair for pair in counts if counts[pair] > counts[pair[1], pair[0]]]
    winners: set[str] = set()
    for order in permutations(options):
        place = {option: number for number, option in enumerate(order)}
        strongest = sorted(
            majorities,
            key=lambda pair: (-counts[pair], counts[pair[1], pair[0]], place[pair[0]], place[pair[1]]),
        )
        edges: set[tuple[str, str]] = set()
        for winner, loser in strongest:
            if not leads(edges, loser, winner):
                edges.add((winner, loser))
        winners |= {one for one in options if not any(loser == one for _, loser in edges)}
    return winners


def leads(edges: set[tuple[str, str]], start: str, end: str) -> bool:
    seen, left = {start}, [start]
    while left:
        one = left.pop()
        for winner, loser in edges:
            if winner == one and loser not in seen:
                seen.add(loser)
                left.append(loser)
    return end in seen


def test_ranked_pairs_as_votelib_reckons_them() -> None:
    compared = circles = 0
    for seed in range(PROFILES):
        chance = drawn(seed)
        options, casts = circle(chance) if seed % 5 == 0 else ranked(chance)
        if len(options) < 2 or not strict(casts, options):
            continue
        compared += 1
        counts = preferences(casts, options)
        circles += not any(
            all(counts[one, other] > counts[other, one] for other in options if other != one)
            for one in options
        )
        assert list(ranked_pairs(casts, options).ranking) == by_votelib(casts, options), seed
    assert compared > PROFILES // 8
    assert circles > compared // 20


def test_ranked_pairs_with_ties_choose_what_the_definition_allows() -> None:
    for seed in range(PROFILES // 3):
        chance = drawn(seed)
        options, casts = ranked(chance, options=OPTIONS[: chance.randint(2, 4)])
        order = chance.sample(options, len(options))
        found = ranked_pairs(casts, order)
        allowed = by_definition(casts, options)
        assert found.winner in allowed
        assert set(found.tied) <= allowed
        assert found.winner in found.tied
        if len(found.tied) == 1:
            assert found.winner == ranked_pairs(casts, order[::-1]).winner


def test_approval_and_plurality_as_others_count_them() -> None:
    simple: Any = votelib.convert.ApprovalToSimpleVotes()
    for seed in range(PROFILES):
        chance = drawn(seed)
        options, casts = ranked(chance)
        order = tie_order(str(seed), options)
        votes: Counter[frozenset[str]] = Counter()
        for one in casts:
            votes[frozenset(one.choice)] += one.weight
        reckoned: dict[str, int] = simple.convert(votes)
        found = tally("approval", casts, order)
        assert {one: count for one, count in found.scores.items() if count} == reckoned
        assert reckoned[found.winner] == max(reckoned.values())

        # Where nobody has a second choice, an instant run-off is what has the most.
        people = {one: pyrankvote.Candidate(one) for one in options}
        ballots = [pyrankvote.Ballot([people[one.choice[0]]]) for one in casts for _ in range(one.weight)]
        first = tally("plurality", casts, order)
        if len(first.tied) == 1 < len(options):  # it cannot elect the only one there is by a single ballot
            other = pyrankvote.instant_runoff_voting(list(people.values()), ballots).get_winners()
            assert [str(one) for one in other] == [first.winner]


def test_a_clone_changes_nothing_by_ranked_pairs_and_spoils_plurality() -> None:
    """The control: plurality loses its winner to clones that split its votes."""
    spoilt = compared = 0
    for seed in range(PROFILES):
        chance = drawn(seed)
        options, casts = ranked(chance, options=OPTIONS[: chance.randint(2, 4)], whole=True)
        of = chance.choice(options)
        more = cloned(casts, of, "Z", chance)
        if not strict(casts, options):
            continue
        compared += 1
        before, after = ranked_pairs(casts, options).winner, ranked_pairs(more, f"{options}Z")
        if len(after.tied) == 1:
            assert after.winner == before or {after.winner, before} == {of, "Z"}, seed
        first = tally("plurality", casts, options).winner
        spoilt += first == of and tally("plurality", more, f"{options}Z").winner not in {of, "Z"}
    assert compared > PROFILES // 8
    assert spoilt > 0


@given(st.data())
def test_neither_order_of_ballots_nor_of_options_matters(data: st.DataObject) -> None:
    options = data.draw(st.sampled_from([OPTIONS[:count] for count in range(1, 6)]))
    choices = st.lists(st.sampled_from(options), unique=True, min_size=1).map(tuple)
    casts = data.draw(st.lists(st.builds(Cast, choices, st.integers(1, 3)), max_size=12))
    seed, method = data.draw(st.text(max_size=5)), data.draw(st.sampled_from(METHODS))
    other = data.draw(st.permutations(options))
    found = tally(method, casts, tie_order(seed, options))
    assert _plain(tally(method, data.draw(st.permutations(casts)), tie_order(seed, other))) == _plain(found)
    assert set(found.ranking) == set(options)
    # more weight behind the winner alone never makes it lose
    more = [*casts, Cast((found.winner,), data.draw(st.integers(1, 3)))]
    assert tally(method, more, tie_order(seed, options)).winner == found.winner


def _plain(found: Tally) -> object:
    return found.ranking, dict(found.scores), found.tied


def test_without_ballots_everything_is_level_and_without_options_nothing_can_be_counted() -> None:
    for method in METHODS:
        found = tally(method, [], ("B", "A"))
        assert (found.ranking, found.tied) == (("B", "A"), ("B", "A"))
        with pytest.raises(ValueError, match="nothing to choose"):
            tally(method, [], ())
    assert tally("ranked_pairs", [Cast(("A", "gone", "B"))], ("B", "A")).ranking == ("A", "B")
