"""Runs that a run starts: of the same cog and person, in the same thread, started once however often the code runs."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from bot.work import runs_table
from bot.work.runs_table import NewRun, RunRow
from bot.work.services import RunServices
from bot.work.steps import Steps

TITLE_LENGTH = 200


async def start_child(
    row: RunRow,
    steps: Steps,
    services: RunServices,
    workflow: Callable[..., Awaitable[Any]],
    *,
    title: str | None,
    within: timedelta | None,
    arguments: Mapping[str, Any],
) -> UUID:
    """Store the run that ``row`` starts, and ring for it; its id is the same each time."""
    key = steps.next_key("start")
    name = str(getattr(workflow, "__name__", type(workflow).__name__))
    child = uuid5(row.id, key)
    if key in steps:
        return child
    new = NewRun(
        id=child,
        cog=row.cog,
        workflow=name,
        args=dict(arguments),
        title=shown_title(title, name),
        principal=row.principal,
        thread_id=row.thread_id,
        priority=row.priority or 1,
        seconds=None if within is None else within.total_seconds(),
        parent_id=row.id,
    )
    async with steps.commit() as conn:
        # The thread may still be being opened; then both learn of it through the outbox row that opens it.
        await runs_table.insert(conn, new, status_row=None, thread_row=row.thread_row, ahead=services.ahead())
        await services.ring(conn, child)
        await steps.record(conn, key, str(child))
    return child


def shown_title(title: str | None, workflow: str) -> str:
    """What people read of a run: its title, or else the name of its workflow."""
    return (title or workflow.replace("_", " ").capitalize())[:TITLE_LENGTH]
