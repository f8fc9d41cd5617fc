"""Words and their stems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.offline.terms import Stems, fold, language_of, stem, words


@pytest.mark.parametrize(
    "forms",
    [
        ["glaze", "glazes", "glazed", "glazing"],
        ["stop", "stops", "stopped", "stopping"],
        ["city", "cities"],
        ["irrigate", "irrigates", "irrigation", "irrigator", "irrigating"],
        ["ship", "ships", "shipped", "shipping"],
        ["write", "wrote", "written", "writing"],
        ["mouse", "mice"],
        ["organise", "organize", "organisation", "organization"],
        ["box", "boxes"],
        ["lighthouse", "lighthouses", "lighthouse's"],
    ],
)
def test_forms_of_one_word_fall_together(forms: list[str]) -> None:
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("glass", "glaze"), ("bus", "bush"), ("number", "numb"), ("red", "read")]
)
def test_different_words_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_words() -> None:
    assert words("Don’t stop-go, O'Neil: 3.14!") == ["Don’t", "stop", "go", "O'Neil", "3", "14"]  # noqa: RUF001 - the point of it
    assert words("窯を開ける") == ["窯", "開"]
    assert words("x" * 1_000) == ["x" * 64]


def test_fold() -> None:
    assert fold(["Ærø", "CAFÉ"][1]) == "cafe"
    assert fold("Straße") == "strasse"


@given(st.text())
def test_any_text_has_terms(text: str) -> None:
    assert all(Stems().terms(text))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Why does the glaze crack in the kiln?", "en"),
        ("Warum reißt die Glasur in dem Ofen?", "de"),
        ("Pourquoi est-ce que la glaçure se fend dans le four ?", "fr"),
        ("kiln glaze", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text).name == language
