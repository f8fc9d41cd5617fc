"""What agents of a bus write when they bid, and what is none; no text breaks it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.auction.bid_text import MOST_DOLLARS, MOST_SECONDS, Said, read
from cogswarm import Claim


@pytest.mark.parametrize(
    ("text", "seconds", "cost"),
    [
        ('{"minutes": 12, "dollars": 0.05, "confidence": 0.8}', 900, 0.0625),
        ('{"minutes": 12}', 720, 0),
        ('```json\n{"seconds": 90, "cost": "$0.10"}\n```', 90, 0.10),
        ('My bid: {"hours": 1.5, "usd": 2} — good luck', 5400, 2),
        ('{"duration": "1h 30m", "price": 3, "confidence": "90%"}', 6000, 10 / 3),
        ('{"eta": "PT1H5M", "confidence": 1}', 3900, 0),
        ('{"bid": {"minutes": 2, "dollars": 1}}', 120, 1),
        ('{"bid": "20 minutes"}', 1200, 0),
        ('{"ack_for": "x", "ok": true, "duration_seconds": 30}', 30, 0),
        ('{"note": "see below"} {"minutes": 3}', 180, 0),
        ('{broken {"minutes": 3}', 180, 0),
        ("12 minutes, $0.05, 80% sure", 900, 0.0625),
        ("I need about 1h 30m and USD 2; confidence: 0.5", 10_800, 4),
        ("1 hour and 5 minutes for 3 dollars", 3900, 3),
        ("45s", 45, 0),
        ("ETA PT90S, cost 0.02 USD", 90, 0.02),
        ("2 days", 172_800, 0),
    ],
)
def test_what_is_a_bid(text: str, seconds: float, cost: float) -> None:
    claim = read(text)
    assert isinstance(claim, Claim)
    assert claim.seconds == pytest.approx(seconds)
    assert claim.cost == pytest.approx(cost)


@pytest.mark.parametrize(
    "text", ["no bid", "No-bid, I am busy", "I decline.", "declined", "pass", '{"bid": false}', '{"decline": true}', '{"ok": false, "minutes": 3}', "I won't bid on that"]
)  # fmt: skip
def test_what_says_that_there_is_none(text: str) -> None:
    assert read(text) == "none"


@pytest.mark.parametrize(
    "text",
    [
        "", "sure!", "42", "$5", '{"duration": 12}', '{"minutes": -3}', '{"minutes": 0}', '{"minutes": "NaN"}',
        '{"minutes": NaN}', '{"minutes": Infinity}', '{"minutes": 1e999}', '{"minutes": true}', '{"minutes": [3]}',
        '{"minutes": 3, "dollars": -1}', '{"minutes": 3, "confidence": 0}', '{"minutes": 3, "confidence": 7}',
        '{"minutes": 3, "confidence": 0.001}', '{"minutes": 99999999999}', '{"minutes": 3, "dollars": 1e11}', "-5 minutes",
        '{"minutes": ' + "9" * 400 + "}", "{" * 30_000, "[" * 30_000, '{"bid": "{\\"bid\\": 1}"}', "in 5 minuten", "v1.5m2",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    assert read(text) is None


def plausible(said: Said) -> bool:
    if not isinstance(said, Claim):
        return True
    return (
        0 < said.seconds <= MOST_SECONDS
        and 0 <= said.cost <= MOST_DOLLARS
        and math.isfinite(said.seconds + said.cost)
    )


_PIECES = st.sampled_from(
    ['{"minutes": ', '"confidence": ', "12", "-", ".", "e", "9" * 12, " min", "%", "$", "}", "{", '"', ",", "PT", "H", "no bid", "sure"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(_PIECES, max_size=12).map("".join)))
def test_no_text_breaks_it_and_every_bid_could_be_true(text: str) -> None:
    assert plausible(read(text))
