"""Starts durable work for an event: its status message, its thread and its run, in one transaction."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from bot.discord.made_ids import made_id
from bot.discord.occasion import Occasion
from bot.discord.opening import Opening, opened
from bot.errors import ConfigError
from bot.plugins.cog import Work
from bot.storage.database import Connection
from bot.work import runs_table
from bot.work.children import shown_title
from bot.work.runs_table import NewRun

type Priority = Literal["high", "normal", "low"]
PRIORITIES: Mapping[Priority, int] = {"high": 1, "normal": 2, "low": 3}


async def started(
    occasion: Occasion,
    workflow: Work,
    arguments: Mapping[str, Any],
    *,
    title: str | None,
    quiet: bool,
    under: int | None,
    lane: str | None,
    within: timedelta | None,
    priority: Priority,
    key: str | None,
) -> UUID | None:
    """The run that was started, as `Context.start` says; None where the same event or ``key`` has started it before."""
    services, where, cog = occasion.services, occasion.where, occasion.cog
    name = getattr(workflow, "__name__", "")
    if name not in cog.workflows:
        raise ConfigError(f"{name or workflow} is not a workflow of {cog.name}; decorate it with @workflow.")
    run_id, limit = services.new_id(), within or cog.workflows[name].within
    shown = shown_title(title, name)
    if not where.channel_id:
        raise ConfigError(
            "What a cog starts by itself needs a channel to speak in: ctx.at(channel_id).start(…)."
        )
    async with services.database.transaction() as conn:
        await occasion.check_still_on(conn)
        if not await _is_first(conn, occasion, key):
            return None
        opening = Opening(run_id, shown, occasion.author.id, where.channel_id, in_thread=where.in_thread)
        status_row, thread_row = await opened(conn, services.surface, opening, quiet=quiet, under=under)
        new = NewRun(
            id=run_id,
            cog=cog.name,
            workflow=name,
            args=dict(arguments),
            title=shown,
            principal=occasion.principal,
            thread_id=where.channel_id if thread_row is None else None,
            priority=PRIORITIES[priority],
            seconds=None if limit is None else limit.total_seconds(),
            lane=lane,
            cause=occasion.event_id or None,
        )
        ahead = services.ahead()
        await runs_table.insert(conn, new, status_row=status_row, thread_row=thread_row, ahead=ahead)
        await services.ring(conn, run_id)
    return run_id


async def _is_first(conn: Connection, occasion: Occasion, key: str | None) -> bool:
    """Whether nothing was started for this event, or under this key, before."""
    # What a cog does by itself has no event that could come twice.
    handled = occasion.event_id if key is None else made_id(f"{occasion.guild_id}:key:{key}")
    return not handled or await runs_table.handle_once(conn, occasion.cog.name, handled)
