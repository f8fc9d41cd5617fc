"""What is approved: hashes, edits, and text that must not escape its frame or hide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asks.payload import difference, edited, fenced, hash_of, readable
from bot.errors import UserError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_what_is_read_and_sent_back_unchanged_has_the_same_hash(payload: dict[str, object]) -> None:
    assert hash_of(edited(payload, readable(payload))) == hash_of(payload)
    assert readable(payload).isascii()


@given(st.text(), st.integers(1, 50))
def test_a_fence_holds(text: str, most: int) -> None:
    shown = fenced(text, "json", most)
    assert shown.count("```") == 2
    assert shown.endswith("```")


def test_what_cannot_be_seen_is_written_out() -> None:
    assert "pay \\u202e001\\u200b" in fenced("pay \u202e001\u200b")


def test_edits_keep_the_form_and_differences_show_lines() -> None:
    with pytest.raises(UserError, match="not valid JSON"):
        edited({"a": 1}, "{")
    with pytest.raises(UserError, match="same form"):
        edited({"a": 1}, "[1]")
    assert edited("a text", "another") == "another"
    assert difference({"a": 1, "b": 2}, {"a": 1, "b": 3}).splitlines()[-3:] == [
        '-  "b": 2',
        '+  "b": 3',
        " }",
    ]
