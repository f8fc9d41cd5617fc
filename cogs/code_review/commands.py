"""/review and /reviews."""

from collections.abc import Sequence
from typing import Annotated

from cogs.code_review import messages, status
from cogs.code_review.cog import Ctx, code_review
from cogs.code_review.permission import check_reviewer
from cogs.code_review.starting import look_again, open_thread, review_of, show
from cogs.code_review.wording import items
from cogswarm import OutsideError, UserError, title
from cogswarm.review import UNDER_REVIEW, Review

SUGGESTIONS = 25
MOST_REPOSITORIES = 3
"""Whose open pull requests are suggested: GitHub has to answer while somebody types."""
_NAME = 70

group = code_review.group("reviews", help=messages.REVIEWS)


async def suggest_pull(ctx: Ctx, typed: str) -> Sequence[str]:
    """Open pull requests of the repositories that this server may see."""
    words, found = typed.casefold().split(), list[str]()
    named = [one for one in ctx.code.repositories if not one.endswith("/*")]
    for name in named[:MOST_REPOSITORIES]:
        try:
            open_pulls = await ctx.code.open_pulls(ctx.code.repository(name))
        except OutsideError:
            continue  # what is typed in full works all the same
        found += [f"{one.id} {one.title}"[:100] for one in open_pulls]
    return [one for one in found if all(word in one.casefold() for word in words)][:SUGGESTIONS]


async def suggest_review(ctx: Ctx, typed: str) -> Sequence[str]:
    """What is under review here."""
    words = typed.strip().split(" ")[0]
    states = (*UNDER_REVIEW, "skipped")
    found = await ctx.reviews.listed(states, words=words, limit=SUGGESTIONS)
    return [f"{one.pull} {one.title}"[:100] for one in found]


@code_review.command("review", help=messages.REVIEW, suggest={"url": suggest_pull})
async def review_now(ctx: Ctx, url: Annotated[str, messages.URL]) -> None:
    """Review a pull request in a thread of this channel, or say where it is reviewed."""
    first = url.split()
    pull = ctx.code.pull_id(first[0] if first else "")
    try:
        seen = await ctx.code.pull(pull)
    except OutsideError as error:
        raise UserError(messages.CANNOT_SEE.format(why=error)) from error
    if seen.state != "open":
        raise UserError(messages.CLOSED.format(pull=pull, state=seen.state))
    review = await ctx.reviews.of(pull)
    if review is None or review.thread_id is None:
        begun = await open_thread(ctx, seen, ctx.home_id)
        if begun.thread_id is None and review is not None and review.state == "active":
            await ctx.reply(messages.OPENING.format(pull=pull))
        return
    anew = review.state != "active"
    if review.looked == seen.head and not anew:
        await ctx.reply(messages.THERE.format(pull=pull, thread=review.thread_id))
        return
    await look_again(ctx, review, review.thread_id, head=seen.head, full=anew, anew=anew)
    await ctx.reply(messages.LOOKS.format(pull=pull, thread=review.thread_id))


@group.command("list", help=messages.LIST)
async def list_reviews(ctx: Ctx) -> None:
    """Show a line for each pull request under review."""
    found = await ctx.reviews.listed()
    if not found:
        await ctx.reply(messages.NONE)
        return
    lines = [await _line(ctx, one) for one in found]
    await ctx.reply("\n".join([messages.HEAD, *lines]))


@group.command("status", help=messages.STATUS, suggest={"review": suggest_review})
async def show_status(ctx: Ctx, review: Annotated[str, messages.WHICH] = "") -> None:
    """Show all that is open in one review."""
    found = await review_of(ctx, review)
    kept = await ctx.reviews.findings(found.id)
    heard = [one for one in kept if not one.suppressed]
    quiet = await ctx.reviews.suppressed(found, ctx.now)
    lines = [await _line(ctx, found), *items(heard, len(heard))]
    lines += [
        messages.SUPPRESSED.format(
            by=one.by_id, what=title(one.shown, 150), place=title(found.named, 100), why=title(one.why, 200),
            until=messages.FOR_GOOD if one.until is None else messages.UNTIL_WHEN.format(when=int(one.until.timestamp())),
        )
        for one in quiet
    ]  # fmt: skip
    await ctx.reply("\n".join(lines))


@group.command("full", help=messages.FULL, suggest={"review": suggest_review})
async def look_at_all(ctx: Ctx, review: Annotated[str, messages.WHICH] = "") -> None:
    """Look at all of a pull request again."""
    await full_look(ctx, await review_of(ctx, review))


@code_review.button("again")
async def again(ctx: Ctx, _value: str) -> None:
    """The same by the button of the status message."""
    await full_look(ctx, await review_of(ctx, ""))


async def full_look(ctx: Ctx, review: Review) -> None:
    """Look at all of it, whatever was looked at before."""
    if review.state in {"closed", "merged"}:
        raise UserError(messages.CLOSED.format(pull=review.pull, state=review.state))
    if review.thread_id is None:
        raise UserError(messages.OPENING.format(pull=review.pull))
    anew = review.state != "active"
    await look_again(ctx, review, review.thread_id, head=review.head, full=True, anew=anew)
    await ctx.reply(messages.LOOKS.format(pull=review.pull, thread=review.thread_id))


@group.command("pause", help=messages.PAUSE, suggest={"review": suggest_review})
async def pause(ctx: Ctx, review: Annotated[str, messages.WHICH] = "") -> None:
    """Let pushes go by."""
    check_reviewer(ctx)
    found = await _open(ctx, review)
    if found.state == "skipped":
        raise UserError(messages.SKIPPED.format(pull=found.pull))
    await ctx.reviews.move(found.id, "paused", messages.PAUSED_REASON)
    await show(ctx, found)
    await ctx.reply(messages.PAUSED.format(pull=found.pull))


@group.command("resume", help=messages.RESUME, suggest={"review": suggest_review})
async def resume(ctx: Ctx, review: Annotated[str, messages.WHICH] = "") -> None:
    """Go on with what was pushed meanwhile."""
    check_reviewer(ctx)
    found = await _open(ctx, review)
    if found.state == "active":
        raise UserError(messages.NOT_PAUSED.format(pull=found.pull))
    if found.thread_id is None:
        raise UserError(messages.SKIPPED.format(pull=found.pull))
    await look_again(ctx, found, found.thread_id, head=found.head, full=True, anew=True)
    await ctx.reply(messages.RESUMED.format(pull=found.pull))


@group.command("skip", help=messages.SKIP, suggest={"review": suggest_review})
async def skip(ctx: Ctx, review: Annotated[str, messages.WHICH] = "") -> None:
    """Review it no more."""
    check_reviewer(ctx)
    found = await _open(ctx, review)
    await ctx.reviews.move(found.id, "skipped", messages.SKIPPED_REASON)
    await show(ctx, found)
    await ctx.reply(messages.SKIPPED.format(pull=found.pull))


async def _open(ctx: Ctx, text: str) -> Review:
    found = await review_of(ctx, text)
    if found.state in {"closed", "merged"}:
        raise UserError(messages.CLOSED.format(pull=found.pull, state=found.state))
    return found


async def _line(ctx: Ctx, one: Review) -> str:
    open_ones, _, _ = await ctx.reviews.tally(one.id)
    return messages.LINE.format(
        mark=one.mark or status.MARKS["looking"],
        pull=one.pull,
        url=f"{ctx.code.web}/{one.named}/pull/{one.number}",
        title=title(one.title, _NAME),
        place=messages.NO_PLACE if one.thread_id is None else f"<#{one.thread_id}>",
        open=open_ones,
    )
