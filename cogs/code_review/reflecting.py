"""What happens on GitHub, shown in the thread: what people say there, checks, another title, closing and merging."""

from typing import Any
from uuid import UUID

from cogs.code_review import agents, status
from cogs.code_review.cog import CodeReviewSettings, code_review
from cogswarm import Run


@code_review.workflow
async def reflect(run: Run, review: str, pull: str, note: str, settings: dict[str, Any]) -> None:
    """Let the status message say how it stands now, after ``note``."""
    wanted, at = CodeReviewSettings.model_validate(settings), run.code.pull_id(pull)
    if note:
        await run.post(note)
    seen = await run.step("pull request", run.code.pull, at)
    await run.step("describe", run.reviews.describe, UUID(review), seen)
    checks = await run.step("checks", run.code.checks, seen)
    model = agents.has_model(run, agents.REVIEW)
    await status.show(run, "now", UUID(review), seen, checks, workflow=wanted.workflow, model=model)
