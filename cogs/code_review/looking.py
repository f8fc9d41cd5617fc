"""A look at a pull request as it stands: programs and agents side by side, then what is new, and a decision is asked for."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from cogs.code_review import agents, messages, status
from cogs.code_review.cog import CodeReviewSettings, code_review
from cogs.code_review.deciding import decide
from cogs.code_review.diffs import bounded
from cogs.code_review.noted import settings_changed, without_tests
from cogs.code_review.opinions import Opinion, as_findings, opinion
from cogs.code_review.own_rules import PATH, Ruled, own_rules
from cogs.code_review.summary import walkthrough
from cogs.code_review.telling import tell
from cogs.code_review.wording import count
from cogswarm import Run, plain
from cogswarm.review import (
    ChangedFile,
    CheckReport,
    FileText,
    HeadMoved,
    Kept,
    PullRequest,
    ReviewState,
    Settled,
    identified,
    renames,
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What has come of looking."""

    report: CheckReport
    said: Opinion
    settled: Settled


@code_review.workflow(within=timedelta(days=2))
async def look(
    run: Run,
    review: str,
    pull: str,
    settings: dict[str, Any],
    *,
    named: bool,
    full: bool = False,
    anew: bool = False,
) -> None:
    """Look at what was not looked at before, or (``full``) at all of it; ``anew`` takes up what was let lie."""
    wanted, at, review_id = CodeReviewSettings.model_validate(settings), run.code.pull_id(pull), UUID(review)
    await run.stage(messages.READING)
    await run.step("attach", run.reviews.attach, review_id, await run.step("place", run.place))
    seen = await run.step("pull request", run.code.pull, at)
    if anew:
        state: ReviewState = "active" if seen.state == "open" else seen.state
        await run.step("take up", run.reviews.move, review_id, state)
    before = await run.step("review", run.reviews.of, at)
    if before is not None and anew and seen.state != "open":
        over = await run.step("checks over", run.code.checks, seen)
        model = agents.has_model(run, agents.REVIEW)
        await status.show(run, "over", review_id, seen, over, workflow=wanted.workflow, model=model)
    if before is None or before.state != "active":
        return
    if seen.state != "open" or (before.looked == seen.head and not full and not anew):
        await run.note(messages.NOTHING_NEW)
        return
    await run.step("begin", run.reviews.begin, review_id, run.id, seen)
    checks = await run.step("checks", run.code.checks, seen)
    model = agents.has_model(run, agents.REVIEW)
    await status.show(run, "begun", review_id, seen, checks, workflow=wanted.workflow, model=model)
    ruled = await run.step("rules", own_rules, run, seen)
    try:
        everything = await run.step("files", _files, run, seen)
    except HeadMoved:
        await run.note(messages.MOVED)
        return
    files = bounded(everything, ruled.rules.ignore)
    await run.stage(
        (messages.CHECKING if model else messages.CHECKING_WITHOUT).format(files=count(len(files), "file"))
    )
    first = not before.looked
    found = await _look_at(
        run, wanted, seen, files, ruled, {} if full else before.blobs, model=model, walk=first or full
    )
    await run.stage(messages.TELLING)
    await _notes(run, seen, everything, ruled)
    await tell(run, seen.head, found.settled, found.report, checks, found.said, first=first)
    title = f"{at} at {seen.head[:7]}"
    await run.start(
        decide, title=title, review=review, pull=pull, head=seen.head, after=str(run.id),
        fixed=len(found.settled.fixed), settings=settings, named=named, model=model,
    )  # fmt: skip


async def _look_at(
    run: Run,
    wanted: CodeReviewSettings,
    seen: PullRequest,
    files: Sequence[ChangedFile],
    ruled: Ruled,
    blobs: Mapping[str, str],
    *,
    model: bool,
    walk: bool,
) -> Looked:
    known = await run.step("known", _known, run, seen)
    fresh = [one for one in files if one.change != "removed" and blobs.get(one.path) != (one.blob or "")]
    confidence = max(wanted.confidence, ruled.rules.confidence)
    of_model = [one for one in known if one.kind == agents.REVIEW]

    async def thinking() -> Opinion:
        if not model:
            return Opinion()
        told = ruled.rules.told([one.path for one in fresh])
        return await opinion(
            run, seen, fresh, of_model, guidelines=told, confidence=confidence, most=wanted.most
        )

    async def explaining() -> None:
        text = await walkthrough(run, seen, files) if model and walk else ""
        if text:
            await run.post(text, speaker=run.agent(agents.SUMMARY).speaker)

    report, said, _ = await _side_by_side(
        run.step("tools", _tools, run, seen, list(files)), thinking(), explaining()
    )
    settled = await run.step(
        "settle", _settle, run, seen, list(files), report, said, [one.path for one in fresh], model=model
    )
    return Looked(report, said, settled)


async def _side_by_side[A, B, C](
    one: Awaitable[A], other: Awaitable[B], third: Awaitable[C]
) -> tuple[A, B, C]:
    """Everything at once; where one fails the others end, too."""
    tasks = [asyncio.ensure_future(work) for work in (one, other, third)]
    try:
        return await asyncio.gather(*tasks)  # pyright: ignore[reportReturnType] - the three of them, in their order
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _files(run: Run, seen: PullRequest) -> list[ChangedFile]:
    return bounded(await run.code.changed(seen))


async def _known(run: Run, seen: PullRequest) -> list[Kept]:
    review = await run.reviews.of(seen.id)
    return [] if review is None else list(await run.reviews.findings(review.id))


async def _tools(run: Run, seen: PullRequest, files: list[ChangedFile]) -> CheckReport:
    texts: Sequence[FileText] = await run.code.texts(seen, files)
    return await run.code.examine(seen, files, texts)


async def _settle(
    run: Run,
    seen: PullRequest,
    files: list[ChangedFile],
    report: CheckReport,
    said: Opinion,
    looked_at: list[str],
    *,
    model: bool,
) -> Settled:
    review = await run.reviews.of(seen.id)
    assert review is not None  # noqa: S101 - this run has begun it
    known = await run.reviews.findings(review.id)
    away = {one.tool for one in report.not_checked if one.tool and not one.path}
    found = {
        kind: (*now, *(one.finding for one in known if one.kind == kind and one.finding.spotted.by in away))
        for kind, now in report.findings.items()
    }
    found[agents.LINT] = (*found.get(agents.LINT, ()), *identified(settings_changed(report), {}))
    found[agents.TESTS] = identified(without_tests(report), {})
    blobs = dict(review.blobs)
    if model and not said.why:
        texts = await run.code.texts(seen, [one for one in files if one.path in looked_at])
        readable = {one.path: one.text for one in texts if one.text is not None}
        before = [one.finding for one in known if one.kind == agents.REVIEW]
        found[agents.REVIEW] = as_findings(said.remarks, before, readable, frozenset(looked_at))
        blobs = {one.path: one.blob or "" for one in files}
    return await run.reviews.settle(review.id, run.id, found, renamed=renames(files), blobs=blobs)


async def _notes(run: Run, seen: PullRequest, files: Sequence[ChangedFile], ruled: Ruled) -> None:
    lines: list[str] = []
    if any(PATH in {one.path, one.previous_path} for one in files):
        lines.append(messages.OWN_RULES.format(path=PATH, branch=_branch(seen)))
    if ruled.problem:
        lines.append(
            messages.RULES_BROKEN.format(path=PATH, branch=_branch(seen), why=plain(ruled.problem)[:300])
        )
    if lines:
        await run.post("\n".join(lines))


def _branch(seen: PullRequest) -> str:
    return plain(seen.default_branch).replace("`", "'")[:80]
