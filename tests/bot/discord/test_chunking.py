import re

import hypothesis.strategies as st
from hypothesis import example, given

from bot.discord.chunking import LIMIT, chunks, length

LINES = st.one_of(
    st.text(max_size=300),
    st.just("```python"),
    st.just("```"),
    st.just("~~~"),
    st.just("[a link](<https://example.org/" + "x" * 200 + ">)"),
    st.text(alphabet="é👩‍👩‍👧‍👦🏽字 ", max_size=700),
    st.text(alphabet="word. ", max_size=1_500),
    st.just(""),
)
DOCUMENTS = st.lists(LINES, max_size=40).map("\n".join)


def _fences(piece: str) -> int:
    inside = ""
    for line in piece.split("\n"):
        match = re.match(r"^\s{0,3}(```+|~~~+)([^\n`]*)$", line)
        if match is None:
            continue
        if not inside:
            inside = match[1]
        elif match[1].startswith(inside) and not match[2].strip():
            inside = ""
    return 1 if inside else 0


@given(DOCUMENTS)
def test_every_piece_fits_and_is_not_empty(text: str) -> None:
    for piece in chunks(text):
        assert 0 < length(piece) <= LIMIT
        assert piece.strip()


@given(DOCUMENTS)
def test_fences_are_balanced_in_every_piece_also_where_the_author_left_one_open(text: str) -> None:
    assert all(_fences(piece) == 0 for piece in chunks(text))


@given(DOCUMENTS)
@example("```\n" + "a\n" * 3_000 + "```")
def test_nothing_is_lost(text: str) -> None:
    def essence(part: str) -> str:
        return re.sub(r"\s|```+[^\n`]*|~~~+[^\n`]*", "", part)

    assert essence("\n".join(chunks(text))) == essence(text)


def test_a_link_is_kept_whole() -> None:
    link = "[source](<https://example.org/" + "y" * 150 + ">)"
    text = "word " * 380 + link + " tail" * 100
    assert sum(link in piece for piece in chunks(text)) == 1


def test_short_text_is_one_piece_as_it_is() -> None:
    assert chunks("hello **there**") == ["hello **there**"]


def test_blank_text_is_nothing() -> None:
    assert chunks(" \n \n") == []
