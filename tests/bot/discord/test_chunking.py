"""Whatever the text: its pieces fit, lose nothing, and show what the text would have shown."""

import re
from collections.abc import Iterator

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from bot.discord.chunking import LIMIT, chunks, cut_short, length

LINK = "[a link](<https://example.org/" + "x" * 200 + ">)"
FAMILY = "👩‍👩‍👧‍👦"
WHOLE = (
    LINK,
    "https://example.org/a_path?with=query",
    "<@123456789012345678>",
    "<@&123456789012345678>",
    "<#123456789012345678>",
    "<t:1700000000:R>",
    "<a:party_parrot:123456789012345678>",
    "</reports list:123456789012345678>",
    "`some inline code`",
    FAMILY,
    "👍🏽",
    "é",
)
LINES = st.one_of(
    st.text(max_size=300),
    st.just("```python"),
    st.just("```"),
    st.just("~~~"),
    st.just("> ```"),
    st.just(">>> to the end"),
    st.just(LINK),
    st.text(alphabet="é👩‍👩‍👧‍👦🏽字 |", max_size=700),
    st.text(alphabet="word. ", max_size=1_500),
    st.text(alphabet="word |`>", max_size=900),
    st.just(""),
)
DOCUMENTS = st.lists(LINES, max_size=40).map("\n".join)
LIMITS = st.sampled_from([LIMIT, 1_024, 600])


def fences(piece: str) -> int:
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


def essence(part: str) -> str:
    """What is there whatever was closed and opened again."""
    return re.sub(r"\s|```+[^\n`]*|~~~+[^\n`]*|[|>`~]", "", part)


@given(DOCUMENTS, LIMITS)
def test_every_piece_fits_and_is_not_empty(text: str, limit: int) -> None:
    for piece in chunks(text, limit):
        assert 0 < length(piece) <= limit
        assert piece.strip()


@given(DOCUMENTS)
def test_fences_are_balanced_in_every_piece_also_where_the_author_left_one_open(text: str) -> None:
    assert all(fences(piece) == 0 for piece in chunks(text))


@given(DOCUMENTS)
@example("```\n" + "a\n" * 3_000 + "```")
@example("||" + "a\n" * 3_000 + "||")
def test_nothing_is_lost(text: str) -> None:
    assert essence("\n".join(chunks(text))) == essence(text)


@given(
    st.lists(
        st.one_of(st.sampled_from(WHOLE), st.text(alphabet="word. \n", min_size=1, max_size=400)), max_size=60
    )
)
def test_links_mentions_code_and_characters_stay_whole(parts: list[str]) -> None:
    pieces = chunks(" ".join(parts))
    for whole in set(parts) & set(WHOLE):
        assert sum(piece.count(whole) for piece in pieces) >= parts.count(whole)


PLAIN = st.text(alphabet="abc. ", min_size=3, max_size=900).filter(lambda text: bool(text.strip()))


def shown(text: str) -> Iterator[tuple[str, bool, bool]]:
    """Each letter as Discord shows it: whether it is hidden, and whether it is quoted."""
    hidden = {
        place
        for found in re.finditer(r"\|\|([\s\S]+?)\|\|", text)
        for place in range(found.start(), found.end())
    }
    quoted, place = False, 0
    for line in text.split("\n"):
        quoted = quoted or line.startswith(">>> ")
        for offset, letter in enumerate(line):
            if letter.isalpha():
                yield letter, place + offset in hidden, quoted or line.startswith("> ")
        place += len(line) + 1


@given(
    parts=st.lists(
        st.one_of(
            PLAIN.map(lambda text: f"||{text}||"),
            PLAIN.map(lambda text: "\n> " + text.strip()),
            PLAIN.map(lambda text: "\n> ||" + text.strip() + "||"),
            PLAIN.map(lambda text: "\n" + text.strip() + "\n"),
        ),
        max_size=20,
    ),
    whole_quoted=st.booleans(),
)
@example(parts=["||" + "a" * 5_000 + "||"], whole_quoted=False)
@example(parts=["\n> " + "ab " * 2_000], whole_quoted=False)
@example(parts=["||" + "a" * 1_963 + "   ||", "b" * 100], whole_quoted=False)
@example(parts=["\n" + "a " * 3_000], whole_quoted=True)
def test_what_was_hidden_stays_hidden_and_what_was_quoted_stays_quoted(
    parts: list[str], *, whole_quoted: bool
) -> None:
    text = (">>> " if whole_quoted else "") + "".join(parts).strip()
    assert [one for piece in chunks(text) for one in shown(piece)] == list(shown(text))


def test_a_fence_in_a_quote_goes_on_in_the_quote() -> None:
    text = "> ```py\n" + "".join(f"> line {number}\n" for number in range(400)) + "> ```\nafter"
    pieces = chunks(text)
    assert len(pieces) > 1
    assert all(piece.startswith("> ```py\n> line") and "\n> ```" in piece for piece in pieces)
    assert pieces[-1].endswith("> ```\nafter")


def test_a_list_is_cut_between_its_items() -> None:
    items = [f"- item {number} " + "word " * 30 for number in range(40)]
    pieces = chunks("\n".join(items))
    assert len(pieces) > 1
    assert all(line.startswith("- item") for piece in pieces for line in piece.split("\n"))


def test_half_a_surrogate_pair_is_taken_for_a_character() -> None:
    assert essence("".join(chunks("\ud83d " * 3_000))) == "\ud83d" * 3_000


def test_a_link_is_kept_whole() -> None:
    link = "[source](<https://example.org/" + "y" * 150 + ">)"
    text = "word " * 380 + link + " tail" * 100
    assert sum(link in piece for piece in chunks(text)) == 1


def test_short_text_is_one_piece_as_it_is() -> None:
    assert chunks("hello **there**") == ["hello **there**"]


def test_blank_text_is_nothing() -> None:
    assert chunks(" \n \n") == []


@pytest.mark.parametrize("text", ["short", "a" * 300, "👩‍👩‍👧‍👦" * 60, "x" * 255 + FAMILY])
def test_what_is_cut_short_fits_and_says_so(text: str) -> None:
    cut = cut_short(text, 256)
    assert length(cut) <= 256
    assert cut == text or cut.endswith("…")
