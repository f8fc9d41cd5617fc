"""Draws the bids of an auction as bars, the lowest on top. Needs matplotlib (the extra ``charts``)."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from cogs.auction import messages
from cogs.auction.cog import SECONDS
from cogswarm import Scored

WIDTH, DOTS = 6.0, 130
"""Inches, and dots in each: on a phone the picture is shown half as wide, and its words must still be read."""
HEAD_HEIGHT, BAR_HEIGHT = 1.4, 0.45
MARGIN = 0.12
WORDS, NAME = 13, 18
COLOURS = ("#96989d", "#5865f2", "#faa61a", "#eb459e")
PAPER, INK, WINNER = "#313338", "#dbdee1", "#3ba55d"


def drawn(ranking: Sequence[Scored]) -> bytes | None:
    """A PNG; None where matplotlib is not installed, or there is nothing to compare."""
    if len(ranking) < 2:  # noqa: PLR2004 - a bar alone says nothing
        return None
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra, slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        return None
    height = HEAD_HEIGHT + BAR_HEIGHT * len(ranking)
    figure: Any = Figure(figsize=(WIDTH, height), dpi=DOTS, facecolor=PAPER, layout="constrained")
    figure.get_layout_engine().set(h_pad=MARGIN, w_pad=MARGIN)
    FigureCanvasAgg(figure)
    _bars(figure.subplots(1, 1), ranking[::-1])
    picture = BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER)
    return picture.getvalue()


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
            color=WINNER if is_lowest else INK, fontsize=WORDS,
        )  # fmt: skip
    axes.set_yticks(list(rows), [_shortened(one.bid.name) for one in upwards])
    axes.set_xlim(0, most * 1.2)  # room for the numbers
    axes.set_xticks([])
    axes.set_title(messages.PICTURE_TITLE, color=INK, fontsize=WORDS + 1, loc="left", pad=12)
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK, labelsize=WORDS, length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=4, frameon=False, labelcolor=INK, fontsize=WORDS,
        handlelength=1,
    )  # fmt: skip


def _shortened(name: str) -> str:
    # A dollar sign would begin a formula.
    shown = name.replace("$", r"\$")
    return shown if len(shown) <= NAME else f"{shown[: NAME - 1]}…"
