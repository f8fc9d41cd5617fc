"""The one message in a review's thread that always says how it stands, and the reaction under the thread's first message."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cogs.code_review import messages
from cogs.code_review.wording import SHORT, count
from cogswarm import Button, Run, UserError, title
from cogswarm.review import Check, PullRequest, Review

KEY = "status"
MARKS = {
    "looking": "👀", "deciding": "🙋", "looked": "🔎", "approve": "✅", "request_changes": "🛑", "comment": "💬",
    "paused": "⏸️", "skipped": "⏭️", "closed": "⚫", "merged": "🟣",
}  # fmt: skip
_ORDER = ("failed", "running", "waiting", "passed", "skipped", "unknown")
_NAMES = 5


@dataclass(frozen=True, slots=True)
class Status:
    """What the message says, which reaction goes with it, and the buttons below."""

    text: str
    mark: str
    failing: bool
    over: bool = False


def stage_of(review: Review, pull: PullRequest) -> str:
    """How a review stands, as a word of `messages.STATE`."""
    if pull.state != "open":
        return pull.state
    if review.state != "active":
        return review.state
    if review.looked != review.head or not review.looked:
        return "looking"
    if review.deciding:
        return "deciding"
    return review.verdict if review.verdict and review.posted_at_head == review.looked else "looked"


def described(
    pull: PullRequest, checks: Sequence[Check], review: Review, tally: tuple[int, int, int], *, model: bool
) -> Status:
    """The message as it should be; ``tally`` counts what is open, fixed and suppressed."""
    stage = stage_of(review, pull)
    head = (review.posted_at_head if stage == review.verdict else review.head or pull.head)[:SHORT]
    labels = ", ".join(title(one, 40) for one in pull.labels[:10])
    lines = [
        messages.STATUS_HEAD.format(
            title=title(pull.title, 150), url=pull.url, pull=pull.id, author=title(pull.author.removesuffix("[bot]"), 60),
            branch=_code(pull.head_branch), base=_code(pull.base_branch),
            draft=(messages.DRAFT if pull.draft else "") + (messages.FORK if pull.is_from_fork else ""),
        ),
        messages.SIZE.format(
            additions=pull.additions, deletions=pull.deletions, files=count(pull.changed_files, "file"),
            labels=messages.LABELS.format(labels=labels) if labels else messages.NO_LABELS,
        ),
        _checks(checks),
        messages.COUNTS.format(open=tally[0], fixed=tally[1], quiet=tally[2]),
        messages.STATE[stage].format(head=head),
    ]  # fmt: skip
    if not model:
        lines.append(messages.NO_MODEL)
    failing = any(one.state == "failed" and one.rerun_id is not None for one in checks)
    return Status("\n".join(lines), MARKS[stage], failing, over=stage in {"closed", "merged", "skipped"})


async def show(
    run: Run,
    name: str,
    review_id: UUID,
    pull: PullRequest,
    checks: Sequence[Check],
    *,
    workflow: str,
    model: bool,
) -> None:
    """Let the message and the reaction say how it stands; ``name`` tells this time from others of the run."""
    review, status = await run.step(
        f"status {name}", _status, run, review_id, pull, list(checks), model=model
    )
    if review.thread_id is None:
        return
    key = f"{KEY}:{review.threads}"
    shown = buttons(run, review, status, workflow=workflow)
    await run.say_once(review.thread_id, key, status.text, buttons=shown)
    await run.change(review.thread_id, key, f"{run.id}:{name}", status.text, buttons=shown)
    await run.step(f"mark {name}", run.reviews.show, review_id, status.mark)
    if review.mark != status.mark:
        if review.mark:
            await run.unreact(review.thread_id, review.mark, channel_id=review.channel_id)
        await run.react(review.thread_id, status.mark, channel_id=review.channel_id)


async def _status(
    run: Run, review_id: UUID, pull: PullRequest, checks: list[Check], *, model: bool
) -> tuple[Review, Status]:
    review = await run.reviews.of(pull.id)
    if review is None or review.id != review_id:
        raise UserError(messages.UNKNOWN.format(text=pull.id))
    tally = await run.reviews.tally(review_id)
    return review, described(pull, checks, review, tally, model=model)


def buttons(run: Run, review: Review, status: Status, *, workflow: str) -> list[Button]:
    """What can be pressed below the message."""
    if status.over:
        return []
    value = str(review.id)
    found = [
        run.button(messages.AGAIN, "again", value),
        run.button(messages.SUPPRESS, "suppress", value),
        run.button(messages.PROPOSE, "propose", value),
    ]
    if status.failing:
        found.append(run.button(messages.RERUN, "rerun", value))
    if workflow:
        found.append(run.button(messages.DISPATCH.format(workflow=workflow)[:80], "dispatch", value))
    return found


def _checks(checks: Sequence[Check]) -> str:
    parts: list[str] = []
    for state in _ORDER:
        names = [title(one.name, 40) for one in checks if one.state == state]
        if names:
            more = ", …" if len(names) > _NAMES else ""
            parts.append(
                messages.CHECK_STATES[state].format(count=len(names), names=", ".join(names[:_NAMES]) + more)
            )
    return messages.CHECKS.format(checks=" · ".join(parts)) if parts else messages.NO_CHECKS


def _code(text: str) -> str:
    return title(text, 80).replace("`", "'").replace("\\", "")
