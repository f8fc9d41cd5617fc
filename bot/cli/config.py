"""``cogswarm config``: the effective configuration, and the schema it has to fit."""

import json
from itertools import groupby

import typer

from bot.cli.session import Session


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True)
    group.command("show", help="Show every value and where it comes from; secrets stay hidden.")(show)
    group.command("schema", help="Print the JSON schema of config.yaml, for editors.")(schema)
    app.add_typer(group, name="config", help="Look at the configuration.")


def show(context: typer.Context) -> None:
    """Print the effective values with their origin."""
    from bot.config.show import shown_values  # noqa: PLC0415 - keeps --help fast

    session = context.ensure_object(Session)
    loaded = session.load(missing_ok=True)
    redact = session.redactor()
    values = shown_values(loaded)
    width = min(max(len(shown.path) for shown in values), 40)
    for _, together in groupby(values, key=lambda shown: shown.path.split(".")[0]):
        for shown in together:
            session.say(redact(f"{shown.path:<{width}}  {shown.value}  ({shown.origin})"))
    for notice in (*loaded.notices, *map(str, loaded.missing)):
        session.say(redact(notice), err=True)


def schema() -> None:
    """Print the JSON schema."""
    from bot.config.schema import config_schema  # noqa: PLC0415 - keeps --help fast

    typer.echo(json.dumps(config_schema(), indent=2))
