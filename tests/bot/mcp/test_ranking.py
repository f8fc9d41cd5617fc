from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mcp.feeds.entries import Entry
from bot.mcp.feeds.ranking import rank
from bot.mcp.feeds.words import content_words, stem

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def entry(number: int, title: str, text: str = "", *, day: int = 1, url: str = "") -> Entry:
    return Entry(
        id=f"{number}",
        feed="f",
        title=title,
        url=url,
        text=text,
        published=datetime(2026, 1, day, tzinfo=UTC),
    )


def ids(query: str, *entries: Entry) -> list[str]:
    return [ranked.entry.id for ranked in rank(query, entries, now=NOW, limit=10)]


@pytest.mark.parametrize(
    "words",
    [
        "turbine turbines", "city cities", "pollinate pollination pollinating pollinates", "bake baking baked",
        "box boxes", "run running", "class classes", "organise organize organised organizing",
    ],
)  # fmt: skip
def test_forms_of_a_word_are_one(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 1


@pytest.mark.parametrize("pair", ["bus bee", "glass gas", "tide tie", "virus viral", "lens lend", "new news"])
def test_other_words_stay_apart(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) != stem(other)


def test_small_words_carry_nothing() -> None:
    assert list(content_words("How do the things that we use make it work?")) == ["th", "work"] or list(
        content_words("How do the things that we use make it work?")
    ) == ["thing", "work"]
    assert list(content_words("Dynamo's l'été naïve")) == ["dynamo", "l'ete", "naiv"]


def test_the_title_counts_more_than_the_text() -> None:
    assert ids("bees", entry(1, "Trees", "bees and more"), entry(2, "Bees", "trees and more")) == ["2", "1"]


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    common = [entry(n, f"water {n}", "water everywhere") for n in range(10, 20)]
    assert ids("water barrage", *common, entry(1, "barrage", "a wall"), entry(2, "water", "sea"))[0] == "1"


def test_newer_goes_first_among_equals_and_the_future_is_no_advantage() -> None:
    old, new = entry(1, "bees", day=1), entry(2, "bees", day=9)
    future = Entry(id="0", feed="f", title="bees", url="", published=datetime(2999, 1, 1, tzinfo=UTC))
    undated = Entry(id="9", feed="f", title="bees", url="")
    assert ids("bees", undated, old, new, future) == ["0", "2", "1", "9"]


def test_what_shares_no_word_or_only_a_small_part_is_left_out() -> None:
    library = [entry(1, "stars over the village", "a festival"), entry(2, "tidal power", "turbines")]
    assert ids("beekeeping", *library) == []
    assert ids("quantum chromodynamics of neutron stars", *library) == []
    assert ids("how does the", *library) == []
    assert ids("tidal economics", *library) == ["2"]


def test_the_same_page_is_found_once() -> None:
    assert ids("bees", entry(1, "bees", url="https://a/x"), entry(2, "bees bees", url="https://a/x")) == ["2"]


WORDS = st.lists(
    st.sampled_from(["tide", "turbine", "bee", "apple", "tree", "heat", "lens", "glass", "bread", "yeast"]),
    max_size=6,
)


@given(WORDS, st.lists(st.tuples(WORDS, WORDS), max_size=8), st.integers(1, 5))
def test_everything_found_shares_a_word_in_falling_order(
    query: list[str], texts: list[tuple[list[str], list[str]]], limit: int
) -> None:
    entries = [entry(n, " ".join(title), " ".join(text)) for n, (title, text) in enumerate(texts)]
    found = rank(" ".join(query), entries, now=NOW, limit=limit)
    assert len(found) <= limit
    assert [it.score for it in found] == sorted((it.score for it in found), reverse=True)
    wanted = set(content_words(" ".join(query)))
    assert all(wanted & set(content_words(f"{it.entry.title} {it.entry.text}")) for it in found)
