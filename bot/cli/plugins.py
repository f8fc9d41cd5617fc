"""``cogswarm plugins``: which plugins there are, what they bring, and why one does not work."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.session import Session
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.plugins.loading import Plugin

SAFE = typer.Option("--safe", help="Import no plugin: only say which ones there are.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="See which plugins there are and how they fare.", no_args_is_help=True)
    group.command("list", help="Every plugin in a line each.")(list_plugins)
    group.command("show", help="Everything about one plugin.")(show_plugin)
    app.add_typer(group, name="plugins")


def list_plugins(context: typer.Context, *, safe: Annotated[bool, SAFE] = False) -> None:
    """Print name, version, source, state, cogs and hooks of each plugin; of one that failed also why."""
    session = context.ensure_object(Session)
    plugins = _plugins(session, safe=safe)
    rows = [
        (
            plugin.candidate.name,
            plugin.candidate.version or "-",
            plugin.state,
            ", ".join(plugin.cogs) or "-",
            ", ".join(plugin.hooks) or "-",
            plugin.candidate.source,
        )
        for plugin in plugins
    ]
    for line in _table(("name", "version", "state", "cogs", "hooks", "source"), rows):
        session.say(line)
    for plugin in plugins:
        if plugin.state == "failed":
            session.say(f"{plugin.candidate.name} failed: {plugin.reason}")
    if not plugins:
        session.say("There are no plugins.")


def show_plugin(context: typer.Context, name: str, *, safe: Annotated[bool, SAFE] = False) -> None:
    """Print one plugin."""
    session = context.ensure_object(Session)
    for plugin in _plugins(session, safe=safe):
        if plugin.candidate.name == name:
            for label, value in (
                ("name", name),
                ("version", plugin.candidate.version or "-"),
                ("source", plugin.candidate.source),
                ("module", plugin.candidate.module or "-"),
                ("state", plugin.state),
                ("reason", plugin.reason or "-"),
                ("cogs", ", ".join(plugin.cogs) or "-"),
                ("hooks", ", ".join(plugin.hooks) or "-"),
            ):
                session.say(f"{label:<8} {value}")
            return
    raise UserError(f"There is no plugin named {name}; `cogswarm plugins list` shows those there are.")


def _plugins(session: Session, *, safe: bool) -> "tuple[Plugin, ...]":
    from bot.plugins.discovery import find  # noqa: PLC0415 - keeps --help fast
    from bot.plugins.loading import Plugin, load  # noqa: PLC0415 - as above

    loaded = session.load_or_default(missing_ok=True)
    candidates = find(loaded.plugin_paths)
    if not safe:
        return load(candidates, loaded.config.plugins.disabled).plugins
    return tuple(Plugin(one, "failed" if one.problem else "not loaded", one.problem) for one in candidates)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    ]
