"""People decide what GitHub hears: a draft is shown word for word, and is posted once, for the commit that it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID

from cogs.code_review import messages, status
from cogs.code_review.cog import CodeReviewSettings, code_review
from cogs.code_review.diffs import bounded
from cogs.code_review.draft import Draft, drafted
from cogs.code_review.posting import posted
from cogs.code_review.remembering import remember
from cogs.code_review.wording import SHORT
from cogs.code_review.wording import count as count_of
from cogswarm import File, Run, UserError, Who, plain
from cogswarm.review import ChangedFile, Check, GitHubBusy, GitHubError, HeadMoved, PullRequest, Verdict

SHOWN = 1_500
VERDICTS = frozenset({"approve", "request_changes", "comment"})
AGAIN, WITHOUT = "again", "without"


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
    checks = await run.step("checks", run.code.checks, seen)
    case = Case(run, review_id, seen, tuple(checks), wanted, named, model)
    await case.show("asked")
    try:
        files = await run.step("files", _files, run, seen)
    except HeadMoved:
        return
    draft = await run.step("draft", _draft, run, review_id, head, files, fixed)
    await _show_draft(run, draft, messages.DRAFT_HEAD.format(head=head[:SHORT]))
    question = messages.ASK.format(pull=at, head=head[:SHORT], digest=draft.digest)
    value, by = await case.ask("decision", question, messages.VERDICTS)
    if value not in VERDICTS:
        await _nothing(case, value)
        return
    await _bring(case, draft, cast("Verdict", value), by)


@dataclass(frozen=True, slots=True)
class Case:
    """What people decide about, and who may."""

    run: Run
    review_id: UUID
    seen: PullRequest
    checks: Sequence[Check]
    wanted: CodeReviewSettings
    named: bool
    model: bool

    async def ask(self, key: str, question: str, options: Mapping[str, str]) -> tuple[str | None, int]:
        """What people say and who said it last; None where nobody did in time."""
        who = self.wanted.deciders
        if self.named:
            who = Who(who.roles, (self.run.principal.member_id,), who.managers)
        within = timedelta(hours=self.wanted.hours)
        answer = await self.run.ask(
            key, question, options=options, who=who, needed=self.wanted.needed, within=within
        )
        return (None, 0) if answer is None else (str(answer.value), answer.by)

    async def show(self, name: str) -> None:
        """Let the status message say how it stands."""
        checks = await self.run.step(f"checks {name}", _checks, self.run, self.seen, list(self.checks))
        workflow = self.wanted.workflow
        await status.show(
            self.run, name, self.review_id, self.seen, checks, workflow=workflow, model=self.model
        )

    async def void(self, why: str = messages.OVERTAKEN) -> None:
        """Say that the decision does not hold any more."""
        await self.run.post(why.format(pull=self.seen.id, head=self.seen.head[:SHORT]))


async def _nothing(case: Case, value: str | None, name: str = "decided") -> None:
    """People want nothing posted, or nobody has said anything."""
    run = case.run
    if not await run.step(name, run.reviews.decided, case.review_id, run.id, ()):
        await case.void()
        return
    await run.post(messages.LATE if value is None else messages.NOT_POSTED)
    await case.show("nothing" if name == "decided" else f"nothing {name}")


async def _bring(case: Case, draft: Draft, verdict: Verdict, by: int) -> None:
    """Post it. Where GitHub refuses, people decide what is posted instead, until something is, or they want nothing."""
    run, told = case.run, draft.fingerprints
    for number in count(1):
        name = "decided" if number == 1 else f"decided {number}"
        if not await run.step(name, run.reviews.decided, case.review_id, run.id, told):
            await case.void()
            return
        outcome = await posted(run, f"posting {number}", case.seen, draft, verdict)
        if outcome.kind == "stands":
            await _posted(case, draft, verdict, by, outcome.url)
            return
        if outcome.kind in {"moved", "ended"}:
            await run.step(f"not posted {number}", run.reviews.not_posted, case.review_id, told)
            if outcome.kind == "moved":
                await case.void(messages.VOID)
            else:
                await run.post(messages.ENDED.format(pull=case.seen.id, state=outcome.why))
            return
        said = messages.REFUSED if outcome.kind == "refused" else messages.GAVE_UP
        await run.post(said.format(why=plain(outcome.why)))
        if not await run.step(f"ask again {number}", run.reviews.ask_again, case.review_id, run.id, told):
            return  # what is newer asks for itself
        value, by = await _instead(case, draft, number)
        if value not in {AGAIN, WITHOUT}:
            await _nothing(case, value, f"decided {number + 1}")
            return
        draft = draft.without_comments() if value == WITHOUT else draft


async def _instead(case: Case, draft: Draft, number: int) -> tuple[str | None, int]:
    """Ask what is posted instead of a draft that GitHub did not take; what is new of it is shown word for word."""
    options, shown = {AGAIN: messages.TRY_AGAIN}, draft
    if draft.comments:
        shown = draft.without_comments()
        options[WITHOUT] = messages.WITHOUT_LINES
        await _show_draft(case.run, shown, messages.INSTEAD_HEAD)
    options["nothing"] = messages.POST_NOTHING
    await case.show(f"refused {number}")
    question = messages.INSTEAD_ASK.format(pull=case.seen.id, head=draft.head[:SHORT], digest=shown.digest)
    return await case.ask(f"decision {number + 1}", question, options)


async def _posted(case: Case, draft: Draft, verdict: Verdict, by: int, url: str) -> None:
    """It stands there: note it, say it, and remember it."""
    run, head = case.run, draft.head
    await run.step("posted", run.reviews.posted, case.review_id, head, verdict, url)
    await run.post(
        messages.POSTED.format(
            mark=status.MARKS[verdict],
            by=by,
            verdict=messages.VERDICTS[verdict].lower(),
            url=url,
            head=head[:SHORT],
            comments=count_of(len(draft.comments), "comment"),
        )
    )
    await case.show("posted")
    await remember(run, case.review_id, case.seen, draft, verdict)


async def _show_draft(run: Run, draft: Draft, head_line: str) -> None:
    """What would be posted as GitHub shows it, as far as it fits, and every letter of it in a file."""
    lines = [head_line]
    for part in draft.parts:
        quoted = "\n".join(f"> {line}" for line in part.splitlines())
        if sum(map(len, lines)) + len(quoted) > SHOWN:
            lines.append(messages.DRAFT_GOES_ON)
            break
        lines.append(quoted)
    file = File(messages.DRAFT_FILE.format(head=draft.head[:SHORT]), draft.text.encode("utf-8", "replace"))
    await run.post("\n".join(lines), files=[file])


async def _checks(run: Run, seen: PullRequest, known: list[Check]) -> list[Check]:
    """The checks as they stand, or as they stood: what was decided is not to fail because of them."""
    try:
        return list(await run.code.checks(seen))
    except (GitHubError, GitHubBusy, UserError):
        return known


async def _files(run: Run, seen: PullRequest) -> list[ChangedFile]:
    return bounded(await run.code.changed(seen))


async def _draft(run: Run, review_id: UUID, head: str, files: Sequence[ChangedFile], fixed: int) -> Draft:
    return drafted(head, await run.reviews.findings(review_id), files, fixed=fixed)
