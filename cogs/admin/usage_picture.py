"""Draws what agents have used: bars a day by agent, and bars by person. Needs matplotlib (the extra ``charts``)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

from cogs.admin import messages
from cogswarm import SpendRow

WIDTH, HEIGHT, DOTS = 9.0, 4.2, 110
PEOPLE = 6
COLOURS = ("#5865f2", "#3ba55d", "#faa61a", "#eb459e", "#ed4245", "#00b0f4", "#9b84ec", "#f47b67")
PAPER, INK = "#313338", "#dbdee1"


def drawn(rows: Sequence[SpendRow], days: Sequence[date], names: Mapping[int, str]) -> bytes | None:
    """A PNG; None where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra, slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        return None
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    by_day: Any
    by_person: Any
    by_day, by_person = figure.subplots(1, 2, width_ratios=(2, 1))
    _bars_by_day(by_day, rows, days)
    _bars_by_person(by_person, rows, names)
    picture = BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER)  # pyright: ignore[reportUnknownMemberType] - matplotlib leaves PathLike open
    return picture.getvalue()


def _bars_by_day(axes: Any, rows: Sequence[SpendRow], days: Sequence[date]) -> None:
    agents = sorted({row.agent for row in rows})
    below = [0] * len(days)
    labels = [f"{day:%d %b}" for day in days]
    for number, agent in enumerate(agents):
        tokens = [sum(row.tokens for row in rows if row.agent == agent and row.day == day) for day in days]
        axes.bar(labels, tokens, bottom=below, label=agent, color=COLOURS[number % len(COLOURS)])
        below = [under + more for under, more in zip(below, tokens, strict=True)]
    _dressed(axes, messages.USAGE_PICTURE_TITLE)
    step = max(1, len(days) // 8)
    axes.set_xticks(range(0, len(days), step), labels[::step])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=4, frameon=False, labelcolor=INK)
    axes.yaxis.set_major_formatter(_short)


def _bars_by_person(axes: Any, rows: Sequence[SpendRow], names: Mapping[int, str]) -> None:
    totals: dict[str, int] = defaultdict(int)
    for row in rows:
        totals[names[row.member_id]] += row.tokens
    most = sorted(totals.items(), key=lambda one: one[1])[-PEOPLE:]
    axes.barh([name for name, _ in most], [tokens for _, tokens in most], color=COLOURS[0])
    _dressed(axes, messages.USAGE_PICTURE_MEMBERS)
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(_short)


def _dressed(axes: Any, title: str) -> None:
    axes.set_title(title, color=INK)
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK)
    for side in axes.spines.values():
        side.set_visible(False)


def _short(value: float, _position: int | None = None) -> str:
    """A number of tokens as it fits beside an axis: 1.5k, 2M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
