"""Voting in one of Discord's polls: it is posted before the vote opens, and ended and read when its time is over."""

from collections.abc import Sequence
from datetime import timedelta

from cogs.consensus import messages
from cogs.consensus.telling import first_line
from cogs.consensus.wanted import Wanted
from cogswarm import (
    LONGEST_ANSWER,
    MOST_ANSWERS,
    Delivered,
    Option,
    Poll,
    Polled,
    Run,
    hours_for,
    plain,
    title,
)

QUESTION = 300
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
LOOKS = 60
"""How often a poll that is not counted in a moment is looked at again: for more than four hours."""


async def posted(run: Run, asked: Wanted, options: Sequence[Option]) -> Delivered | None:
    """Post the poll of a vote; None where people vote with the list instead, which is said with its reason."""
    answers = [f"{one.letter}: {first_line(one.text, LONGEST_ANSWER - 3)}" for one in options]
    answers += [messages.NONE_NAME] if asked.rules.none else []
    if len(answers) > MOST_ANSWERS:
        await run.post(messages.TOO_MANY_FOR_POLL.format(count=len(answers), most=MOST_ANSWERS))
        return None
    several = asked.rules.method != "plurality"
    poll = Poll(title(asked.question, QUESTION), tuple(answers), hours_for(asked.seconds), several)
    row = await run.step("post the poll", run.votes.polls.post, run.id, await run.place(), poll)
    turn = 0
    while (found := await run.step(f"posted {turn}", run.votes.polls.delivered, row)).state == "waits":
        await run.sleep(f"until posted {turn}", _pause(turn))
        turn += 1
    if found.state == "refused":
        await run.post(messages.POLL_REFUSED.format(why=plain(found.why)))
        return None
    return found


async def read(run: Run) -> Polled:
    """End the poll and read its ballots, once they are counted; ``gone`` also where that takes for ever."""
    for turn in range(LOOKS):
        await run.step(f"end the poll {turn}", run.votes.polls.end, run.id)
        found = await run.step(f"read the poll {turn}", run.votes.polls.read, run.id)
        if found.state != "later":
            return found
        await run.sleep(f"until counted {turn}", _pause(turn))
    return Polled("gone")


def _pause(turn: int) -> timedelta:
    return timedelta(seconds=min(FIRST_PAUSE * 2.0**turn, LONGEST_PAUSE))
