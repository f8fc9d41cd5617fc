import re

import hypothesis.strategies as st
from hypothesis import given

from bot.discord.plain import plain, title

HOSTILE = (
    st.text(alphabet="@everyonhr<>[]()!#:/.htpsdiscord123 `*_~|\\\n\u202e\u200b", max_size=200) | st.text()
)


@given(HOSTILE)
def test_nothing_becomes_a_mention_a_link_or_a_control_character(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"@(?:everyone|here)", shown, re.IGNORECASE)
    assert not re.search(r"<(?:@|#|:|a:|t:|/|id:)", shown)
    assert not re.search(r"\bhttps?://", shown, re.IGNORECASE)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08]", shown)


@given(HOSTILE)
def test_a_title_is_one_line_of_limited_length(text: str) -> None:
    shown = title(text, 50)
    assert "\n" not in shown
    assert len(shown) <= 50


def test_masked_links_keep_their_words() -> None:
    assert plain("Read [the paper](https://example.org/x) now") == "Read the paper now"
    assert plain("See https://example.org/long/path?x=1.") == "See example.org"
