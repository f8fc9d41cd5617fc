"""Who may decide things about a review: those with the reviewers' role, or whoever may manage the server."""

from cogs.code_review import messages
from cogs.code_review.cog import CodeReviewSettings, Ctx
from cogswarm import UserError


def is_reviewer(ctx: Ctx, settings: CodeReviewSettings) -> bool:
    """Whether the person who acted may decide where these settings hold."""
    role = settings.reviewers
    return ctx.may("manage_guild") or (role is not None and ctx.has_role(role))


def check_reviewer(ctx: Ctx) -> None:
    """Raise `UserError` where the person who acted is no reviewer."""
    role = ctx.settings.reviewers
    if not is_reviewer(ctx, ctx.settings):
        raise UserError(
            messages.NOT_REVIEWER.format(who=messages.MANAGERS if role is None else f"<@&{role}>")
        )
