"""Discord's own polls as work asks them, and what comes of them. They are public while they run, and people's only."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

MOST_ANSWERS = 10
LONGEST_QUESTION, LONGEST_ANSWER = 300, 55
LONGEST_HOURS = 768
"""https://discord.com/developers/docs/resources/poll#poll-create-request-object"""


@dataclass(frozen=True, slots=True)
class Poll:
    """A question of 300 characters with at most ten answers of 55; what is longer is cut.

    With ``several`` people choose as many answers as they like. Discord ends it by itself after ``hours``, 768 at most; who asked it may end it before.
    """

    question: str
    answers: tuple[str, ...]
    hours: int
    several: bool = False


@dataclass(frozen=True, slots=True)
class PollVotes:
    """Who chose which answer, in the order of the answers; once ``counted`` nobody can vote any more."""

    voters: tuple[tuple[int, ...], ...]
    counted: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of something that was to be posted; where it is, or why Discord did not take it."""

    state: Literal["waits", "there", "refused"]
    channel_id: int = 0
    message_id: int = 0
    why: str = ""


def hours_for(seconds: float) -> int:
    """The whole hours for which a poll must be open to last so many seconds."""
    return min(max(1, ceil(seconds / 3_600)), LONGEST_HOURS)
