"""Draws what agents have used: bars a day by agent, and below them bars by person. Needs matplotlib (the extra ``charts``)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from cogs.admin import messages
from cogswarm import SpendRow, charts

DAYS_HEIGHT, PERSON_HEIGHT, HEAD_HEIGHT = 3.4, 0.42, 0.9
PEOPLE = 6
AGENTS = 5
TICKS = 5
COLOURS = (charts.BLUE, charts.GREEN, charts.YELLOW, charts.PINK, charts.SKY)


def drawn(rows: Sequence[SpendRow], days: Sequence[date], names: Mapping[int, str]) -> bytes | None:
    """A PNG; None where matplotlib is not installed."""
    figure = figure_of(rows, days, names)
    return None if figure is None else charts.png(figure)


def figure_of(rows: Sequence[SpendRow], days: Sequence[date], names: Mapping[int, str]) -> Any:
    """The figure itself; None where matplotlib is not installed."""
    people = _most(rows, lambda row: names[row.member_id], PEOPLE)
    below = HEAD_HEIGHT + PERSON_HEIGHT * len(people)
    figure = charts.paper(DAYS_HEIGHT + below)
    if figure is None:
        return None
    by_day: Any
    by_person: Any
    by_day, by_person = figure.subplots(2, 1, height_ratios=(DAYS_HEIGHT, below))
    _bars_by_day(by_day, rows, days)
    _bars_by_person(by_person, people)
    return figure


def _bars_by_day(axes: Any, rows: Sequence[SpendRow], days: Sequence[date]) -> None:
    agents = [name for name, _ in _most(rows, lambda row: row.agent, AGENTS)]
    colours = dict(zip(agents, COLOURS, strict=False))
    below = [0] * len(days)
    for name in (*agents, None):
        mine = [row for row in rows if (row.agent == name if name else row.agent not in colours)]
        if not mine:
            continue
        tokens = [sum(row.tokens for row in mine if row.day == day) for day in days]
        label = messages.USAGE_PICTURE_OTHERS if name is None else charts.short(name)
        colour = charts.GREY if name is None else colours[name]
        axes.bar(range(len(days)), tokens, bottom=below, label=label, color=colour)
        below = [under + more for under, more in zip(below, tokens, strict=True)]
    charts.dress(axes, messages.USAGE_PICTURE_TITLE)
    step = -(-len(days) // TICKS)
    # Counted from today, which is what people look for.
    at = sorted(range(len(days) - 1, -1, -step))
    axes.set_xticks(at, [f"{days[number]:%d %b}" for number in at])
    # A single day is a bar, not a wall.
    axes.set_xlim(-0.6 - max(0, 5 - len(days)) / 2, len(days) - 0.4 + max(0, 5 - len(days)) / 2)
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(_short)
    charts.legend(axes, "upper center", (0.5, -0.12), 2)


def _bars_by_person(axes: Any, people: Sequence[tuple[str, int]]) -> None:
    upwards = people[::-1]
    names = [charts.short(name) for name, _ in upwards]
    axes.barh(names, [tokens for _, tokens in upwards], height=0.6, color=COLOURS[0])
    most = max(tokens for _, tokens in people)
    for at, (_, tokens) in enumerate(upwards):
        axes.text(
            tokens + most * 0.02, at, _short(tokens), va="center", color=charts.INK, fontsize=charts.WORDS
        )
    charts.dress(axes, messages.USAGE_PICTURE_MEMBERS)
    axes.set_ylim(-0.5, len(people) - 0.5)
    axes.set_xlim(0, max(1, most) * 1.2)  # room for the numbers
    axes.set_xticks([])


def _most(rows: Sequence[SpendRow], name: Callable[[SpendRow], str], most: int) -> list[tuple[str, int]]:
    """Who has used most tokens, and how many, by ``name`` of a row."""
    totals: dict[str, int] = defaultdict(int)
    for row in rows:
        totals[name(row)] += row.tokens
    return sorted(totals.items(), key=lambda one: (-one[1], one[0]))[:most]


def _short(value: float, _position: int | None = None) -> str:
    """A number of tokens as it fits beside an axis: 1.5k, 2M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{round(value / size, 1):g}{letter}"
    return f"{value:g}"
