"""/tasks split and /tasks reserve: an agent that splits one task among others, and what a task has for itself."""

from collections.abc import Sequence
from typing import Annotated

from cogs.tasks import messages, using
from cogs.tasks.choosing import suggest_available, suggest_held, task_of
from cogs.tasks.cog import ABLE, TasksSettings
from cogs.tasks.dealing import settle
from cogs.tasks.leaders import split
from cogs.tasks.tasks_command import group
from cogswarm import Context, UserError, option, title

type Ctx = Context[TasksSettings]

SUGGESTIONS = 25


async def suggest_agent(ctx: Ctx, typed: str) -> Sequence[str]:
    """Agents whose name holds what was typed."""
    return [name for name in ctx.agents.names if typed.casefold() in name][:SUGGESTIONS]


@group.command("split", help=messages.SPLIT, suggest={"task": suggest_available, "agent": suggest_agent})
async def split_task(
    ctx: Ctx,
    task: Annotated[str, messages.WHICH],
    agent: Annotated[str | None, messages.SPLIT_AGENT] = None,
) -> None:
    """Let an agent split a task that nobody has."""
    found = await task_of(ctx, task)
    if not ctx.worker.manages and found.member_id != ctx.principal.member_id:
        raise UserError(messages.SPLIT_NOT_YOURS)
    if found.parent_id is not None:
        raise UserError(messages.SPLIT_PART.format(number=found.number))
    here = ctx.at(found.queue_id)
    name = agent or here.settings.leader
    view = next((one for one in await ctx.agents.views() if one.name == name), None)
    if view is None:
        raise UserError(messages.SPLIT_WHO)
    if view.state not in ABLE:
        raise UserError(
            messages.NO_LEADER.format(who=messages.AGENT_IS.format(who=view.display_name, state=view.state))
        )
    await split(here, found, view)
    await settle(ctx)
    await ctx.reply(messages.SPLITTING.format(who=title(view.display_name), number=found.number))


@group.command("reserve", help=messages.RESERVE, suggest={"task": suggest_held})
async def reserve(
    ctx: Ctx,
    task: Annotated[str, messages.WHICH],
    name: Annotated[str, messages.RESERVE_NAME],
    minutes: Annotated[
        int, option(messages.RESERVE_MINUTES, least=1, most=using.MOST_MINUTES)
    ] = using.MINUTES,
    free: Annotated[bool, messages.RESERVE_FREE] = False,  # noqa: FBT002 - an option of the command
) -> None:
    """Reserve something that one task at a time may use, or give it back."""
    if free:
        await ctx.reply(await using.give_back(ctx, task, name))
        await settle(ctx, every=True)
    else:
        await ctx.reply(await using.reserve(ctx, task, name, minutes))
