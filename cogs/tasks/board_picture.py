"""Draws how a queue went: what waited and was under way hour by hour, and what came and was done.

Needs matplotlib (the extra ``charts``); without it the board is words alone.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from cogs.tasks import messages
from cogswarm import File, Hour

WIDTH, HEIGHT, DOTS = 6.0, 4.4, 130
"""Inches, and dots in each: on a phone the picture is shown half as wide, and its words must still be read."""
WORDS = 13
WAITING, RUNNING, CREATED, DONE = "#faa61a", "#5865f2", "#00b0f4", "#3ba55d"
PAPER, INK = "#313338", "#dbdee1"
EVERY = 6
NAME = "queue.png"


def picture_of(hours: Sequence[Hour], zone: ZoneInfo) -> File | None:
    """The picture, with a text that says the same; None where matplotlib is not installed."""
    figure = figure_of(hours, zone)
    if figure is None:
        return None
    drawn = BytesIO()
    figure.savefig(drawn, format="png", facecolor=PAPER)
    return File(NAME, drawn.getvalue(), alt_of(hours))


def alt_of(hours: Sequence[Hour]) -> str:
    """What the picture shows, in words."""
    last = hours[-1]
    return messages.PICTURE_ALT.format(
        hours=len(hours), created=sum(one.created for one in hours), done=sum(one.done for one in hours),
        waiting=last.waiting, running=last.running, most=max(one.waiting for one in hours),
    )  # fmt: skip


def figure_of(hours: Sequence[Hour], zone: ZoneInfo) -> Any:
    """The figure itself; None where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra, slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        return None
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    depth: Any
    flow: Any
    depth, flow = figure.subplots(2, 1, sharex=True)
    at = range(len(hours))
    depth.stackplot(
        at, [one.running for one in hours], [one.waiting for one in hours], colors=(RUNNING, WAITING),
        labels=(messages.PICTURE_RUNNING, messages.PICTURE_WAITING), step="mid",
    )  # fmt: skip
    flow.bar(
        [one - 0.2 for one in at],
        [one.created for one in hours],
        0.4,
        color=CREATED,
        label=messages.PICTURE_CREATED,
    )
    flow.bar(
        [one + 0.2 for one in at], [one.done for one in hours], 0.4, color=DONE, label=messages.PICTURE_DONE
    )
    for axes, title in ((depth, messages.PICTURE_DEPTH), (flow, messages.PICTURE_FLOW)):
        _dressed(axes, title)
    marked = [one for one in at if (len(hours) - 1 - one) % EVERY == 0]
    flow.set_xticks(marked, [f"{hours[one].ends.astimezone(zone):%H:%M}" for one in marked])
    return figure


def _dressed(axes: Any, title: str) -> None:
    axes.set_title(title, color=INK, fontsize=WORDS, loc="left")
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK, labelsize=WORDS - 2, length=0)
    axes.locator_params(axis="y", nbins=4, integer=True)
    axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
    for side in axes.spines.values():
        side.set_visible(False)
    axes.legend(
        loc="upper left", bbox_to_anchor=(0.45, 1.25), ncols=2, frameon=False, labelcolor=INK,
        fontsize=WORDS - 2, handlelength=1,
    )  # fmt: skip
