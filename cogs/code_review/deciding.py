"""People decide what GitHub hears: a draft is shown word for word, and is posted once, for the commit that it is about."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from cogs.code_review import messages, status
from cogs.code_review.cog import CodeReviewSettings, code_review
from cogs.code_review.diffs import bounded
from cogs.code_review.draft import Draft, drafted
from cogs.code_review.wording import SHORT, count
from cogswarm import File, Run, Who, plain
from cogswarm.review import ChangedFile, GitHubRefused, HeadMoved, PostedReview, PullRequest, Verdict

SHOWN = 1_500
VERDICTS = frozenset({"approve", "request_changes", "comment"})


@code_review.workflow(within=timedelta(days=30))
async def decide(
    run: Run,
    review: str,
    pull: str,
    head: str,
    after: str,
    fixed: int,
    settings: dict[str, Any],
    *,
    named: bool,
    model: bool,
) -> None:
    """Ask people what becomes of the review of a commit, and post that; whoever asks may decide only where ``named``."""
    wanted, at, review_id = CodeReviewSettings.model_validate(settings), run.code.pull_id(pull), UUID(review)
    if not await run.step("hold", run.reviews.hold, review_id, UUID(after), run.id):
        return
    seen = await run.step("pull request", run.code.pull, at)
    if seen.head != head or seen.state != "open":
        return  # what is told of that begins the next look
    await _show(run, "asked", review_id, seen, wanted, model=model)
    try:
        files = await run.step("files", _files, run, seen)
    except HeadMoved:
        return
    draft = await run.step("draft", _draft, run, review_id, head, files, fixed)
    await _show_draft(run, draft)
    value, by = await _ask(run, seen, draft, wanted, named=named)
    told = draft.fingerprints if value in VERDICTS else ()
    if not await run.step("decided", run.reviews.decided, review_id, run.id, told):
        await run.post(messages.VOID.format(pull=at, head=head[:SHORT]))
        return
    if value not in VERDICTS:
        await run.post(messages.LATE if value is None else messages.NOT_POSTED)
        await _show(run, "not posted", review_id, seen, wanted, model=model)
        return
    verdict = cast("Verdict", value)
    try:
        stands = await run.keyed("the review on GitHub", _post, run, seen, draft, verdict)
    except (HeadMoved, GitHubRefused) as error:
        await run.step("not posted", run.reviews.not_posted, review_id, told)
        void = messages.VOID.format(pull=at, head=head[:SHORT])
        await run.post(
            void if isinstance(error, HeadMoved) else messages.REFUSED.format(why=plain(str(error)))
        )
        return
    await run.step("posted", run.reviews.posted, review_id, head, verdict, stands.url)
    await run.post(
        messages.POSTED.format(
            mark=status.MARKS[verdict],
            by=by,
            verdict=messages.VERDICTS[verdict].lower(),
            url=stands.url,
            head=head[:SHORT],
            comments=count(len(draft.comments), "comment"),
        )
    )
    await _show(run, "posted", review_id, seen, wanted, model=model)


async def _ask(
    run: Run, seen: PullRequest, draft: Draft, wanted: CodeReviewSettings, *, named: bool
) -> tuple[str | None, int]:
    who = wanted.deciders
    if named:
        who = Who(who.roles, (run.principal.member_id,), who.managers)
    answer = await run.ask(
        "decision",
        messages.ASK.format(pull=seen.id, head=draft.head[:SHORT], digest=draft.digest),
        options=messages.VERDICTS,
        who=who,
        needed=wanted.needed,
        within=timedelta(hours=wanted.hours),
    )
    return (None, 0) if answer is None else (str(answer.value), answer.by)


async def _show_draft(run: Run, draft: Draft) -> None:
    """What would be posted as GitHub shows it, as far as it fits, and every letter of it in a file."""
    head = draft.head[:SHORT]
    lines = [messages.DRAFT_HEAD.format(head=head)]
    for part in draft.parts:
        quoted = "\n".join(f"> {line}" for line in part.splitlines())
        if sum(map(len, lines)) + len(quoted) > SHOWN:
            lines.append(messages.DRAFT_GOES_ON)
            break
        lines.append(quoted)
    file = File(messages.DRAFT_FILE.format(head=head), draft.text.encode("utf-8", "replace"))
    await run.post("\n".join(lines), files=[file])


async def _files(run: Run, seen: PullRequest) -> list[ChangedFile]:
    return bounded(await run.code.changed(seen))


async def _draft(run: Run, review_id: UUID, head: str, files: Sequence[ChangedFile], fixed: int) -> Draft:
    return drafted(head, await run.reviews.findings(review_id), files, fixed=fixed)


async def _post(key: str, run: Run, seen: PullRequest, draft: Draft, verdict: Verdict) -> PostedReview:
    return await run.code.post_review(seen.id, draft.review(verdict), key)


async def _show(
    run: Run, name: str, review_id: UUID, seen: PullRequest, wanted: CodeReviewSettings, *, model: bool
) -> None:
    checks = await run.step(f"checks {name}", run.code.checks, seen)
    await status.show(run, name, review_id, seen, checks, workflow=wanted.workflow, model=model)
