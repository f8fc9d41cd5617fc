"""What the team does not want to hear of: chosen from a list, with a reason and a time, said aloud, and taken back again."""

from collections.abc import Sequence
from typing import Any

from cogs.code_review import messages
from cogs.code_review.cog import Ctx, code_review
from cogs.code_review.permission import check_reviewer
from cogs.code_review.starting import decide_again, review_of
from cogs.code_review.wording import place, what
from cogswarm import Choice, Form, UserError, entry, plain, title
from cogswarm.review import Kept, Review, Suppressed, worst_first

MOST_CHOICES = 25
MOST_SELECTS = 4


class Why(Form):
    """Why, and until when."""

    why: str = entry(label=messages.WHY, min_length=1, max_length=300)
    until: str = entry("", label=messages.UNTIL, max_length=40)


@code_review.button("suppress")
async def choose(ctx: Ctx, _value: str) -> None:
    """Offer what is open."""
    check_reviewer(ctx)
    review = await review_of(ctx, "")
    kept = [one for one in await ctx.reviews.findings(review.id) if not one.suppressed]
    if not kept:
        raise UserError(messages.NOTHING_OPEN)
    choices = [_choice(one) for one in _ordered(kept)]
    groups = [choices[at : at + MOST_CHOICES] for at in range(0, len(choices), MOST_CHOICES)][:MOST_SELECTS]
    selects: list[Any] = [
        ctx.select("finding", f"{number}", placeholder=messages.CHOOSE_HINT, choices=group)
        for number, group in enumerate(groups)
    ]
    await ctx.reply(messages.CHOOSE.format(repository=title(review.named)), selects)


@code_review.select("finding", opens_form=True)
async def ask_why(ctx: Ctx, _value: str, chosen: Sequence[str]) -> None:
    """Ask for the reason and the time."""
    check_reviewer(ctx)
    await ctx.open_form("suppressed", chosen[0], Why, title=messages.FORM_TITLE)


@code_review.form("suppressed", Why)
async def suppress(ctx: Ctx, fingerprint: str, form: Why) -> None:
    """Suppress it, say so in the thread, and draft the review anew."""
    check_reviewer(ctx)
    review = await review_of(ctx, "")
    one = await _finding(ctx, review, fingerprint)
    until = ctx.moment(form.until) if form.until.strip() else None
    shown, by = f"{what(one.finding)}", ctx.principal.member_id
    why = plain(" ".join(form.why.split()))
    await ctx.reviews.suppress(review, Suppressed(fingerprint, shown, why, by, until, ctx.now))
    said = messages.SUPPRESSED.format(
        by=by, what=title(shown, 150), place=place(one.finding), why=title(why, 300),
        until=messages.FOR_GOOD if until is None else messages.UNTIL_WHEN.format(when=int(until.timestamp())),
    )  # fmt: skip
    button = ctx.button(messages.TAKE_BACK, "hear", fingerprint)
    await ctx.say_once(f"suppressed:{ctx.event_id}", said, buttons=[button])
    await decide_again(ctx, review)
    await ctx.reply(messages.DONE)


@code_review.button("hear")
async def hear_again(ctx: Ctx, fingerprint: str) -> None:
    """Take a suppression back."""
    check_reviewer(ctx)
    review = await review_of(ctx, "")
    if not await ctx.reviews.suppress_no_more(review, fingerprint):
        raise UserError(messages.NOT_SUPPRESSED)
    kept = [one for one in await ctx.reviews.findings(review.id) if one.finding.fingerprint == fingerprint]
    shown = title(what(kept[0].finding), 150) if kept else messages.UNKNOWN_PLACE
    await ctx.say_once(
        f"heard:{ctx.event_id}", messages.HEARD_AGAIN.format(by=ctx.principal.member_id, what=shown)
    )
    await decide_again(ctx, review)
    await ctx.reply(messages.DONE)


async def _finding(ctx: Ctx, review: Review, fingerprint: str) -> Kept:
    for one in await ctx.reviews.findings(review.id):
        if one.finding.fingerprint == fingerprint:
            return one
    raise UserError(messages.FINDING_GONE)


def _choice(one: Kept) -> Choice:
    return Choice(
        f"{what(one.finding)} · {one.finding.path}:{one.finding.line or ''}"[:100],
        one.finding.fingerprint,
        " ".join(one.finding.spotted.message.split())[:100],
    )


def _ordered(kept: Sequence[Kept]) -> list[Kept]:
    known = {one.finding.fingerprint: one for one in kept}
    return [known[one.fingerprint] for one in worst_first(one.finding for one in kept)]
