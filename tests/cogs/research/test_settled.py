"""What is shown of an answer while it is written is the beginning of what is shown at its end."""

import hypothesis.strategies as st
from hypothesis import example, given

from cogs.research.citations import check, render, settled

KNOWN = {"1": "https://one.example/", "2": "https://two.example/", "M3": "https://three.example/"}
PARTS = st.sampled_from(
    [
        "Bees dance", " [1]", "[2]", " [9]", "[M3", "]", ". ", ".", " ", "\n", "- ", "1. ", "12", "? ", "e.g. ", "“Quoted.” ",
        "Wasps do not", "and", "A", " [1, 2]",
    ]
)  # fmt: skip


def shown(text: str) -> str:
    return render(check(text, frozenset(KNOWN)), KNOWN)


@given(st.lists(PARTS, max_size=25))
@example(["Bees dance", ".", " ", "[1]", " ", "[2]", " ", "A"])
def test_nothing_that_was_shown_is_taken_back(parts: list[str]) -> None:
    whole, before = "", ""
    for part in parts:
        whole += part
        now = shown(settled(whole))
        assert now.startswith(before)
        before = now
    assert shown(whole).startswith(before)


def test_a_claim_is_shown_when_the_next_has_begun() -> None:
    assert settled("Bees dance [1]. Was") == "Bees dance [1]. "
    assert settled("Bees dance [1].") == ""
    assert settled("- Bees dance [1]. Was") == ""
    assert settled("- Bees dance [1]. Was\n- Wasps") == "- Bees dance [1]. Was"
