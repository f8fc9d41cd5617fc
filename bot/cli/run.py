"""``cogswarm run``: the bot, until it is told to end."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from functools import partial
from typing import Annotated, Any

import typer

from bot.cli.invite import PERMISSIONS, application_id, invite_url, permission_bits, permissions_of_cogs
from bot.cli.session import Session
from bot.importing import importing
from bot.parent import when_stdin_ends


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", help="Run the bot until Ctrl-C.")(run)


def run(
    context: typer.Context,
    *,
    child: Annotated[
        bool, typer.Option("--child", hidden=True, help="End when stdin ends, as a part of the demo.")
    ] = False,
) -> None:
    """Run the bot."""
    session = context.ensure_object(Session)
    loaded = session.load_or_default()
    session.start_logging()
    for notice in loaded.notices:
        session.say(notice, err=True)
    with importing():
        from bot.app import run_bot  # noqa: PLC0415 - keeps --help and what is wrong with a configuration fast

    if child:
        work = run_bot(loaded, ready=say_ready)
    else:
        work = run_bot(loaded, recognised=partial(_say_invite, session, loaded.config.discord.bot_token))
    asyncio.run(until_told_to_end(work, watch_stdin=child))


def _say_invite(session: Session, token: str) -> None:
    """Print the address that adds the bot to a server, with what its features ask for."""
    app_id = application_id(token)
    if app_id is not None:
        bits = permission_bits({**PERMISSIONS, **permissions_of_cogs(session)})
        session.say(f"To add the bot to a server, open {invite_url(app_id, bits)}", err=True)


def say_ready() -> None:
    """Tell whoever started this as a child that it is ready."""
    sys.stdout.write("{}\n")
    sys.stdout.flush()


async def until_told_to_end(work: Coroutine[Any, Any, None], *, watch_stdin: bool = False) -> None:
    """Run ``work`` until it ends, SIGTERM arrives, or (with ``watch_stdin``) stdin ends."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    if watch_stdin:
        when_stdin_ends(task.cancel)
    try:
        await asyncio.wait({task})
    finally:
        # Ctrl-C cancels us while we wait: what we started has to end before we do.
        task.cancel()
        await asyncio.wait({task})
        loop.remove_signal_handler(signal.SIGTERM)
    if not task.cancelled():
        task.result()
