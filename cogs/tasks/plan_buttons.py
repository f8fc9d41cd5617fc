"""What people do with a plan before it begins: let it begin, change it in a form, or want none of it."""

from uuid import UUID

from pydantic import JsonValue

from cogs.tasks import messages
from cogs.tasks.cog import TasksSettings, tasks
from cogswarm import (
    PARTS,
    Context,
    Form,
    Plan,
    Task,
    UserError,
    checked_parts,
    entry,
    read_parts,
    written_parts,
)

type Ctx = Context[TasksSettings]

LONGEST_FORM = 4_000


class PlanForm(Form):
    """A plan as text."""

    parts: str = entry(
        label=messages.PLAN_FORM_PARTS, hint=messages.PLAN_FORM_HINT, long=True, max_length=LONGEST_FORM
    )


@tasks.button("plan_start")
async def start(ctx: Ctx, wait_id: str) -> None:
    """Let a plan begin."""
    await _answer(ctx, wait_id, {"do": "start"}, messages.PLAN_STARTING)


@tasks.button("plan_cancel")
async def cancel(ctx: Ctx, wait_id: str) -> None:
    """End a task whose plan nobody wants."""
    await _answer(ctx, wait_id, {"do": "cancel"}, messages.PLAN_CANCELLING)


@tasks.button("plan_change", opens_form=True)
async def change(ctx: Ctx, wait_id: str) -> None:
    """Show a plan as text that can be changed."""
    plan, _ = await _plan(ctx, wait_id)
    text = written_parts(plan.parts)
    if len(text) > LONGEST_FORM:
        raise UserError(messages.PLAN_TOO_LONG)
    await ctx.open_form(
        "plan_changed", wait_id, PlanForm, title=messages.PLAN_FORM_TITLE, values={"parts": text}
    )


@tasks.form("plan_changed", PlanForm)
async def changed(ctx: Ctx, wait_id: str, form: PlanForm) -> None:
    """Put up what somebody made of a plan."""
    _, task = await _plan(ctx, wait_id)
    rules = {one.channel_id: one.rules for one in await ctx.tasks.queues()}.get(task.queue_id)
    parts = checked_parts(read_parts(form.parts), ctx.settings.parts if rules is None else rules.most_parts)
    if not parts:
        raise UserError(messages.PLAN_EMPTY)
    value: JsonValue = {"do": "change", "parts": PARTS.dump_python(parts, mode="json")}
    await _answer(ctx, wait_id, value, messages.PLAN_CHANGED)


async def _plan(ctx: Ctx, wait_id: str) -> tuple[Plan, Task]:
    """The plan of a button, where this person may decide about it; ids could be replayed."""
    try:
        plan = await ctx.tasks.plans.about(UUID(wait_id))
    except ValueError:
        raise UserError(messages.GONE) from None
    task = await ctx.tasks.get(plan.task_id)
    if task is None:
        raise UserError(messages.GONE)
    if not ctx.worker.manages and ctx.principal.member_id != task.member_id:
        raise UserError(messages.PLAN_NOT_YOURS.format(who=task.member_id))
    return plan, task


async def _answer(ctx: Ctx, wait_id: str, value: JsonValue, said: str) -> None:
    await _plan(ctx, wait_id)
    decision = await ctx.answer(UUID(wait_id), value)
    await ctx.reply(said if decision.counts else messages.PLAN_TOO_LATE)
