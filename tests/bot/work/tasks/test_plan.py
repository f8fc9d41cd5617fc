"""Plans as text: what is written is read again, however people number it, and what cannot be carried out says why."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.work.tasks.plan import Part, checked, in_order, read, written
from tests.sizes import size

MANY = size("random plans", small=100, stated=3_000)

words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=20)
lines = words.filter(lambda line: ":" not in line)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Part, ...]:
    """Plans that go round in no circle: each part comes after some before it, in a random order."""
    count = draw(st.integers(1, 8))
    order = draw(st.permutations(range(1, count + 1)))
    parts: dict[int, Part] = {}
    for place, number in enumerate(order):
        after = draw(st.sets(st.sampled_from(order[:place]), max_size=3)) if place else set[int]()
        takes = draw(st.sets(st.sampled_from(["python", "css", "a b"]), max_size=2))
        text = "\n".join(draw(st.lists(lines, max_size=3)))
        parts[number] = Part(draw(words), text, tuple(sorted(takes)), tuple(sorted(after)))
    return checked([parts[number] for number in sorted(parts)], 8)


@settings(max_examples=MANY, deadline=None)
@given(plans(), st.integers(1, 90))
def test_what_is_written_is_read_again_however_it_is_numbered(parts: tuple[Part, ...], first: int) -> None:
    assert checked(read(written(parts)), 8) == parts
    done: set[int] = set()
    for number in in_order(parts):
        assert set(parts[number - 1].after) <= done
        done.add(number)
    assert len(done) == len(parts)
    moved = [f"{first + at}) {one.title}" for at, one in enumerate(parts)]
    assert [one.title for one in checked(read("\n".join(moved)), 8)] == [one.title for one in parts]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Paint it", "Begin each part with its number"),
        ("1. A\n1. B", "two parts with the number 1"),
        ("1. A\n after: 2", "comes after part 2, which there is not"),
        ("1. A\n after: 2\n2. B\n after: 1", r"circle: (1 → 2 → 1|2 → 1 → 2)"),
        ("1. A\n after: 1", "circle: 1 → 1"),
        ("1. \n2. B", "Part 1 needs a title"),
        ("1. A\n2. B\n3. C\n4. D", "at most 3 parts here, and this one has 4"),
        (f"1. A\n {'x' * 2_001}", "longer than 2000 letters"),
        ("1. A\n takes: " + ",".join(f"s{number}" for number in range(9)), "at most 8 things"),
    ],
)
def test_what_cannot_be_carried_out_says_why(text: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        checked(read(text), 3)


def test_what_only_looks_like_a_field_is_text() -> None:
    (part,) = read("1. Party\n after: the party, tidy up\n takes: broom")
    assert part.text == "after: the party, tidy up"
    assert part.takes == (" broom",)
    assert read("") == ()
