"""Tests for changed functions that no test names, proposed as text: nobody runs them here."""

from cogs.code_review import agents, messages
from cogs.code_review.cog import Ctx, code_review
from cogs.code_review.diffs import bounded, shown
from cogs.code_review.starting import review_of
from cogswarm import Passage, Run, UserError
from cogswarm.review import ChangedFile, HeadMoved, PullRequest

QUESTION = (
    "Propose tests for these changed functions that no test names: {names}. Write a file of code for each file of the change, "
    "in a fenced block, with the file's name above it, in the style of the code that you see; at most six tests in all, each of "
    "them for a case that could well be wrong. Nothing else."
)
_MOST = 12


@code_review.button("propose")
async def propose_now(ctx: Ctx, _value: str) -> None:
    """Propose tests in the thread."""
    if ctx.agent_label(agents.TESTS):
        raise UserError(messages.NEEDS_MODEL)
    review = await review_of(ctx, "")
    kept = await ctx.reviews.findings(review.id)
    names = [
        f"{one.finding.path} {one.finding.spotted.about.removeprefix('untested ')}"
        for one in kept
        if one.kind == agents.TESTS and not one.suppressed
    ]
    if not names:
        raise UserError(messages.NOTHING_UNTESTED)
    await ctx.start(
        propose, quiet=True, title=f"{review.pull} tests", pull=str(review.pull), names=names[:_MOST]
    )
    await ctx.reply(messages.DONE)


@code_review.workflow
async def propose(run: Run, pull: str, names: list[str]) -> None:
    """Have the agent write them."""
    seen = await run.step("pull request", run.code.pull, run.code.pull_id(pull))
    try:
        files = await run.step("files", _files, run, seen)
    except HeadMoved:
        await run.post(messages.MOVED)
        return
    paths = {one.split(" ")[0] for one in names}
    material = shown([one for one in files if one.path in paths]).passages
    tester = run.agent(agents.TESTS)
    sources = [*material, Passage("about", seen.body[:2_000] or "No description.", title=seen.title)]
    question = QUESTION.format(names=", ".join(names))
    reply = await tester.converse(question, sources=sources, tools=(), purpose="chat")
    await run.post(messages.PROPOSED.format(text=reply.text), speaker=tester.speaker)


async def _files(run: Run, seen: PullRequest) -> list[ChangedFile]:
    return bounded(await run.code.changed(seen))
