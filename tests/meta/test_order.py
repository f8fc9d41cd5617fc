"""The order is random, and what is slow is begun early enough."""

from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import begun_in_time


@given(st.lists(st.integers(0, 5), max_size=60))
def test_nothing_slow_is_begun_last_and_everything_else_stays_where_it_is(items: list[int]) -> None:
    slow = 0
    ordered = begun_in_time(items, lambda item: item == slow)
    tenth = len(items) // 10
    assert sorted(ordered) == sorted(items)
    assert [item for item in ordered if item != slow] == [item for item in items if item != slow]
    moved = items[len(items) - tenth :].count(slow)
    assert slow not in ordered[len(items) - tenth + moved :]
    assert ordered[moved : moved + len(items) - tenth] == items[: len(items) - tenth]
