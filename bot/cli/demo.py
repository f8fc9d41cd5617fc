"""``cogswarm demo``: a local Discord, a small library and the bot, with one address to open."""

import asyncio
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.session import Session
from bot.errors import OutsideError, UserError

if TYPE_CHECKING:
    from bot.demo.settings import Wishes

STATE = Path("data/demo")
ONCE_SECONDS = 300.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="Try the bot in a local Discord: no account, key or network needed.")(demo)


def demo(
    context: typer.Context,
    state: Annotated[Path, typer.Option(help="The folder that keeps everything.", show_default=True)] = STATE,
    port: Annotated[int, typer.Option(help="The page's port; a taken one is replaced by the next.")] = 8787,
    model: Annotated[
        str, typer.Option(help="A language model, as backend:model. Left out: none, offline.")
    ] = "",
    once: Annotated[str, typer.Option(help="Run one command, print its thread and end.")] = "",
    *,
    library_only: Annotated[
        bool, typer.Option("--library-only", help="Read no feed from the network.")
    ] = False,
    database_url: Annotated[str, typer.Option(help="Use this Postgres instead of an embedded one.")] = "",
    reset: Annotated[
        bool, typer.Option("--reset", help="Forget everything the demo has stored, and end.")
    ] = False,
) -> None:
    """Start the demo and keep it running until Ctrl-C."""
    from bot.cli.run import until_told_to_end  # noqa: PLC0415 - keeps --help fast
    from bot.demo.settings import Wishes  # noqa: PLC0415 - as above

    session = context.ensure_object(Session)
    if reset:
        _reset(session, state)
        return
    session.log_level = "warning" if session.log_level == "info" else session.log_level
    session.start_logging()
    wishes = Wishes(model, live_feeds=not library_only, database_url=database_url or None)
    asyncio.run(until_told_to_end(_run(session, state, port, wishes, once)))


async def _run(session: Session, state: Path, port: int, wishes: "Wishes", once: str) -> None:
    from bot.demo.offers import offered  # noqa: PLC0415 - keeps --help fast
    from bot.demo.once import run_once  # noqa: PLC0415 - as above
    from bot.demo.parts import demo as parts  # noqa: PLC0415 - as above

    if once:
        async with parts(
            state, wishes, session.environ, partial(session.say, err=True), port=port
        ) as running:
            session.say(await run_once(running.discord, once, seconds=ONCE_SECONDS))
        return
    async with parts(state, wishes, session.environ, session.say, port=port) as running:
        if not wishes.model:
            for line in await offered(session.environ):
                session.say(line)
        session.say(f"\nOpen this in a browser:\n\n    {running.page_url}\n\nCtrl-C ends everything.")
        raise OutsideError(await running.ended)


def _reset(session: Session, state: Path) -> None:
    if not state.exists():
        session.say(f"There is nothing to forget in {state}.")
        return
    if not (state / "demo.lock").is_file():
        raise UserError(f"{state} does not hold a demo, so nothing in it was deleted.")
    from bot.demo.parts import alone  # noqa: PLC0415 - keeps --help fast

    with alone(state):
        for part in ("discord", "bot", "logs"):
            shutil.rmtree(state / part, ignore_errors=True)
        (state / "config.yaml").unlink(missing_ok=True)
    session.say(f"Everything the demo had stored in {state} is gone.")
