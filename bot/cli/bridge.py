"""``cogswarm bridge``: the connection between Discord and an agent bus on its own, set up by environment variables."""

import asyncio
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from bot.cli.run import say_ready, until_told_to_end
from bot.cli.session import Session
from bot.importing import importing

if TYPE_CHECKING:
    from bot.bus.rehearsal import Event
    from bot.config.loaded import LoadedConfig

HEAD = "DRY RUN: no connection is opened, to Discord or to the bus. This is what would be sent:"
DISCARDED = "discarded"
PLAIN = "note    The token would travel to {host} where others can read it; use an https address."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bridge", help="Connect Discord to an agent bus, and nothing else (docs/mumega.md).")(bridge)


def bridge(
    context: typer.Context,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the settings are right; connects to nothing.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="PATH", help="Where `.env` is; the current folder if not given."),
    ] = None,
    child: Annotated[
        bool, typer.Option("--child", hidden=True, help="End when stdin ends, as a part of something.")
    ] = False,
) -> None:
    """Work until Ctrl-C; or check, or rehearse (DRY_RUN=1)."""
    from bot.config.bridge_environment import load_bridge  # noqa: PLC0415 - keeps --help fast

    session = context.ensure_object(Session)
    session.loaded = loaded = load_bridge(session.environ, folder or Path())
    if check:
        for line in findings(loaded):
            session.say(line)
        return
    if loaded.config.bridge.dry_run:
        given = [] if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read().splitlines()
        for line in rehearsal(loaded, given):
            session.say(line)
        return
    session.start_logging()
    with importing():
        from bot.app import run_bot  # noqa: PLC0415 - as above
        from bot.plugins.configured import load_bridge_alone  # noqa: PLC0415 - as above

    work = run_bot(loaded, load_bridge_alone(loaded), ready=partial(_say_ready, session, child=child))
    asyncio.run(until_told_to_end(work, watch_stdin=child))


def findings(loaded: "LoadedConfig") -> list[str]:
    """What is set, as people read it; of tokens only that they are there."""
    section, host = loaded.config.bridge, shown_host(loaded)
    routed = [f"ok      channel {channel} goes to {agent}" for channel, agent in section.channels.items()]
    return [
        "ok      DISCORD_BOT_TOKEN is set",
        "ok      MUMEGA_BUS_TOKEN is set",
        f"ok      the bus is at {host}, where this connector is called {section.name}",
        *([PLAIN.format(host=host)] if section.is_plain_elsewhere else []),
        *(routed or ["ok      no channel has an agent of its own (MUMEGA_AGENT_MAP)"]),
        f"ok      mentions elsewhere and direct messages go to {section.default_agent}",
        f"ok      replies are read every {section.poll_seconds:g} seconds at rest"
        if section.read_replies
        else "off     replies are not read (ENABLE_REPLY_LOOP=0)",
        *(["note    DRY_RUN is on: nothing would be sent"] if section.dry_run else []),
        "The settings are fine. Nothing was connected to.",
    ]


def rehearsal(loaded: "LoadedConfig", lines: Iterable[str]) -> list[str]:
    """What would be sent for the events in ``lines``, or for one of each kind."""
    from bot.bus.rehearsal import events_of, rehearse, samples  # noqa: PLC0415 - keeps --help fast

    section = loaded.config.bridge
    events: list[Event] = list(events_of(lines)) or list(samples(section))
    said = [HEAD]
    for one in rehearse(section, events, iter(uuid4, None)):
        said.append(f"event   {one.event.what}: {one.event.text}")
        said.append(f"send    to={one.to} text={one.text!r}" if one.to else f"        {DISCARDED}")
    return said


def shown_host(loaded: "LoadedConfig") -> str:
    """The bus's address without what may be secret in it."""
    from bot.bus.bridge import shown  # noqa: PLC0415 - keeps --help fast

    return shown(loaded.config.bridge.url)


def _say_ready(session: Session, *, child: bool) -> None:
    if child:
        say_ready()
    else:
        session.say("The bridge is at work. Ctrl-C ends it.", err=True)
