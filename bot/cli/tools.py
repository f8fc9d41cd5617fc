"""``cogswarm tools``: which tool servers there are and how they fare, what has changed, and accepting it."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.session import Session
from bot.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.config.loaded import LoadedConfig
    from bot.mcp.pins_table import Pin, ServerRow

YES = typer.Option("--yes", help="Do not ask.")
BY = "the owner, on the command line"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="See the tool servers, and accept what has changed.", no_args_is_help=True)
    group.command("list", help="Every tool server in a line, and its tools that are held back.")(list_servers)
    group.command("diff", help="How tools differ from what was accepted.")(diff)
    group.command("accept", help="Accept what tools say now, after showing it.")(accept)
    app.add_typer(group, name="tools")


def list_servers(context: typer.Context) -> None:
    """Print each server of the configuration: whether it runs, its tools, and what waits to be accepted."""
    session = context.ensure_object(Session)
    asyncio.run(_list(session, _loaded(session)))


def diff(context: typer.Context, server: Annotated[str | None, typer.Argument()] = None) -> None:
    """Print for each tool that is held back what has changed, with nothing in it hidden."""
    session = context.ensure_object(Session)
    asyncio.run(_diff(session, _loaded(session), server))


def accept(
    context: typer.Context,
    server: str,
    tools: Annotated[list[str] | None, typer.Argument(help="Left out: all that wait.")] = None,
    *,
    yes: Annotated[bool, YES] = False,
) -> None:
    """Show what has changed, ask, and let the tools be used again."""
    session = context.ensure_object(Session)
    asyncio.run(_accept(session, _loaded(session), server, tools or [], yes=yes))


def _loaded(session: Session) -> "LoadedConfig":
    loaded = session.load_or_default(missing_ok=True)
    session.start_logging()
    return loaded


async def _list(session: Session, loaded: "LoadedConfig") -> None:
    from bot.agents.personas import all_agents  # noqa: PLC0415 - keeps --help fast
    from bot.mcp import pins_table  # noqa: PLC0415 - as above
    from bot.mcp.configured import used_servers  # noqa: PLC0415 - as above
    from bot.plugins.configured import load_plugins  # noqa: PLC0415 - as above
    from bot.storage.configured import database_of  # noqa: PLC0415 - as above

    async with database_of(loaded, session.clock) as database, database.connection() as conn:
        seen = {row.server: row for row in await pins_table.servers(conn)}
        pins = await pins_table.pins(conn)
    agents = all_agents(loaded.config, load_plugins(loaded).agents)
    used = used_servers(agents.values())
    if not loaded.config.tools:
        session.say("There are no tool servers; name some under `tools:` in config.yaml.")
    for name, section in loaded.config.tools.items():
        state = (
            _state(session, seen.get(name))
            if name in used
            else f"not started: no agent may use it; add {name} to the tools of one"
        )
        session.say(f"{name}: {state}")
        session.say(f"  {section.url or ' '.join(section.command)}")
        own = [pin for pin in pins if pin.server == name]
        for pin in own:
            mark = "" if section.is_read_only(pin.tool) else " (needs an approval for each call)"
            held = "" if pin.offered is None else _held(pin)
            session.say(f"  {pin.tool}{mark}{held}")


def _state(session: Session, row: "ServerRow | None") -> str:
    from bot.mcp.keeper import SETTLED_SECONDS  # noqa: PLC0415 - keeps --help fast

    if row is None or row.seen_at is None:
        return "not seen yet; it is started when the bot is"
    age = session.clock.now() - row.seen_at
    if age > timedelta(seconds=SETTLED_SECONDS):
        return f"the bot is not running; last seen {row.seen_at:%Y-%m-%d %H:%M} UTC"
    if not row.available:
        return f"not running: {row.reason}"
    paused = {
        "closed": "",
        "open": ", left alone for a while after repeated failures",
        "half-open": ", being tried again after repeated failures",
    }[row.breaker]
    return f"running, {row.tools} tools, revision {row.protocol}{paused}"


def _held(pin: "Pin") -> str:
    what = "is new" if pin.accepted is None else "has changed"
    return f" - held back: it {what}; `cogswarm tools diff {pin.server}`"


async def _diff(session: Session, loaded: "LoadedConfig", server: str | None) -> None:
    waiting = await _waiting(session, loaded, server)
    if not waiting:
        session.say("Nothing has changed.")
    for pin in waiting:
        _show(session, pin)


async def _accept(
    session: Session, loaded: "LoadedConfig", server: str, tools: "Sequence[str]", *, yes: bool
) -> None:
    from bot.mcp.definitions import fingerprint  # noqa: PLC0415 - as above
    from bot.mcp.pins import Pins  # noqa: PLC0415 - as above
    from bot.storage.configured import database_of  # noqa: PLC0415 - keeps --help fast

    waiting = [pin for pin in await _waiting(session, loaded, server) if not tools or pin.tool in tools]
    missing = sorted(set(tools) - {pin.tool for pin in waiting})
    if missing or not waiting:
        what = f"The tool {missing[0]} of {server}" if missing else server
        raise UserError(f"{what} has nothing new to accept.")
    for pin in waiting:
        _show(session, pin)
    if not yes:
        if not session.interactive():
            raise UserError("Nobody can be asked here; add --yes to accept what is shown.")
        typer.confirm("Accept this?", abort=True)
    async with database_of(loaded, session.clock) as database:
        pins = Pins(database, session.clock)
        for pin in waiting:
            await pins.accept(server, pin.tool, seen=fingerprint(pin.offered or ""), by=BY)
            session.say(f"Accepted {pin.tool} of {server}.")


async def _waiting(session: Session, loaded: "LoadedConfig", server: str | None) -> "list[Pin]":
    from bot.mcp.pins import Pins  # noqa: PLC0415 - as above
    from bot.storage.configured import database_of  # noqa: PLC0415 - keeps --help fast

    if server is not None and server not in loaded.config.tools:
        raise UserError(f"There is no tool server named {server} under `tools:` in config.yaml.")
    async with database_of(loaded, session.clock) as database:
        return await Pins(database, session.clock).waiting(server)


def _show(session: Session, pin: "Pin") -> None:
    from bot.mcp.definitions import difference, fingerprint, short  # noqa: PLC0415 - keeps --help fast

    offered = pin.offered or ""
    what = "is new" if pin.accepted is None else f"has changed since {pin.accepted_at:%Y-%m-%d}"
    session.say(f"{pin.tool} of {pin.server} {what} ({short(fingerprint(offered))}):")
    for line in difference(pin.accepted, offered):
        session.say(f"  {line}")
