"""The ``cogswarm`` command line, one file a command.

A command's file has a function ``register(app)``; naming the file in `COMMANDS` adds it. Whatever a command needs is
imported inside it, so that ``cogswarm --help`` answers at once.
"""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.failures import exit_code_of
from bot.cli.session import Session

COMMANDS = (
    "demo",
    "init",
    "check",
    "run",
    "worker",
    "bridge",
    "mcp",
    "runs",
    "invite",
    "plugins",
    "tools",
    "audit",
    "commands",
    "local_discord",
    "config",
    "version",
)
"""The files of the commands, in the order of the help."""

_EVERYWHERE = ("--config", "--log-level")


def main(argv: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run one command and return its exit code: 0, 1 (it failed), 2 (wrongly typed), 78 (configuration), 130 (Ctrl-C).

    Nothing but `SystemExit`'s own code leaves here: each failure is said in one sentence on standard error.
    """
    session = session or Session(own_process=True)
    arguments = in_front(sys.argv[1:] if argv is None else argv)
    try:
        typer.main.get_command(build_app())(args=arguments, prog_name="cogswarm", obj=session)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException as error:  # noqa: BLE001 - this is the last place that can say it in a sentence
        return exit_code_of(error, session, arguments)
    return 0


def build_app() -> typer.Typer:
    """Return the application with every command in `COMMANDS`."""
    app = typer.Typer(
        help="A Discord bot where people and AI agents work together.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_everywhere)
    for name in COMMANDS:
        importlib.import_module(f"bot.cli.{name}").register(app)
    return app


def in_front(argv: Sequence[str]) -> list[str]:
    """Move the options that hold everywhere to the front, so that they may also be typed behind the command."""
    front: list[str] = []
    rest: list[str] = []
    arguments = iter(argv)
    for argument in arguments:
        if argument == "--":
            rest += [argument, *arguments]
        elif argument in _EVERYWHERE:
            front += [argument, *([value] if (value := next(arguments, None)) is not None else [])]
        elif argument.startswith(tuple(f"{option}=" for option in _EVERYWHERE)):
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


def _everywhere(
    context: typer.Context,
    config: Annotated[
        Path, typer.Option(metavar="PATH", help="The configuration file.", show_default=True)
    ] = Path("config.yaml"),
    log_level: Annotated[
        str, typer.Option(metavar="LEVEL", help="What is logged: debug, info, warning or error.")
    ] = "info",
) -> None:
    """Hold what every command shares."""
    session = context.ensure_object(Session)
    session.config_path = config
    session.log_level = log_level
