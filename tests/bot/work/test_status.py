"""A status message stays within a Discord message and always shows its ending."""

from hypothesis import given
from hypothesis import strategies as st

from bot.work.status import MAX_LINES, Line, render

LINES = st.lists(
    st.builds(
        Line, st.sampled_from(["stage", "note"]), st.text(max_size=500), st.none() | st.text(max_size=500)
    ),
    max_size=60,
)


@given(LINES, st.none() | st.text(min_size=1, max_size=3000))
def test_it_fits_into_one_message_and_ends_with_its_ending(lines: list[Line], ending: str | None) -> None:
    text = render("**title**", lines, ending=ending)
    assert len(text) <= 2_000
    assert text.startswith("**title**")
    if ending is not None:
        assert text.endswith(ending[:600])


def test_the_newest_lines_are_kept() -> None:
    lines = [Line("note", f"{number:03} " + "x" * 200) for number in range(40)]
    text = render("title", lines, ending="✓ Done")
    assert "• 039 " in text
    assert "• 000 " not in text
    assert "earlier lines" in text


def test_few_short_lines_are_all_shown() -> None:
    lines = [Line("stage", "Planning"), Line("note", "a remark"), Line("stage", "Reading", "Planned")]
    assert render("t", lines) == "t\n✓ Planned\n• a remark\n… Reading"
    assert render("t", lines, ending="✓ Done") == "t\n✓ Planned\n• a remark\n✓ Done"
    many = render("t", [Line("note", str(number)) for number in range(MAX_LINES + 5)])
    assert many.splitlines()[1] == "• 5 earlier lines"
