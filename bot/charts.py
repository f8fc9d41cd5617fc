"""The paper that pictures are drawn on: as wide as a phone shows them, in Discord's dark colours, with words that can be read.

Needs matplotlib (the extra ``charts``); without it there is no picture, and words alone must do.
"""

from io import BytesIO
from typing import Any

WIDTH, DOTS = 6.0, 130
"""Inches, and dots in each: on a phone the picture is shown half as wide, and its words must still be read."""
WORDS = 13
"""Points of ordinary words; what stands at an axis may be two less."""
LONGEST_NAME = 18
PAPER, INK = "#313338", "#dbdee1"
BLUE, GREEN, YELLOW, PINK, SKY, GREY = "#5865f2", "#3ba55d", "#faa61a", "#eb459e", "#00b0f4", "#96989d"


def paper(height: float) -> Any:
    """An empty matplotlib figure of that many inches; None where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra, slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        return None
    figure: Any = Figure(figsize=(WIDTH, height), dpi=DOTS, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Any) -> bytes:
    """What was drawn on a paper, as a PNG."""
    picture = BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER)
    return picture.getvalue()


def dress(axes: Any, title: str, *, words: int = WORDS, pad: float = 6.0) -> None:
    """Give a chart its title and colours, without a frame."""
    axes.set_title(title, color=INK, fontsize=WORDS + 1, loc="left", pad=pad)
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK, labelsize=words, length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def legend(axes: Any, loc: str, at: tuple[float, float], columns: int, *, words: int = WORDS) -> None:
    """Say what the colours mean, at a place of the chart."""
    axes.legend(
        loc=loc, bbox_to_anchor=at, ncols=columns, frameon=False, labelcolor=INK, fontsize=words, handlelength=1
    )  # fmt: skip


def short(name: str) -> str:
    """A name as it fits beside a chart, safe from being read as a formula, which a dollar sign begins."""
    fitting = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return fitting.replace("$", r"\$")
