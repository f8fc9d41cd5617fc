"""Draws the bids of an auction as bars, the lowest on top. Needs matplotlib (the extra ``charts``)."""

from collections.abc import Sequence
from typing import Any

from cogs.auction import messages
from cogs.auction.cog import SECONDS
from cogswarm import Scored, charts

HEAD_HEIGHT, BAR_HEIGHT = 1.4, 0.45
MARGIN = 0.12
COLOURS = (charts.GREY, charts.BLUE, charts.YELLOW, charts.PINK)


def drawn(ranking: Sequence[Scored]) -> bytes | None:
    """A PNG; None where matplotlib is not installed, or there is nothing to compare."""
    if len(ranking) < 2:  # noqa: PLR2004 - a bar alone says nothing
        return None
    figure = charts.paper(HEAD_HEIGHT + BAR_HEIGHT * len(ranking))
    if figure is None:
        return None
    figure.get_layout_engine().set(h_pad=MARGIN, w_pad=MARGIN)
    _bars(figure.subplots(1, 1), ranking[::-1])
    return charts.png(figure)


def _bars(axes: Any, upwards: Sequence[Scored]) -> None:
    rows = range(len(upwards))
    parts = [[one.wait for one in upwards], [one.work for one in upwards]]
    parts += [[one.money for one in upwards], [one.unfit for one in upwards]]
    before = [0.0] * len(upwards)
    for label, colour, seconds in zip(messages.PICTURE_PARTS, COLOURS, parts, strict=True):
        values = [one / SECONDS for one in seconds]
        if any(values):
            axes.barh(rows, values, left=before, height=0.6, color=colour, label=label)
            before = [left + more for left, more in zip(before, values, strict=True)]
    most = max(before) or 1.0
    for row, total in zip(rows, before, strict=True):
        is_lowest = row == len(upwards) - 1
        axes.text(
            total + most * 0.02, row, f"{total:,.2f}" if total < 1 else f"{total:,.1f}", va="center",
            color=charts.GREEN if is_lowest else charts.INK, fontsize=charts.WORDS,
        )  # fmt: skip
    axes.set_yticks(list(rows), [charts.short(one.bid.name) for one in upwards])
    axes.set_xlim(0, most * 1.2)  # room for the numbers
    axes.set_xticks([])
    charts.dress(axes, messages.PICTURE_TITLE, pad=12)
    charts.legend(axes, "upper center", (0.5, -0.02), 4)
