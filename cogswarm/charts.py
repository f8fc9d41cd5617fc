"""Pictures for people who would rather look than read: paper in Discord's colours for matplotlib, the extra ``charts``."""

from bot.charts import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LONGEST_NAME,
    PAPER,
    PINK,
    SKY,
    WIDTH,
    WORDS,
    YELLOW,
    dress,
    legend,
    paper,
    png,
    short,
)

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "LONGEST_NAME",
    "PAPER",
    "PINK",
    "SKY",
    "WIDTH",
    "WORDS",
    "YELLOW",
    "dress",
    "legend",
    "paper",
    "png",
    "short",
]
