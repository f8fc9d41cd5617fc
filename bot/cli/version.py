"""``cogswarm version``: which version this is."""

import platform
from importlib.metadata import PackageNotFoundError, version

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("version", help="Say which version this is.")(show_version)


def show_version() -> None:
    """Print the version of the program and of Python."""
    try:
        program = version("cogswarm")
    except PackageNotFoundError:
        program = "(not installed)"
    typer.echo(f"cogswarm {program}, Python {platform.python_version()} on {platform.system()}")
