"""Draws what agents have used: bars a day by agent, and below them bars by person. Needs matplotlib (the extra ``charts``)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

from cogs.admin import messages
from cogswarm import SpendRow

WIDTH, DOTS = 6.0, 130
"""Inches, and dots in each: on a phone the picture is shown half as wide, and its words must still be read."""
DAYS_HEIGHT, PERSON_HEIGHT, HEAD_HEIGHT = 3.4, 0.42, 0.9
WORDS = 13
PEOPLE = 6
AGENTS = 5
NAME = 18
TICKS = 5
COLOURS = ("#5865f2", "#3ba55d", "#faa61a", "#eb459e", "#00b0f4")
OTHERS = "#96989d"
PAPER, INK = "#313338", "#dbdee1"


def drawn(rows: Sequence[SpendRow], days: Sequence[date], names: Mapping[int, str]) -> bytes | None:
    """A PNG; None where matplotlib is not installed."""
    figure = figure_of(rows, days, names)
    if figure is None:
        return None
    picture = BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER)
    return picture.getvalue()


def figure_of(rows: Sequence[SpendRow], days: Sequence[date], names: Mapping[int, str]) -> Any:
    """The figure itself; None where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra, slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        return None
    people = _most(rows, lambda row: names[row.member_id], PEOPLE)
    below = HEAD_HEIGHT + PERSON_HEIGHT * len(people)
    figure = Figure(figsize=(WIDTH, DAYS_HEIGHT + below), dpi=DOTS, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
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
        label = messages.USAGE_PICTURE_OTHERS if name is None else _shortened(name)
        colour = OTHERS if name is None else colours[name]
        axes.bar(range(len(days)), tokens, bottom=below, label=label, color=colour)
        below = [under + more for under, more in zip(below, tokens, strict=True)]
    _dressed(axes, messages.USAGE_PICTURE_TITLE)
    step = -(-len(days) // TICKS)
    # Counted from today, which is what people look for.
    at = sorted(range(len(days) - 1, -1, -step))
    axes.set_xticks(at, [f"{days[number]:%d %b}" for number in at])
    # A single day is a bar, not a wall.
    axes.set_xlim(-0.6 - max(0, 5 - len(days)) / 2, len(days) - 0.4 + max(0, 5 - len(days)) / 2)
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(_short)
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.12),
        ncols=2,
        frameon=False,
        labelcolor=INK,
        fontsize=WORDS,
        handlelength=1,
    )


def _bars_by_person(axes: Any, people: Sequence[tuple[str, int]]) -> None:
    upwards = people[::-1]
    axes.barh([name for name, _ in upwards], [tokens for _, tokens in upwards], height=0.6, color=COLOURS[0])
    most = max(tokens for _, tokens in people)
    for at, (_, tokens) in enumerate(upwards):
        axes.text(tokens + most * 0.02, at, _short(tokens), va="center", color=INK, fontsize=WORDS)  # fmt: skip
    _dressed(axes, messages.USAGE_PICTURE_MEMBERS)
    axes.set_ylim(-0.5, len(people) - 0.5)
    axes.set_xlim(0, max(1, most) * 1.2)  # room for the numbers
    axes.set_xticks([])


def _most(rows: Sequence[SpendRow], name: Callable[[SpendRow], str], most: int) -> list[tuple[str, int]]:
    """Who has used most tokens, and how many, by ``name`` of a row."""
    totals: dict[str, int] = defaultdict(int)
    for row in rows:
        totals[name(row)] += row.tokens
    return sorted(totals.items(), key=lambda one: (-one[1], one[0]))[:most]


def _dressed(axes: Any, title: str) -> None:
    axes.set_title(title, color=INK, fontsize=WORDS + 1, loc="left")
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK, labelsize=WORDS, length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _shortened(name: str) -> str:
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


def _short(value: float, _position: int | None = None) -> str:
    """A number of tokens as it fits beside an axis: 1.5k, 2M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{round(value / size, 1):g}{letter}"
    return f"{value:g}"
