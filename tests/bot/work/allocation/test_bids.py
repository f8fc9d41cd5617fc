"""Auctions: sealed, closed at a time, the lowest wins, and bidding low does not pay."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.work.allocation.bids import Bid, Terms, award_of, bid_of, decide
from bot.work.allocation.calibration import UNKNOWN, Calibration
from bot.work.allocation.candidates import Candidate, Need
from tests.bot.work.allocation.queueing import lot
from tests.sizes import size

CLOSE = datetime(2026, 1, 1, tzinfo=UTC)
TASK = UUID(int=7)
AGENTS = 8
ROUNDS = size("AC-A3 rounds after the first 50", small=400, stated=4_000)

bids = st.lists(
    st.builds(
        Bid,
        bidder=st.sampled_from("abcdef"),
        name=st.just("A"),
        seconds=st.sampled_from([0.0, -1.0, 1.0, 30.0, 60.0, float("nan"), float("inf")]),
        cost=st.sampled_from([0.0, 0.01, -0.5]),
        wait_seconds=st.sampled_from([0.0, 10.0]),
        match=st.sampled_from([0.0, 0.5, 1.0]),
        at=st.sampled_from([None, CLOSE - timedelta(seconds=1), CLOSE, CLOSE + timedelta(microseconds=1)]),
    ),
    max_size=8,
)


# of one who bid twice at a time, and beside what is no number
@example([Bid("d", "A", 1.0, wait_seconds=wait) for wait in (0.0, 10.0)], Random(1))  # noqa: S311 - an order, no secret
@example([Bid("d", "A", seconds) for seconds in (60.0, float("nan"), 30.0)], Random(1))  # noqa: S311 - an order, no secret
@given(bids, st.randoms(use_true_random=False))
def test_the_order_of_bids_does_not_matter_and_what_cannot_count_does_not(
    given_: list[Bid], chance: Random
) -> None:
    decision = decide(TASK, given_, closes_at=CLOSE)
    shuffled = list(given_)
    chance.shuffle(shuffled)
    assert repr(decide(TASK, shuffled, closes_at=CLOSE).ranking) == repr(decision.ranking)
    for scored in decision.ranking:
        assert scored.bid.at is None or scored.bid.at <= CLOSE
        assert scored.bid.seconds > 0
        assert scored.bid.match == 1.0
    scores = [scored.score for scored in decision.ranking]
    assert scores == sorted(scores)
    assert len({scored.bid.bidder for scored in decision.ranking}) == len(decision.ranking)


@given(bids)
def test_a_bid_after_the_close_has_no_effect(given_: list[Bid]) -> None:
    in_time = [bid for bid in given_ if bid.at is None or bid.at <= CLOSE]
    assert repr(decide(TASK, given_, closes_at=CLOSE).ranking) == repr(
        decide(TASK, in_time, closes_at=CLOSE).ranking
    )


def test_somebodys_last_bid_counts() -> None:
    early, late = (
        Bid("a", "Ada", seconds, at=CLOSE - timedelta(seconds=ago)) for seconds, ago in ((10, 9), (50, 1))
    )
    decision = decide(TASK, [late, early, Bid("b", "Bo", 30, at=CLOSE)], closes_at=CLOSE)
    assert decision.winner == "b"


def test_ties_are_drawn_by_the_task_and_not_by_the_name() -> None:
    winners = Counter(
        decide(UUID(int=number), [Bid(one, one, 10) for one in "abcd"], closes_at=CLOSE).winner
        for number in range(400)
    )
    assert set(winners) == set("abcd")
    assert min(winners.values()) > 60


def test_the_runner_up_follows_where_the_winner_is_gone() -> None:
    decision = decide(TASK, [Bid("a", "A", 10), Bid("b", "B", 20), Bid("c", "C", 30)], closes_at=CLOSE)
    assert decision.next_after(frozenset()) == "a"
    assert decision.next_after(frozenset({"a"})) == "b"
    assert decision.next_after(frozenset({"a", "b", "c"})) is None


def test_without_bids_the_fallback_is_said() -> None:
    award = award_of(decide(TASK, [], closes_at=CLOSE), "It goes to the queue.")
    assert (award.winner, award.reason) == (None, "Nobody bid. It goes to the queue.")


def test_an_award_says_what_the_lowest_bid_consists_of() -> None:
    doubted = Calibration(1.0, 8)
    given_ = [Bid("a", "Ada", 30, 0.01), Bid("b", "Bo", 20, calibration=doubted, wait_seconds=5)]
    award = award_of(decide(TASK, given_, closes_at=CLOSE), "")
    assert award.reason == (
        "Ada made the lowest of 2 bids: 36 (0 s of waiting + 30 s of work + 6 s for $0.0100)."
    )
    assert "as earlier ones were too low" in award.considered[1].why


def test_an_agents_bid_is_reckoned_from_what_was_measured() -> None:
    busy = Candidate("a", "Ada", frozenset({"code"}), running=2, waiting=1, concurrency=2, seconds_each=40)
    bid = bid_of(busy, Need(TASK, frozenset({"code", "ui"})))
    assert (bid.seconds, bid.wait_seconds, bid.match) == (40, 40, 0.5)
    assert bid_of(replace(busy, running=1, waiting=0), Need(TASK)).wait_seconds == 0
    lenient = Terms(least_match=0.5)
    assert decide(TASK, [bid], closes_at=CLOSE).winner is None
    assert decide(TASK, [bid], closes_at=CLOSE, terms=lenient).winner == "a"


@given(st.lists(st.tuples(st.floats(allow_nan=True), st.floats(allow_nan=True)), max_size=30))
def test_calibration_bears_any_numbers(pairs: list[tuple[float, float]]) -> None:
    known = UNKNOWN
    for estimated, taken in pairs:
        known = known.after(estimated, taken)
    assert 1.0 <= known.factor <= 400.0


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_ac_a3_bidding_low_does_not_pay(noise: float) -> None:
    """AC-A3: who reports a fifth of the cost falls to 1/N of a fair share within 50 tasks; without calibration he wins all."""
    chance = lot(3)
    fair = ROUNDS / AGENTS

    def wins(*, calibrated: bool) -> Counter[str]:
        names = ["liar", *(f"agent {number}" for number in range(1, AGENTS))]
        known = dict.fromkeys(names, UNKNOWN)
        won = Counter[str]()
        for number in range(50 + ROUNDS):
            costs = {name: 60.0 * chance.lognormvariate(0, 0.1) for name in names}
            claims = {name: costs[name] / (5 if name == "liar" else 1) for name in names}
            given_ = [
                Bid(name, name, claims[name], calibration=known[name] if calibrated else UNKNOWN)
                for name in names
            ]
            winner = decide(UUID(int=number), given_, closes_at=CLOSE).winner
            assert winner is not None
            if number >= 50:
                won[winner] += 1
            taken = costs[winner] * chance.lognormvariate(0, noise)
            known[winner] = known[winner].after(claims[winner], taken)
        return won

    assert wins(calibrated=True)["liar"] <= fair / AGENTS
    assert min(wins(calibrated=True)[f"agent {number}"] for number in range(1, AGENTS)) > 0
    assert wins(calibrated=False)["liar"] > ROUNDS * 0.9, "the control"
