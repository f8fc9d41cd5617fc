"""Brings what people have decided to GitHub, through its bad hours; every try is recorded with what came of it."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Literal
from uuid import uuid5

from cogs.code_review import messages
from cogs.code_review.draft import Draft
from cogswarm import Run, UserError, plain
from cogswarm.review import GitHubBusy, GitHubError, GitHubRefused, HeadMoved, PullEnded, PullRequest, Verdict

PAUSES = (0.5, 5.0, 30.0, 120.0, 300.0, 600.0)
"""Seconds between tries; the last holds for all that follow, so that a push is noticed soon after GitHub is back."""
MOST_TRIES = 300
"""About two days."""
TOLD_AT = 2
"""The try after which people are told: what passes within a moment is none of their concern."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of posting. ``why`` is a sentence, ``url`` where the review stands, ``seconds`` how long to wait at least."""

    kind: Literal["stands", "moved", "ended", "refused", "away"]
    why: str = ""
    url: str = ""
    seconds: float = 0.0


async def posted(run: Run, name: str, seen: PullRequest, draft: Draft, verdict: Verdict) -> Outcome:
    """Post it and say what came of it; ``name`` tells this time from others of the run.

    While GitHub is away this goes on, for days if need be. ``away`` is what is left then: it may stand there.
    """
    for number in count(1):
        outcome = await run.step(f"{name}, try {number}", _try, run, seen, draft, verdict)
        if outcome.kind != "away" or number == MOST_TRIES:
            return outcome
        if number == TOLD_AT:
            await run.post(messages.AWAY.format(why=plain(outcome.why)))
        pause = max(PAUSES[min(number, len(PAUSES)) - 1], outcome.seconds)
        await run.sleep(f"{name}, pause {number}", timedelta(seconds=pause))
    raise AssertionError  # counting has no end


async def _try(run: Run, seen: PullRequest, draft: Draft, verdict: Verdict) -> Outcome:
    # One key for all tries of the decision: whichever of them reached GitHub is found by it.
    key = str(uuid5(run.id, "the review on GitHub"))
    try:
        stands = await run.code.post_review(seen.id, draft.review(verdict), key)
    except HeadMoved as error:
        return Outcome("moved", str(error))
    except PullEnded as error:
        return Outcome("ended", error.state)
    except (GitHubRefused, UserError) as error:
        return Outcome("refused", str(error))
    except GitHubBusy as error:
        return Outcome("away", str(error), seconds=error.seconds)
    except GitHubError as error:
        return Outcome("away", str(error))
    return Outcome("stands", url=stands.url)
