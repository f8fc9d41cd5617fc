"""Begins looks: the first one opens the thread, the others speak in it; the same push is looked at once."""

from uuid import UUID

from cogs.code_review import messages
from cogs.code_review.agents import REVIEW
from cogs.code_review.cog import Ctx
from cogs.code_review.deciding import decide
from cogs.code_review.looking import look
from cogs.code_review.permission import is_reviewer
from cogs.code_review.reflecting import reflect
from cogswarm import OutsideError, UserError, title
from cogswarm.review import PullId, PullRequest, Repository, Review


async def channel_of(ctx: Ctx, repository: Repository) -> int | None:
    """The channel of this server that a repository's pull requests go to; None where there is none. Raises `OutsideError`."""
    # Asked first: they may become known between the two looks.
    are_known = await ctx.tasks.channels_are_known()
    for channel_id in ctx.server.channels_with_settings("code_review"):
        # What the owner names may be a channel of another server.
        if not await ctx.tasks.is_here(channel_id):
            continue
        try:
            here = ctx.at(channel_id)
        except UserError:
            continue  # switched off there
        if here.settings.wants(str(repository)):
            return channel_id
    if not are_known:
        raise OutsideError(messages.NOT_TOLD)  # told again in a moment
    return None


async def open_thread(ctx: Ctx, seen: PullRequest, channel_id: int) -> Review:
    """Begin the review of a pull request in a thread of a channel, once however often and by whomever this is asked."""
    review = await ctx.reviews.put(seen.id, channel_id)
    here = ctx.at(review.channel_id)
    await here.start(
        look,
        title=messages.THREAD_TITLE.format(pull=seen.id, title=title(seen.title, 80)),
        key=f"thread:{review.id}:{review.threads}",
        lane=_lane(review.id),
        review=str(review.id),
        pull=str(seen.id),
        settings=here.settings.model_dump(mode="json"),
        named=_named(ctx, here),
        anew=review.state != "active",
    )
    return review


async def look_again(
    ctx: Ctx,
    review: Review,
    thread_id: int,
    *,
    head: str,
    told: str = "",
    full: bool = False,
    anew: bool = False,
) -> None:
    """Look at a pull request in its thread: at a push once (at one that ``told`` tells of once more), or (``full``) at all of it for whoever asks.

    ``anew`` takes up what was paused, skipped or closed.
    """
    here = ctx.at(review.channel_id)
    await ctx.at(thread_id, in_thread=True).start(
        look,
        quiet=True,
        title=f"{review.pull} {head[:7]}",
        key=None if full else f"look:{review.id}:{head}:{told}",
        lane=_lane(review.id),
        review=str(review.id),
        pull=str(review.pull),
        settings=here.settings.model_dump(mode="json"),
        named=_named(ctx, here),
        full=full,
        anew=anew,
    )


async def show(ctx: Ctx, review: Review, note: str = "", *, key: str | None = None) -> None:
    """Let the thread say how it stands, after ``note``; once for each ``key``, or else for what happens just now."""
    if review.thread_id is None:
        return
    await ctx.at(review.thread_id, in_thread=True).start(
        reflect,
        quiet=True,
        title=f"{review.pull} on GitHub",
        key=key,
        lane=f"told {review.id}",
        review=str(review.id),
        pull=str(review.pull),
        note=note,
        settings=ctx.at(review.channel_id).settings.model_dump(mode="json"),
    )


async def decide_again(ctx: Ctx, review: Review) -> None:
    """Ask anew about a draft that does not fit any more; nothing where nobody is asked."""
    if not review.deciding or review.thread_id is None or review.run_id is None:
        return
    await ctx.reviews.let_go(review.id, messages.REDRAFTED)
    here = ctx.at(review.channel_id)
    await ctx.at(review.thread_id, in_thread=True).start(
        decide,
        quiet=True,
        title=f"{review.pull} {review.head[:7]}",
        review=str(review.id),
        pull=str(review.pull),
        head=review.head,
        after=str(review.run_id),
        fixed=0,
        settings=here.settings.model_dump(mode="json"),
        named=_named(ctx, here),
        model=not ctx.agent_label(REVIEW),
    )


def _named(ctx: Ctx, here: Ctx) -> bool:
    """Whether whoever asks may decide, too: a reviewer does not lose that by asking for another look."""
    asks = ctx.principal.member_id != ctx.bot_id
    return asks and (here.settings.own or is_reviewer(ctx, here.settings))


def _lane(review_id: UUID) -> str:
    return f"look {review_id}"


async def review_of(ctx: Ctx, text: str) -> Review:
    """The review that somebody names, or else the one of this thread. Raises `UserError`."""
    if not text.strip():
        found = await ctx.reviews.in_thread(ctx.channel_id)
        if found is None:
            raise UserError(messages.NOT_IN_THREAD)
        return found
    named = text.split(maxsplit=1)[0]
    pull: PullId = ctx.code.pull_id(named)
    review = await ctx.reviews.of(pull)
    if review is None:
        raise UserError(messages.UNKNOWN.format(text=title(named, 100)))
    return review
