"""How people name a task: they choose it from what is suggested while they type, or type its number."""

from collections.abc import Sequence

from cogs.tasks import messages
from cogs.tasks.cog import TasksSettings
from cogswarm import Context, Filter, Task, UserError, title
from cogswarm import State as TaskState

type Ctx = Context[TasksSettings]

NAME, SUGGESTIONS = 60, 25
LONGEST_NUMBER = 9


async def suggest_task(ctx: Ctx, typed: str) -> Sequence[str]:
    """The newest tasks whose title holds what was typed, each with its number."""
    return [_named(one) for one in await _matching(ctx, typed)]


async def suggest_over(ctx: Ctx, typed: str) -> Sequence[str]:
    """As above, those that can be offered again."""
    return [_named(one) for one in await _matching(ctx, typed, "failed", "done", "blocked")]


async def suggest_available(ctx: Ctx, typed: str) -> Sequence[str]:
    """As above, those that nobody has."""
    return [_named(one) for one in await _matching(ctx, typed, "available")]


async def suggest_held(ctx: Ctx, typed: str) -> Sequence[str]:
    """As above, those that somebody has."""
    return [_named(one) for one in await _matching(ctx, typed, "claimed", "working", "waiting", "review")]


async def task_of(ctx: Ctx, typed: str) -> Task:
    """The task that somebody chose from the suggestions, or typed the number of. Raises `UserError`."""
    number = typed.partition(messages.BETWEEN)[0].strip().removeprefix("#")
    is_one = number.isdecimal() and len(number) <= LONGEST_NUMBER
    found = await ctx.tasks.find(number=int(number)) if is_one else None
    if found is None:
        raise UserError(messages.CHOOSE)
    return found


async def _matching(ctx: Ctx, typed: str, *states: TaskState) -> Sequence[Task]:
    words = typed.partition(messages.BETWEEN)[0].strip()
    return await ctx.tasks.listed(Filter(states=states, words=words), limit=SUGGESTIONS)


def _named(task: Task) -> str:
    """At most 100 characters, as Discord takes them; the number is what is read back."""
    return f"#{task.number}{messages.BETWEEN}{title(task.title, NAME)}"
