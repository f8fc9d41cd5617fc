# ruff: noqa: RUF001 # the full stops of other scripts
"""Splitting into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.offline.sentences import LONGEST, points_back, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "Dr. Amara paid $3.50 at 4 p.m. yesterday. Then she left.",
            ["Dr. Amara paid $3.50 at 4 p.m. yesterday.", "Then she left."],
        ),
        ("See https://a.example/b.c?d=e. It works.", ["See https://a.example/b.c?d=e.", "It works."]),
        ("By J. R. Ekwueme et al. in vol. 3. Sold out.", ["By J. R. Ekwueme et al. in vol. 3.", "Sold out."]),
        ("He said no. She said yes.", ["He said no.", "She said yes."]),
        ("Use Node.js or v2.1.0 here. Done.", ["Use Node.js or v2.1.0 here.", "Done."]),
        ('"Stop." He did. (It was late.) Then rest.', ['"Stop."', "He did.", "(It was late.)", "Then rest."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        (
            "窯を開ける。灰が落ちた！なぜ？「熱い。」",
            ["窯を開ける。", "灰が落ちた！", "なぜ？", "「熱い。」"],
        ),
        ("اول جملة؟ ثانية.", ["اول جملة؟", "ثانية."]),
        (
            "# Kiln\n\nIt glows.\n- first\n- second one\n1. third",
            ["Kiln", "It glows.", "first", "second one", "third"],
        ),
        ("login page shipped\nwaiting for review\nbye", ["login page shipped", "waiting for review", "bye"]),
        (
            "A line that was wrapped by a mail program goes\non here and ends. Next.",
            ["A line that was wrapped by a mail program goes on here and ends.", "Next."],
        ),
        ("Before.\n```\nx = 1. Y = 2.\n```\nAfter.", ["Before.", "After."]),
        ("Before.\n```\nnever closed. Still text.", ["Before.", "```", "never closed.", "Still text."]),
        ("> quoted line.\n> Another one.", ["quoted line.", "Another one."]),
        ("", []),
        (" \n\x00\n ", []),
    ],
)
def test_split(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@given(st.text())
def test_any_text_gives_short_clean_lines(text: str) -> None:
    for sentence in split_sentences(text):
        assert sentence == sentence.strip() != ""
        assert len(sentence) <= LONGEST
        assert "\n" not in sentence
        assert "\x00" not in sentence
        assert "\u202e" not in sentence


@given(
    st.lists(st.sampled_from(["word", "Two words", "end.", "What?", "Yes!", "3.14", "\n", "\n\n", "e.g."]))
)
def test_no_word_is_lost(parts: list[str]) -> None:
    text = " ".join(parts)
    assert " ".join(split_sentences(text)).split() == text.split()


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "." * 100_000,
        ".)" * 50_000,
        "! " * 50_000,
        "a. b. " * 20_000,
        "\n> " * 30_000,
        "`" * 100_000,
    ],
)
def test_hostile_text_ends_in_time(text: str) -> None:
    # Quadratic work on these would run into the test's own time limit.
    assert all(len(sentence) <= LONGEST for sentence in split_sentences(text))


def test_direction_marks_cannot_turn_a_citation_around() -> None:
    assert split_sentences("safe \u202etxet desrever\u2066.") == ["safe txet desrever."]


def test_points_back() -> None:
    assert points_back("It glows.")
    assert points_back('"They left."')
    assert not points_back("Italy glows.")
