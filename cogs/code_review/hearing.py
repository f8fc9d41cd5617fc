"""What GitHub tells, or a look finds: a pull request that is new gets a thread, a push a look, and the rest is shown."""

from datetime import timedelta

from cogs.code_review import messages
from cogs.code_review.cog import Ctx, code_review
from cogs.code_review.starting import channel_of, look_again, open_thread, show
from cogs.code_review.wording import SHORT, quoted
from cogswarm import OutsideError, ThreadChange, plain
from cogswarm.review import PullId, PullRequest, RepositoryEvent, Review

OPENING = frozenset({"opened", "reopened", "ready_for_review", "synchronize", "review_requested"})
COMMENTS = frozenset({"issue_comment", "pull_request_review", "pull_request_review_comment"})
OURS = "<!-- cogswarm review "
OPENS_WITHIN = timedelta(minutes=2)
_MOST_SAID = 600


@code_review.on_repository
async def happened(ctx: Ctx, event: RepositoryEvent) -> None:
    """Take up what concerns pull requests that are reviewed here, or should be."""
    for pull in event.pulls:
        review = await ctx.reviews.of(pull)
        if review is not None:
            await _goes_on(ctx, event, review)
        elif event.event == "pull_request" and event.action in OPENING:
            await _begins(ctx, pull)


@code_review.on_thread
async def thread_gone(ctx: Ctx, change: ThreadChange) -> None:
    """Review a pull request no more whose thread somebody has deleted; `/review` opens another."""
    if change.action == "deleted":
        await ctx.reviews.lost_thread(change.where.channel_id, messages.THREAD_GONE)


async def _begins(ctx: Ctx, pull: PullId) -> None:
    channel_id = await channel_of(ctx, pull.repository)
    if channel_id is None:
        return
    seen, wanted = await ctx.code.pull(pull), ctx.at(channel_id).settings
    if seen.state != "open" or (seen.draft and not wanted.drafts) or (seen.author_is_bot and not wanted.bots):
        return
    await open_thread(ctx, seen, channel_id)


async def _goes_on(ctx: Ctx, event: RepositoryEvent, review: Review) -> None:
    if review.state == "skipped":
        return
    if review.thread_id is None:
        if event.event == "pull_request" and event.action != "closed":
            # The look that opens the thread reads after that what this is about. Whoever was to begin it may have died.
            await _begins(ctx, review.pull)
            return
        if ctx.now - review.created_at > OPENS_WITHIN:
            return  # Discord lets none be opened; others of the repository must not wait for this one
        raise OutsideError(messages.OPENING.format(pull=review.pull))  # told again when it is open
    if event.event in COMMENTS:
        if OURS not in event.text and event.text.strip() and (not review.url or event.url != review.url):
            await _show(ctx, event, review, _said(event))
        return
    if event.event != "pull_request":
        await _show(ctx, event, review, "")
        return
    await _changed(ctx, event, review, review.thread_id)


async def _changed(ctx: Ctx, event: RepositoryEvent, review: Review, thread_id: int) -> None:
    seen = await ctx.code.pull(review.pull)
    if seen.state != "open":
        await _ended(ctx, event, review, seen)
    elif review.state in {"closed", "merged"}:
        # The look takes it up: whoever dies in between finds it closed when this is told again.
        await _show(ctx, event, review, messages.REOPENED_SAID.format(who=_who(event)))
        await look_again(ctx, review, thread_id, head=seen.head, told=event.id, anew=True)
    elif seen.head == review.head:
        await _show(ctx, event, review, "")
    elif review.state == "paused":
        await _show(ctx, event, review, messages.PUSH_PASSED if event.action == "synchronize" else "")
    else:
        pushed = messages.PUSHED.format(head=seen.head[:SHORT])
        await ctx.reviews.let_go(review.id, pushed, unless_at=seen.head)
        await look_again(ctx, review, thread_id, head=seen.head)


async def _ended(ctx: Ctx, event: RepositoryEvent, review: Review, seen: PullRequest) -> None:
    if review.state == seen.state:
        return
    state = "merged" if seen.state == "merged" else "closed"
    said = messages.MERGED_SAID if state == "merged" else messages.CLOSED_SAID
    # First what is begun once for this event: whoever dies in between is followed by another, who finds it open.
    await _show(ctx, event, review, said.format(who=_who(event)))
    await ctx.reviews.move(review.id, state, messages.OVER.format(state=state))


async def _show(ctx: Ctx, event: RepositoryEvent, review: Review, note: str) -> None:
    await show(ctx, review, note, key=f"{event.id}:{review.id}")


def _said(event: RepositoryEvent) -> str:
    where = ""
    if event.path:
        where = messages.SAID_AT.format(
            path=plain(event.path).replace("`", "'")[:150], line=event.line or "?"
        )
    return messages.SAID.format(
        who=_who(event), place=where, text=quoted(event.text, _MOST_SAID), url=event.url or ""
    )


def _who(event: RepositoryEvent) -> str:
    return quoted(event.actor, 60) or "somebody"
