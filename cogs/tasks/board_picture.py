"""Draws how a queue went: what waited and was under way hour by hour, and what came and was done.

Needs matplotlib (the extra ``charts``); without it the board is words alone.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from cogs.tasks import messages
from cogswarm import File, Hour, charts

HEIGHT = 4.4
WORDS = charts.WORDS - 2
"""There are two charts of many numbers, one above the other."""
WAITING, RUNNING, CREATED, DONE = charts.YELLOW, charts.BLUE, charts.SKY, charts.GREEN
EVERY = 6
NAME = "queue.png"


def picture_of(hours: Sequence[Hour], zone: ZoneInfo) -> File | None:
    """The picture, with a text that says the same; None where matplotlib is not installed."""
    figure = figure_of(hours, zone)
    if figure is None:
        return None
    return File(NAME, charts.png(figure), alt_of(hours))


def alt_of(hours: Sequence[Hour]) -> str:
    """What the picture shows, in words."""
    last = hours[-1]
    return messages.PICTURE_ALT.format(
        hours=len(hours), created=sum(one.created for one in hours), done=sum(one.done for one in hours),
        waiting=last.waiting, running=last.running, most=max(one.waiting for one in hours),
    )  # fmt: skip


def figure_of(hours: Sequence[Hour], zone: ZoneInfo) -> Any:
    """The figure itself; None where matplotlib is not installed."""
    figure = charts.paper(HEIGHT)
    if figure is None:
        return None
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
        charts.dress(axes, title, words=WORDS)
        axes.locator_params(axis="y", nbins=4, integer=True)
        axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
        charts.legend(axes, "upper left", (0.45, 1.25), 2, words=WORDS)
    marked = [one for one in at if (len(hours) - 1 - one) % EVERY == 0]
    flow.set_xticks(marked, [f"{hours[one].ends.astimezone(zone):%H:%M}" for one in marked])
    return figure
