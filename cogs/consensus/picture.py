"""Draws the counts of a vote as bars, the first on top. Needs matplotlib (the extra ``charts``)."""

from typing import Any

from cogs.consensus import messages
from cogs.consensus.telling import name_of
from cogswarm import Outcome, Vote, charts

HEAD_HEIGHT, BAR_HEIGHT = 0.9, 0.5
MARGIN = 0.12


def drawn(vote: Vote, found: Outcome) -> bytes | None:
    """A PNG; None where matplotlib is not installed."""
    figure = charts.paper(HEAD_HEIGHT + BAR_HEIGHT * len(found.ranking))
    if figure is None:
        return None
    figure.get_layout_engine().set(h_pad=MARGIN, w_pad=MARGIN)
    _bars(figure.subplots(1, 1), vote, found)
    return charts.png(figure)


def _bars(axes: Any, vote: Vote, found: Outcome) -> None:
    upwards = found.ranking[::-1]
    counts = [found.scores.get(one, 0) for one in upwards]
    rows, most = range(len(upwards)), max(*counts, 1)
    colours = [charts.GREEN if one == found.winner else charts.BLUE for one in upwards]
    axes.barh(rows, counts, height=0.6, color=colours)
    for row, (letter, count) in enumerate(zip(upwards, counts, strict=True)):
        colour = charts.GREEN if letter == found.winner else charts.INK
        axes.text(count + most * 0.02, row, f"{count}", va="center", color=colour, fontsize=charts.WORDS)
    axes.set_yticks(list(rows), [charts.short(name_of(vote, one)) for one in upwards])
    axes.set_xlim(0, most * 1.15)  # room for the numbers
    axes.set_xticks([])
    charts.dress(axes, messages.PICTURE_TITLES[vote.how.method], pad=12)
