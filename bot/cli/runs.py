"""``cogswarm runs``: what is under way in all servers, and stopping and retrying it, for whoever runs the bot."""

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.session import Session
from bot.errors import UserError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from bot.config.loaded import LoadedConfig
    from bot.storage.database import Database
    from bot.work.runs_list import RunView
    from bot.work.runs_table import RunRow

ID = typer.Argument(help="The run's id, or as much of its beginning as is clear.")
ALL = typer.Option("--all", help="Also those that have ended.")
FAILED = typer.Option("--failed", help="Only those that have failed.")
SERVER = typer.Option("--server", min=1, help="Only the server with this id.")
LIMIT = typer.Option("--limit", min=1, max=1000, help="At most so many.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="See, stop and retry what people asked for.", no_args_is_help=True)
    group.command("list", help="What is under way, the newest first.")(list_runs)
    group.command("show", help="All about one.")(show)
    group.command("retry", help="Let one that failed or was stopped go on from where it was.")(retry)
    group.command("stop", help="Stop one.")(stop)
    app.add_typer(group, name="runs")


def list_runs(
    context: typer.Context,
    *,
    everything: Annotated[bool, ALL] = False,
    failed: Annotated[bool, FAILED] = False,
    server: Annotated[int | None, SERVER] = None,
    limit: Annotated[int, LIMIT] = 50,
) -> None:
    """Print a line for each run."""
    session = context.ensure_object(Session)
    from bot.work.runs_table import OVER, UNDER_WAY  # noqa: PLC0415 - keeps --help fast

    states = ("failed",) if failed else (*UNDER_WAY, *(OVER if everything else ()))
    runs = asyncio.run(_listed(_loaded(context), states, server, limit))
    for run in runs:
        session.say(
            f"{str(run.id)[:8]}  {run.state:<8}  {run.created_at:%Y-%m-%d %H:%M}  {run.cog:<12}  {run.guild_id}  "
            f"{_plain(run.title)}"
        )
    if not runs:
        session.say("There are none.")


def show(context: typer.Context, run: Annotated[str, ID]) -> None:
    """Print everything about one run."""
    session = context.ensure_object(Session)
    view = asyncio.run(_shown(_loaded(context), run))
    facts = {
        "id": view.id,
        "title": _plain(view.title),
        "cog": view.cog,
        "state": view.state,
        "server": view.guild_id,
        "channel": view.channel_id,
        "thread": view.thread_id,
        "asked by": view.member_id,
        "started": f"{view.created_at:%Y-%m-%d %H:%M:%S %Z}",
        "ended": view.finished_at and f"{view.finished_at:%Y-%m-%d %H:%M:%S %Z}",
        "due": view.due_at and view.finished_at is None and f"{view.due_at:%Y-%m-%d %H:%M:%S %Z}",
        "deadline": view.deadline_at and f"{view.deadline_at:%Y-%m-%d %H:%M:%S %Z}",
        "steps": view.steps,
        "attempts": view.attempts,
        "failures": view.failures,
        "model calls": view.model_calls,
        "tokens": view.model_tokens,
        "waits for": "; ".join(map(_plain, view.questions)),
        "error": view.error and _plain(view.error),
    }
    for name, value in facts.items():
        if value not in (None, "", False):
            session.say(f"{name:<12} {value}")


def retry(context: typer.Context, run: Annotated[str, ID]) -> None:
    """Put one run back to work."""
    session = context.ensure_object(Session)
    asyncio.run(_retried(_loaded(context), run))
    session.say("It goes on as soon as a bot or a worker has room for it.")


def stop(context: typer.Context, run: Annotated[str, ID]) -> None:
    """Stop one run."""
    session = context.ensure_object(Session)
    asyncio.run(_stopped(_loaded(context), run))
    session.say("It is being stopped; its message will say what was done so far.")


def _loaded(context: typer.Context) -> "LoadedConfig":
    session = context.ensure_object(Session)
    loaded = session.load_or_default(missing_ok=True)
    session.start_logging()
    return loaded


@asynccontextmanager
async def _database(loaded: "LoadedConfig") -> "AsyncGenerator[Database]":
    from bot.clock import Clock  # noqa: PLC0415 - as above
    from bot.storage.configured import database_of  # noqa: PLC0415 - keeps --help fast

    async with database_of(loaded, Clock()) as database:
        yield database


async def _listed(
    loaded: "LoadedConfig", states: "Sequence[str]", server: int | None, limit: int
) -> "Sequence[RunView]":
    from bot.work import runs_list  # noqa: PLC0415 - keeps --help fast

    async with _database(loaded) as database, database.connection() as conn:
        return await runs_list.listed(conn, states=states, guild_id=server, limit=limit)


async def _shown(loaded: "LoadedConfig", begins: str) -> "RunView":
    async with _database(loaded) as database:
        return await _found(database, begins)


async def _retried(loaded: "LoadedConfig", begins: str) -> None:
    from bot.work import control  # noqa: PLC0415 - keeps --help fast
    from bot.work.services import unheard  # noqa: PLC0415 - as above

    async with _database(loaded) as database:
        row = await _row(database, begins)
        async with database.transaction() as conn:
            if not await control.retry(conn, row.id, unheard):
                raise UserError(
                    f"That run is {row.state}: only one that failed or was stopped can be retried."
                )


async def _stopped(loaded: "LoadedConfig", begins: str) -> None:
    from bot.work import control, runs_table  # noqa: PLC0415 - keeps --help fast
    from bot.work.execution import OWNER  # noqa: PLC0415 - as above
    from bot.work.services import unheard  # noqa: PLC0415 - as above

    async with _database(loaded) as database:
        row = await _row(database, begins)
        async with database.transaction() as conn:
            before = await control.stop(conn, row, OWNER, unheard)
    if before in runs_table.OVER:
        raise UserError(f"That run has ended already: it is {before}.")


async def _found(database: "Database", begins: str) -> "RunView":
    from bot.work import runs_list  # noqa: PLC0415 - keeps --help fast

    async with database.connection() as conn:
        found = await runs_list.found(conn, begins)
    if not found:
        raise UserError(
            f"There is no run whose id begins with {begins!r}; `cogswarm runs list --all` shows them."
        )
    if len(found) > 1:
        raise UserError(f"Several runs have an id that begins with {begins!r}; write more of it.")
    return found[0]


async def _row(database: "Database", begins: str) -> "RunRow":
    from bot.work import runs_table  # noqa: PLC0415 - keeps --help fast

    view = await _found(database, begins)
    async with database.connection() as conn:
        row = await runs_table.get(conn, view.id)
    if row is None:
        raise UserError("That run has just been forgotten.")
    return row


def _plain(text: str) -> str:
    """One line, without what a terminal would take for an order."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
