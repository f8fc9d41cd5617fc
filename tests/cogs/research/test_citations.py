"""Only what rests on fetched sources is kept; only code makes links."""

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from cogs.research.citations import check, render

KNOWN = frozenset({"1", "2", "3"})
LINKS = {number: f"https://example.org/{number}" for number in KNOWN}


def test_claims_keep_their_sources() -> None:
    checked = check("Tides turn turbines [1]. The moon pulls the sea [2][3].", KNOWN)
    assert [(claim.text, claim.cited) for claim in checked.claims] == [
        ("Tides turn turbines.", ("1",)),
        ("The moon pulls the sea.", ("2", "3")),
    ]


def test_a_mark_behind_the_full_stop_belongs_to_the_sentence_before() -> None:
    checked = check("First thing. [1] Second thing. [2, 3]", KNOWN)
    assert [(claim.text, claim.cited) for claim in checked.claims] == [
        ("First thing.", ("1",)),
        ("Second thing.", ("2", "3")),
    ]


def test_an_id_that_was_not_fetched_is_dropped_and_named() -> None:
    checked = check("Real [1][9]. Invented [7].", KNOWN)
    assert [(claim.text, claim.cited) for claim in checked.claims] == [("Real.", ("1",))]
    assert checked.unknown == ("9", "7")
    assert checked.uncited == 1


def test_what_cites_nothing_is_left_out() -> None:
    checked = check("The sources do not answer this.", KNOWN)
    assert checked.claims == ()
    assert checked.uncited == 1


def test_bullets_stay_bullets_and_sentences_stay_together() -> None:
    checked = check("One [1]. Two [2].\n- Three [3].\n- Four [1].", KNOWN)
    assert render(checked, LINKS) == (
        "One. [[1]](<https://example.org/1>) Two. [[2]](<https://example.org/2>)\n"
        "- Three. [[3]](<https://example.org/3>)\n- Four. [[1]](<https://example.org/1>)"
    )


def test_a_bullet_of_two_sentences_is_one_claim_and_what_follows_its_last_mark_is_not() -> None:
    checked = check("- A storm came. The water cools the city [2]. Nobody said this.", KNOWN)
    assert [claim.text for claim in checked.claims] == ["A storm came. The water cools the city."]
    assert checked.uncited == 1


def test_in_running_text_each_sentence_answers_for_itself() -> None:
    checked = check("Nobody said this. The water cools the city [2].", KNOWN)
    assert [claim.text for claim in checked.claims] == ["The water cools the city."]
    assert checked.uncited == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "It is 2.5 m high, i.e. small.",
        "Trees, cars etc. are fine, e.g. here.",
        "Dr. A. Fresnel built it vs. the old way.",
        "See Fig. 3 of Smith et al. for more.",
        "Version 3.12 of example.org came!",
    ],
)
def test_a_full_stop_within_a_sentence_does_not_end_it(sentence: str) -> None:
    checked = check(f"{sentence} [1] Another one [2].", KNOWN)
    assert [(claim.text, claim.cited) for claim in checked.claims] == [
        (sentence, ("1",)),
        ("Another one.", ("2",)),
    ]


def test_addresses_and_mentions_of_the_model_do_not_get_through() -> None:
    answer = "See [this](http://evil.example/a) or https://evil.example/b, @everyone and <@123> [1]."
    text = render(check(answer, KNOWN), LINKS)
    assert "http://evil" not in text
    assert "https://evil" not in text
    assert "@everyone" not in text
    assert "<@123>" not in text


@given(st.text(max_size=500) | st.text(alphabet="ab. [123]9()<>@:/\n-*", max_size=300))
def test_every_link_goes_to_a_known_source_and_every_claim_has_one(answer: str) -> None:
    checked = check(answer, KNOWN)
    assert all(claim.cited and set(claim.cited) <= KNOWN for claim in checked.claims)
    text = render(checked, LINKS)
    for url in re.findall(r"\]\(<?(\S+?)>?\)", text):
        assert url in LINKS.values()
    assert set(re.findall(r"https?://\S+?(?=>)", text)) <= set(LINKS.values())
