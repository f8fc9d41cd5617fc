"""What the server remembers of a review: what was decided about which change, and what was found in it."""

from collections.abc import Sequence
from uuid import UUID

from cogs.code_review import messages
from cogs.code_review.draft import Draft
from cogs.code_review.wording import SHORT, count, place, severity, what
from cogswarm import Run, plain, title
from cogswarm.review import Finding, PullRequest, Verdict

KIND = "review"
_MOST = 30
_MESSAGE = 300


async def remember(run: Run, review_id: UUID, seen: PullRequest, draft: Draft, verdict: Verdict) -> None:
    """Remember it where it was decided: whoever can read the thread finds it again."""
    told = await run.step("told", _told, run, review_id, list(draft.fingerprints))
    head = messages.REMEMBERED.format(
        verdict=messages.VERDICTS[verdict],
        head=draft.head[:SHORT],
        title=plain(seen.title),
        author=plain(seen.author),
        comments=count(len(told), "finding"),
    )
    lines = [f"{severity(one)} {what(one)} {place(one)}: {_message(one)}" for one in told[:_MOST]]
    await run.remember(kind=KIND, title=title(f"{seen.id} {seen.title}", 200), body="\n".join([head, *lines]))


async def _told(run: Run, review_id: UUID, fingerprints: Sequence[str]) -> list[Finding]:
    found = {one.finding.fingerprint: one.finding for one in await run.reviews.findings(review_id)}
    return [found[one] for one in fingerprints if one in found]


def _message(one: Finding) -> str:
    return plain(" ".join(one.spotted.message.split()))[:_MESSAGE]
