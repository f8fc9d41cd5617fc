"""What one task at a time may use: a repository, a file, an environment. Tasks claim it, people and agents reserve it."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from cogs.tasks import messages
from cogs.tasks.choosing import task_of
from cogs.tasks.cog import TasksSettings, tasks
from cogswarm import Context, Task, UserError, plain

type Ctx = Context[TasksSettings]

LONGEST_NAME, MOST = 100, 10
MINUTES, MOST_MINUTES = 60, 7 * 24 * 60


def named(text: str) -> tuple[str, ...]:
    """The names in what somebody typed, with commas between them. Raises `UserError`."""
    names = tuple(sorted({_name(one) for one in text.split(",") if one.strip()}))
    if len(names) > MOST:
        raise UserError(messages.TOO_MANY_USED.format(most=MOST))
    return names


async def that_is_free(here: Ctx, waiting: Sequence[Task]) -> list[Task]:
    """The tasks that wait for nothing that others use; of the rest it is said what they wait for."""
    if not any(one.uses for one in waiting):
        return list(waiting)
    taken = {one.name: one for one in await here.tasks.in_use()}
    free: list[Task] = []
    for task in waiting:
        busy = [taken[name] for name in task.uses if name in taken and taken[name].task_id != task.id]
        if not busy:
            free.append(task)
            continue
        why = ", ".join(messages.USED_BY.format(name=plain(one.name), number=one.number) for one in busy)
        await here.tasks.say_unrunnable(task, messages.WAITS_FOR_USE.format(what=why))
    return free


# Nothing but its own task is changed by it: what is reserved expires, and is free when the task is let go of.
@tasks.tool("reserve", help=messages.RESERVE_TOOL, read_only=True)
async def reserve_for_agent(
    ctx: Ctx,
    task: Annotated[int, messages.RESERVE_TASK],
    name: Annotated[str, messages.RESERVE_NAME],
    minutes: Annotated[int, messages.RESERVE_MINUTES, Field(ge=1, le=MOST_MINUTES)] = MINUTES,
) -> str:
    """Reserve something for the task that an agent works on."""
    found = await ctx.tasks.find(number=task)
    if found is None or found.agent_at_work is None or found.member_id != ctx.principal.member_id:
        raise UserError(messages.NOT_AT_WORK)
    return await _reserved(ctx, found, name, minutes)


@tasks.tool("give_back", help=messages.GIVE_BACK_TOOL, read_only=True)
async def give_back_for_agent(
    ctx: Ctx,
    task: Annotated[int, messages.RESERVE_TASK],
    name: Annotated[str, messages.RESERVE_NAME],
) -> str:
    """Give back what was reserved."""
    found = await ctx.tasks.find(number=task)
    if found is None or found.agent_at_work is None or found.member_id != ctx.principal.member_id:
        raise UserError(messages.NOT_AT_WORK)
    await ctx.tasks.give_back_resource(found.hold, _name(name))
    return messages.GIVEN_BACK.format(name=_name(name))


async def reserve(ctx: Ctx, typed: str, name: str, minutes: int) -> str:
    """Reserve something for a task that somebody has; whoever manages the server may for others."""
    found = await task_of(ctx, typed)
    if found.worker != ctx.worker.key and not ctx.worker.manages:
        raise UserError(messages.RESERVE_NOT_YOURS)
    return await _reserved(ctx, found, name, minutes)


async def give_back(ctx: Ctx, typed: str, name: str) -> str:
    """Give back what was reserved for a task."""
    found = await task_of(ctx, typed)
    if found.worker != ctx.worker.key and not ctx.worker.manages:
        raise UserError(messages.RESERVE_NOT_YOURS)
    await ctx.tasks.give_back_resource(found.hold, _name(name))
    return messages.GIVEN_BACK.format(name=plain(_name(name)))


async def _reserved(ctx: Ctx, task: Task, name: str, minutes: int) -> str:
    wanted = _name(name)
    other = await ctx.tasks.take_resource(task.hold, wanted, minutes * 60)
    if other is not None:
        return messages.RESERVED_BY.format(name=plain(wanted), number=other)
    return messages.RESERVED.format(name=plain(wanted), number=task.number, minutes=minutes)


def _name(text: str) -> str:
    name = " ".join(text.split()).casefold()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise UserError(messages.BAD_USE_NAME.format(most=LONGEST_NAME))
    return name
