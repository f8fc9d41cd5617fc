"""``cogswarm worker``: works on what people asked for, beside the bot or on another machine."""

import asyncio
from typing import Annotated

import typer

from bot.cli.run import say_ready, until_told_to_end
from bot.cli.session import Session
from bot.importing import importing


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker", help="Work on runs beside the bot, on any machine that reaches its database.")(
        worker
    )


def worker(
    context: typer.Context,
    *,
    child: Annotated[
        bool, typer.Option("--child", hidden=True, help="End when stdin ends, as a part of something.")
    ] = False,
) -> None:
    """Work until Ctrl-C; then what is under way is handed over to the others."""
    session = context.ensure_object(Session)
    loaded = session.load_or_default()
    session.start_logging()
    for notice in loaded.notices:
        session.say(notice, err=True)
    with importing():
        from bot.app import run_worker  # noqa: PLC0415 - keeps --help and what is wrong with a configuration fast

    asyncio.run(until_told_to_end(run_worker(loaded, ready=say_ready if child else None), watch_stdin=child))
