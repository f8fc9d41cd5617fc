"""How ballots are counted: approval, plurality and ranked pairs, as pure functions of ballots and a declared order for ties.

A ballot holds an option once at most; what it leaves out it ranks last, and equal. Nothing here depends on the order in
which ballots or options come.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

type Method = Literal["approval", "plurality", "ranked_pairs"]

METHODS: tuple[Method, ...] = ("approval", "plurality", "ranked_pairs")


@dataclass(frozen=True, slots=True)
class Cast:
    """What somebody chose: a set for approval, one for plurality, an order for ranked pairs, the best first."""

    choice: tuple[str, ...]
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Tally:
    """The options in the order in which they came out, their ``scores``, and those that were level at the top.

    For ranked pairs a score is the number of others that an option beats one against one. ``tied`` has more than one
    option where only the declared order decided.
    """

    ranking: tuple[str, ...]
    scores: Mapping[str, int]
    tied: tuple[str, ...]

    @property
    def winner(self) -> str:
        """What came out first."""
        return self.ranking[0]


def tie_order(seed: str, options: Collection[str]) -> tuple[str, ...]:
    """The declared order of options that are level: by the SHA-256 of ``seed:option``, the lowest first."""
    return tuple(sorted(options, key=lambda one: sha256(f"{seed}:{one}".encode()).hexdigest()))


def tally(method: Method, casts: Sequence[Cast], order: Sequence[str]) -> Tally:
    """Count ballots; ``order`` holds every option, in the order that decides ties. Raises ValueError without options."""
    if not order:
        raise ValueError("There is nothing to choose from.")
    if method == "ranked_pairs":
        return ranked_pairs(casts, order)
    return approval([_first(one) for one in casts] if method == "plurality" else casts, order)


def approval(casts: Sequence[Cast], order: Sequence[str]) -> Tally:
    """Every option that somebody approves of gets their weight."""
    scores = dict.fromkeys(order, 0)
    for one in casts:
        for option in set(one.choice) & scores.keys():
            scores[option] += one.weight
    ranking = tuple(
        sorted(order, key=lambda option: -scores[option])
    )  # stable: ties stay in the declared order
    best = scores[ranking[0]]
    return Tally(ranking, scores, tuple(option for option in ranking if scores[option] == best))


def preferences(casts: Sequence[Cast], options: Sequence[str]) -> dict[tuple[str, str], int]:
    """For each pair the weight of those who rank the first before the second."""
    counts = {(one, other): 0 for one in options for other in options if one != other}
    for cast in casts:
        ranked = [option for option in cast.choice if option in options]
        left = [option for option in options if option not in ranked]
        for place, better in enumerate(ranked):
            for worse in (*ranked[place + 1 :], *left):
                counts[better, worse] += cast.weight
    return counts


def ranked_pairs(casts: Sequence[Cast], order: Sequence[str]) -> Tally:
    """Tideman's ranked pairs: majorities are locked in, the strongest first, except where that would close a circle.

    A majority is stronger with more weight behind it, then with less against it, then by the declared order of its
    winner and its loser (T. N. Tideman, Independence of Clones as a Criterion for Voting Rules, 1987).
    """
    counts = preferences(casts, order)
    ranking, undefeated = _locked(counts, order)
    backwards, _ = _locked(counts, order[::-1])
    # The declared order may also have decided which of two equal majorities came first.
    level = {*undefeated, ranking[0], backwards[0]}
    beaten = {
        option: sum(counts[option, other] > counts[other, option] for other in order if other != option)
        for option in order
    }
    return Tally(ranking, beaten, tuple(option for option in ranking if option in level))


def _locked(
    counts: Mapping[tuple[str, str], int], order: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ranking that the locked majorities make, and the options that none of them defeats."""
    place = {option: number for number, option in enumerate(order)}

    def strength(pair: tuple[str, str]) -> tuple[int, int, int, int]:
        winner, loser = pair
        return -counts[pair], counts[loser, winner], place[winner], place[loser]

    majorities = [(one, other) for one, other in counts if counts[one, other] > counts[other, one]]
    below: dict[str, set[str]] = {option: set() for option in order}
    """All that an option beats, by locked majorities alone or in a row."""
    for winner, loser in sorted(majorities, key=strength):
        if winner in below[loser]:
            continue
        reached = {loser, *below[loser]}
        for option in order:
            if option == winner or winner in below[option]:
                below[option] |= reached
    ranking: list[str] = []
    left = list(order)
    while left:
        first = next(one for one in left if not any(one in below[other] for other in left))
        ranking.append(first)
        left.remove(first)
    undefeated = tuple(one for one in order if not any(one in below[other] for other in order))
    return tuple(ranking), undefeated


def _first(cast: Cast) -> Cast:
    return Cast(cast.choice[:1], cast.weight)
