"""What GitHub is asked to do after a click: run failed checks again, start the workflow that an admin has named."""

from cogs.code_review import messages
from cogs.code_review.cog import Ctx, code_review
from cogs.code_review.permission import check_reviewer
from cogs.code_review.starting import review_of
from cogswarm import Run, UserError, title
from cogswarm.review import Check, PullRequest


@code_review.button("rerun")
async def rerun_now(ctx: Ctx, _value: str) -> None:
    """Have failed checks run again."""
    check_reviewer(ctx)
    review = await review_of(ctx, "")
    await ctx.start(rerun, quiet=True, title=f"{review.pull} checks", pull=str(review.pull))
    await ctx.reply(messages.DONE)


@code_review.button("dispatch")
async def dispatch_now(ctx: Ctx, _value: str) -> None:
    """Start the named workflow as the default branch has it."""
    check_reviewer(ctx)
    review, workflow = await review_of(ctx, ""), ctx.settings.workflow
    if not workflow:
        raise UserError(messages.NO_WORKFLOW)
    await ctx.start(
        dispatch, quiet=True, title=f"{review.pull} {workflow}", pull=str(review.pull), file=workflow
    )
    await ctx.reply(messages.DONE)


@code_review.workflow
async def rerun(run: Run, pull: str) -> None:
    """Ask for each failed check of the head once."""
    seen = await run.step("pull request", run.code.pull, run.code.pull_id(pull))
    checks = await run.step("checks", run.code.checks, seen)
    failed = [one for one in checks if one.state == "failed" and one.rerun_id is not None]
    if not failed:
        await run.post(messages.NO_FAILED)
        return
    for number, one in enumerate(failed, 1):
        # Asked twice, a check runs twice, which does no harm; not knowing would.
        await run.step(f"run {number}", _rerun, run, seen, one)
    names = ", ".join(title(one.name, 60) for one in failed)
    await run.post(messages.ASKED_RERUN.format(by=run.principal.member_id, names=names))


@code_review.workflow
async def dispatch(run: Run, pull: str, file: str) -> None:
    """Start a workflow, at most once."""
    seen = await run.step("pull request", run.code.pull, run.code.pull_id(pull))
    await run.once(messages.STARTING.format(workflow=file), _dispatch, run, seen, file)
    branch = title(seen.default_branch, 80).replace("`", "'")
    await run.post(messages.ASKED_DISPATCH.format(by=run.principal.member_id, workflow=file, branch=branch))


async def _rerun(run: Run, seen: PullRequest, check: Check) -> None:
    await run.code.rerun(seen, check)


async def _dispatch(run: Run, seen: PullRequest, workflow: str) -> None:
    await run.code.dispatch(seen.id.repository, workflow)
