"""The picture of /usage: however much there is to show, no words lie over each other or outside."""

from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest

from cogs.admin.usage_picture import AGENTS, PEOPLE, figure_of
from cogswarm import SpendRow

TODAY = date(2026, 11, 22)


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 2, 7, 30, 90])
@pytest.mark.parametrize("many", [1, 12])
def test_no_words_lie_over_each_other(days: int, many: int) -> None:
    pytest.importorskip("matplotlib", reason="the extra `charts` is not installed")
    shown = [TODAY - timedelta(days=back) for back in reversed(range(days))]
    rows = [
        SpendRow(
            day, f"{agent} an agent with a long name", person, "m", 1, 0, 1_000 * 7**agent, 0.1, priced=True
        )
        for day in shown
        for agent in range(many)
        for person in range(many)
    ]
    figure: Any = figure_of(rows, shown, {person: f"person {person + 1}" for person in range(many)})
    figure.canvas.draw()
    by_day, by_person = figure.axes
    boxes: dict[tuple[int, str], Any] = {}
    for axes in (by_day, by_person):
        legend: list[Any] = [] if axes.get_legend() is None else axes.get_legend().get_texts()
        texts: list[Any] = [
            *axes.get_xticklabels(),
            *axes.get_yticklabels(),
            *axes.texts,
            *legend,
            axes.title,
        ]
        boxes |= {(id(text), text.get_text()): text.get_window_extent() for text in texts if text.get_text()}
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        assert not first.overlaps(second), (one[1], other[1])
    whole = figure.bbox
    for (_, words), box in boxes.items():
        assert whole.x0 <= box.x0, words
        assert box.x1 <= whole.x1, words
    labels = [text.get_text() for text in by_day.get_legend().get_texts()]
    assert len(labels) == min(many, AGENTS + 1)
    assert ("others" in labels) == (many > AGENTS)
    assert len(by_person.get_yticklabels()) == min(many, PEOPLE)


def test_a_name_that_looks_like_a_formula_is_a_name() -> None:
    pytest.importorskip("matplotlib", reason="the extra `charts` is not installed")
    name = r"$\frac$ & co"  # not even a whole one: drawing it as a formula fails
    rows = [SpendRow(TODAY, name, 1, "m", 1, 0, 1_000, 0.1, priced=True)]
    figure: Any = figure_of(rows, [TODAY], {1: name})
    figure.canvas.draw()
    shown = [text.get_text() for text in figure.axes[1].get_yticklabels()]
    assert [one.replace("\\$", "$") for one in shown] == [name]
