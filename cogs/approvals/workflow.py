"""Asking people something for somebody."""

from datetime import timedelta

from cogs.approvals import messages
from cogs.approvals.cog import approvals
from cogswarm import Run, Who, plain


@approvals.workflow
async def put_question(run: Run, question: str, hours: int, member: int | None) -> None:
    """Ask, wait, and say what was answered, to whoever wanted to know."""
    who = Who(everybody=True) if member is None else Who(members=(member,))
    answer = await run.ask("question", question, who=who, within=timedelta(hours=hours), replies=True)
    if answer is None:
        await run.post(messages.NOBODY.format(question=plain(question)))
        return
    text = messages.ASKED.format(
        by=run.principal.member_id, question=plain(question), answer=plain(str(answer.value)), who=answer.by
    )
    await run.post(text, mentions=(run.principal.member_id,))
    await run.remember(kind=messages.KIND, title=question, body=str(answer.value))
