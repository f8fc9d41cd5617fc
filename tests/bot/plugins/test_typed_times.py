"""Times that people type mean what their server's clocks say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bot.errors import UserError
from bot.plugins.typed_times import LONGEST, moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)  # 21:00 in Berlin, the night before clocks go forward


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2h", NOW + timedelta(hours=2)),
        ("6h", NOW + timedelta(hours=6)),
        ("in 30 minutes", NOW + timedelta(minutes=30)),
        ("22:30", datetime(2026, 3, 28, 21, 30, tzinfo=UTC)),
        ("9:00", datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
        ("tomorrow 9:00", datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
        ("Tomorrow", datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
        ("2026-05-01 12:00", datetime(2026, 5, 1, 10, 0, tzinfo=UTC)),
        ("2026-05-01", datetime(2026, 5, 1, 7, 0, tzinfo=UTC)),
    ],
)
def test_what_is_typed_is_read_in_the_servers_zone(typed: str, meant: datetime) -> None:
    assert moment(typed, NOW, BERLIN) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "soon", "25:00", "today 9:00", "2026-02-30", "2026-01-01", "2999-01-01", "99999w", "0m", "-5m"],
)
def test_what_is_no_time_is_over_or_far_ahead_is_refused(typed: str) -> None:
    with pytest.raises(UserError):
        moment(typed, NOW, BERLIN)


@given(st.text(max_size=40))
def test_any_text_is_a_time_to_come_or_refused(typed: str) -> None:
    try:
        found = moment(typed, NOW, BERLIN)
    except UserError:
        return
    assert NOW < found <= NOW + LONGEST
